from . import account_ai_company_settings
from . import account_ai_consent
