from . import account_ai_posting, validate_account_move
