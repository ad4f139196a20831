from . import account_ai_posting_record, account_journal, account_move
