# First: what begins, ends and queues validations extends it.
from . import account_ai_validation  # isort: skip
from . import (
    account_ai_finding,
    account_ai_queue_forecast,
    account_ai_validation_begin,
    account_ai_validation_queue,
    account_move,
)
