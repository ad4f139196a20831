from . import account_ai_answer
from . import account_ai_circuit
from . import account_ai_document_reader
from . import account_ai_gateway
from . import account_ai_rate_window
from . import account_ai_usage
from . import res_company
from . import res_config_settings
