import time

import pytest
import structlog
from structlog.testing import capture_logs

from ml.serving import part
from ml.serving.part import Part
from streams.errors import UnavailableError


def _away() -> str:
    raise UnavailableError("gone")


def _broken() -> str:
    raise ValueError("bug")


def test_an_answer_is_handed_on() -> None:
    assert Part("p").ask(lambda: "yes") == "yes"


def test_a_part_that_is_away_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "_REST_SECONDS", 0.05)
    asked = Part("p")
    assert asked.ask(_away) is None
    assert asked.ask(lambda: "yes") is None
    time.sleep(0.06)
    assert asked.ask(lambda: "yes") == "yes"


def test_a_failure_of_one_question_does_not_stop_the_next() -> None:
    asked = Part("p")
    assert asked.ask(_broken) is None
    assert asked.ask(lambda: "yes") == "yes"


def test_failures_are_logged_once_in_a_while() -> None:
    asked = Part("p")
    structlog.reset_defaults()
    with capture_logs() as logs:
        for _ in range(100):
            asked.ask(_broken)
    assert [(entry["part"], entry["reason"]) for entry in logs] == [("p", "ValueError: bug")]
