from . import account_ai_queueing
