from . import event_stream, request_checks
