"""Latency as a small histogram: it can be summed, which percentiles cannot."""

from collections.abc import Sequence

BOUNDS_MS = (
    *(250, 500, 1_000, 1_500, 2_000, 3_000, 4_000, 6_000),
    *(8_000, 12_000, 16_000, 24_000, 32_000, 60_000, 120_000),
)
"""Upper bounds of the buckets, included, in milliseconds; one more has no bound."""


def percentile(counts: Sequence[int], share: float) -> int | None:
    """Return about below how many milliseconds ``share`` of the calls were answered.

    Within a bucket calls are taken as spread evenly, so that the error is at most the
    width of the bucket; what lies above the last bound is given as that bound.

    :param counts: calls by bucket, one more than there are bounds
    :param share: 0.5 for the median
    :return: ``None`` without any call
    """
    wanted = sum(counts) * share
    if not wanted:
        return None
    passed, lower = 0, 0
    for count, upper in zip(counts, BOUNDS_MS, strict=False):
        if count and passed + count >= wanted:
            return round(lower + (upper - lower) * (wanted - passed) / count)
        passed += count
        lower = upper
    return BOUNDS_MS[-1]
