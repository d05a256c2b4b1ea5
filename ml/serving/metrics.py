"""What Prometheus learns of serving: of the chain, stage by stage, and of what it depends on."""

from functools import cache

from prometheus_client import Counter, Histogram

_BUCKETS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)

INFERENCE_SECONDS = Histogram(
    "model_inference_duration_seconds", "Time to encode one shopper.", buckets=_BUCKETS
)
SEARCH_SECONDS = Histogram(
    "vector_search_duration_seconds", "Time of one search of the item index.", buckets=_BUCKETS
)
STAGE_SECONDS = Histogram(
    "recsys_chain_stage_duration_seconds",
    "Time that a stage of the chain took for one list.",
    ("stage",),
    buckets=_BUCKETS,
)
NAMED = Counter("recsys_chain_candidates_total", "Candidates that a source named.", ("source",))
LEFT_OUT = Counter("recsys_chain_left_out_total", "Candidates that a filter left out.", ("stage",))
EXCLUDED = Counter(
    "recsys_chain_excluded_total",
    "Items that a filter left out of a list's searches beforehand.",
    ("stage",),
)
FAILURES = Counter(
    "recsys_dependency_failures_total",
    "Calls of a dependency of serving that failed; while a circuit is open there are none.",
    ("dependency",),
)
LOOKUPS = Counter(
    "recsys_cache_lookups_total", "Look-ups in a cache of serving.", ("cache", "outcome")
)


# A list counts some sixty times, and finding a label takes longer than counting.
stage_seconds = cache(STAGE_SECONDS.labels)
named = cache(NAMED.labels)
left_out = cache(LEFT_OUT.labels)
excluded = cache(EXCLUDED.labels)
lookups = cache(LOOKUPS.labels)


def count_lookup(cache: str, *, hit: bool) -> None:
    """Count a look-up; the hit rate is the share of the outcome `hit`."""
    lookups(cache, "hit" if hit else "miss").inc()
