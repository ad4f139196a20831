from . import (
    test_check_time,
    test_linear_patterns,
    test_privacy_hostile_text,
    test_privacy_masking,
)
