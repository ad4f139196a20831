from . import (
    account_ai_disposition,
    account_ai_finding_review,
    account_ai_review,
    account_ai_rule_precision,
    account_ai_rule_setting,
    account_ai_validation_review,
)
