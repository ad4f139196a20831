from . import (
    test_migration_answers,
    test_posting,
    test_posting_answers,
    test_posting_override,
    test_posting_require,
    test_tours_posting,
)
