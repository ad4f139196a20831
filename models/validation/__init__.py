from . import (
    account_ai_finding,
    account_ai_queue_forecast,
    account_ai_run_insert,
    account_ai_run_queue,
    account_ai_run_result,
    account_ai_run_start,
    account_ai_run_sweep,
    account_ai_validation,
    account_ai_validation_shown,
    account_move,
    account_move_view,
)
