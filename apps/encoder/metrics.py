"""What Prometheus learns of the models that answer requests."""

from prometheus_client import Counter, Gauge, Histogram

BATCH_SIZE = Histogram(
    "recsys_encoder_batch_size",
    "Inputs that a model was run on at once.",
    ("model",),
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
BATCH_SECONDS = Histogram(
    "recsys_encoder_batch_duration_seconds",
    "Time that a model took for a batch.",
    ("model",),
    buckets=(0.003, 0.006, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0),
)
QUEUE_DEPTH = Gauge("recsys_encoder_queue_depth", "Inputs that wait for a model.", ("model",))
REFUSED = Counter(
    "recsys_encoder_refused_total", "Requests that got no vector, by reason.", ("model", "reason")
)
CACHE_LOOKUPS = Counter(
    "recsys_encoder_cache_lookups_total",
    "Look-ups of an input among those encoded lately.",
    ("model", "outcome"),
)
REQUEST_SECONDS = Histogram(
    "recsys_encoder_request_duration_seconds",
    "Time that a request for vectors took.",
    ("endpoint", "status"),
    buckets=(0.001, 0.003, 0.006, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
)
