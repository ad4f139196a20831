from . import (
    account_ai_finding,
    account_ai_queue_forecast,
    account_ai_run_queue,
    account_ai_run_result,
    account_ai_run_start,
    account_ai_validation,
    account_move,
)
