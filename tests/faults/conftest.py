"""How long the long trials are, by variables that the Makefile sets, and where figures go."""

import json
import os
from collections.abc import Callable

import pytest

from support.checkout import REPOSITORY


@pytest.fixture
def events() -> int:
    """How many events the topics get at least."""
    return int(os.environ.get("RECSYS_TEST_EVENTS", "200000"))


@pytest.fixture
def seconds() -> float:
    """How long the shop is open."""
    return float(os.environ.get("RECSYS_TEST_SECONDS", "3600"))


@pytest.fixture
def write(request: pytest.FixtureRequest) -> Callable[[object], None]:
    """Writes the figures of a trial."""
    path = REPOSITORY / ".state" / f"{request.path.stem.removeprefix('test_')}.json"

    def write_figures(figures: object) -> None:
        path.write_text(json.dumps(figures, indent=2) + "\n")

    return write_figures
