from . import (
    account_ai_document_reader,
    account_ai_document_reference,
    account_ai_folio_range,
    account_ai_rate,
    account_move,
    project_project,
)
