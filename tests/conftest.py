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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of two workers, one runs all that shares a stack, the other the rest, file by file."""
    for item in items:
        shares_stack = "stack" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("stack" if shares_stack else str(item.path)))
