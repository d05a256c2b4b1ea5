"""What probes are answered."""

from apps.storefront.api.models import Answer


class Liveness(Answer):
    """The worker answers."""

    status: str
    """`alive`."""


class Readiness(Answer):
    """The API can serve."""

    status: str
    """`ready`."""
    database: str
    """`up`."""
    kafka: str
    """`up` or `unavailable`; without Kafka single interactions wait in the outbox."""
    recommendations: str
    """Source of a visitor's list now."""
