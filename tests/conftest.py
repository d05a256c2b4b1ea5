"""The stack that integration and browser tests share: the same parts as `make demo` starts."""

from collections.abc import Iterator

import pytest
from laptop import RunningStack, local_settings

from apps.local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    running = Stack(local_settings(tmp_path_factory.mktemp("stack")))
    try:
        running.up(print)
        yield RunningStack(running)
    finally:
        running.down(print)
