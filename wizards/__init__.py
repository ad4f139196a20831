from . import (
    account_ai_accrual,
    account_ai_company_settings,
    account_ai_consent,
    account_ai_cost_export,
    account_ai_posting,
    account_ai_queueing,
    account_debit_note,
    account_move_reversal,
    validate_account_move,
)
