from . import test_evaluation_asking, test_evaluation_cases, test_evaluation_scoring
