from apps.storefront.interactions.circuit import Circuit


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_new_circuit_lets_pages_and_the_relay_send() -> None:
    circuit = Circuit(5)
    assert circuit.is_closed
    assert circuit.may_retry


def test_after_a_failure_only_the_relay_tries_again_and_only_after_the_pause() -> None:
    clock = Clock()
    circuit = Circuit(5, clock)
    circuit.open()
    clock.now += 4.9
    assert not circuit.may_retry
    clock.now += 0.2
    assert circuit.may_retry
    assert not circuit.is_closed, "a page must not be the one that waits for Kafka"


def test_another_failure_begins_another_pause() -> None:
    clock = Clock()
    circuit = Circuit(5, clock)
    circuit.open()
    clock.now += 6
    circuit.open()
    assert not circuit.may_retry


def test_the_relays_success_lets_pages_send_again() -> None:
    circuit = Circuit(5)
    circuit.open()
    circuit.close()
    assert circuit.is_closed
