import threading
import time

import structlog
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from ml.serving.dependency import Dependency
from streams.errors import UnavailableError


def _unavailable() -> str:
    raise UnavailableError("no answer")


def _broken() -> str:
    raise ValueError("bug")


def test_an_answer_is_handed_on() -> None:
    assert Dependency("d").call(lambda: "yes") == "yes"


def test_what_is_unavailable_is_not_called_for_a_while() -> None:
    dependency = Dependency("d", reset=0.05)
    assert dependency.call(_unavailable) is None
    assert dependency.call(lambda: "yes") is None
    time.sleep(0.06)
    assert dependency.call(lambda: "yes") == "yes"


def test_a_second_failure_opens_the_circuit_again() -> None:
    dependency = Dependency("d", reset=0.05)
    assert dependency.call(_unavailable) is None
    time.sleep(0.06)
    assert dependency.call(_unavailable) is None
    assert dependency.call(lambda: "yes") is None


def test_a_circuit_may_open_after_several_failures_in_a_row() -> None:
    dependency = Dependency("d", failures=2)
    assert dependency.call(_unavailable) is None
    assert dependency.call(lambda: "yes") == "yes"
    assert dependency.call(_unavailable) is None
    assert dependency.call(lambda: "yes") == "yes", "they were not in a row"
    assert dependency.call(_unavailable) is None
    assert dependency.call(_unavailable) is None
    assert dependency.call(lambda: "yes") is None


def test_a_failure_of_one_request_does_not_stop_the_next() -> None:
    dependency = Dependency("d")
    assert dependency.call(_broken) is None
    assert dependency.call(lambda: "yes") == "yes"


def test_threads_call_at_the_same_time() -> None:
    dependency = Dependency("d")
    meeting = threading.Barrier(2, timeout=5)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(dependency.call(meeting.wait)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert set(answers) == {0, 1}


def test_each_failure_is_counted_and_no_call_that_is_not_made() -> None:
    dependency = Dependency("counted")
    labels = {"dependency": "counted"}
    for function in (_broken, _broken, lambda: "yes", _unavailable, _unavailable):
        dependency.call(function)
    assert REGISTRY.get_sample_value("recsys_dependency_failures_total", labels) == 3


def test_failures_are_logged_once_in_a_while() -> None:
    dependency = Dependency("d")
    structlog.reset_defaults()
    with capture_logs() as logs:
        for _ in range(100):
            dependency.call(_broken)
    assert [(entry["dependency"], entry["reason"]) for entry in logs] == [("d", "ValueError: bug")]
