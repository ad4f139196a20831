from . import (
    test_process_purchase,
    test_process_queue,
    test_process_validation,
    test_queue,
    test_queue_waiting,
    test_queueing,
    test_stream,
    test_three_sources,
    test_tours,
    test_validation_degraded,
    test_validation_flow,
)
