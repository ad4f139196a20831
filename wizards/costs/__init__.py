from . import account_ai_accrual, account_ai_cost_export
