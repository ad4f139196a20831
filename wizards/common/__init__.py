from . import account_ai_company_settings, account_ai_consent
