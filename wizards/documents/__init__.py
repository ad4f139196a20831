from . import account_debit_note, account_move_reversal
