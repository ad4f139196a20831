from . import test_review, test_review_facts, test_review_queue, test_tours_review
