from . import request_checks
