from . import (
    account_ai_company_settings,
    account_ai_consent,
    account_ai_posting,
    validate_account_move,
)
