# What others inherit from stands first.
from . import account_ai_decided_fields  # isort: skip
from . import account_ai_access_by_invoice  # isort: skip
from . import (
    account_ai_alert,
    account_ai_consistency,
    ir_ui_menu,
    mail_thread,
    res_company,
    res_config_settings,
)
