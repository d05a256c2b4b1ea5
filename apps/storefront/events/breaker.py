"""The circuit breaker in front of Kafka: one per worker."""

from pybreaker import STATE_CLOSED, CircuitBreaker


def kafka_breaker(pause: float) -> CircuitBreaker:
    """Closed while Kafka answers; one failure opens it, and only the relay closes it again.

    Pages never try an open one, so that at most one of them waits for an unavailable Kafka. The
    relay tries again when the pause is over.

    Args:
        pause: seconds to leave Kafka alone after a failure.
    """
    return CircuitBreaker(fail_max=1, reset_timeout=pause, throw_new_error_on_trip=False)


def is_closed(breaker: CircuitBreaker) -> bool:
    """Whether a page may send directly."""
    return bool(breaker.current_state == STATE_CLOSED)
