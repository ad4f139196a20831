from . import validation, validation_stream
