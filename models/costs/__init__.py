from . import (
    account_ai_budget_proposal,
    account_ai_dashboard,
    account_ai_reconciliation,
    account_ai_summed_usage,
    account_ai_usage_attribution,
    account_ai_usage_day,
    account_ai_usage_rollup,
    account_ai_usage_user_day,
    account_move,
    res_config_settings,
)
