from . import common, costs, documents, posting, validation
