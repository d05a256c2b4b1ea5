"""What tests share: the stack, with the same parts as `make demo` starts, and the real data."""

import inspect
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.local.stack import Stack
from support.checkout import REPOSITORY
from support.laptop import RunningStack, local_settings

TESTS = Path(__file__).parent
WHEN_NAMED = tuple(
    TESTS / each
    for each in (
        "faults",
        "integration/ml/test_artifacts_on_s3.py",
        "integration/ml/test_kubeflow_model_registry.py",
        "integration/ml/test_pipeline_kills.py",
        "integration/ml/test_pipeline_warm_start.py",
        "interop",
        "pattern/lint",
        "pattern/parity",
        "quality",
    )
)


def pytest_configure() -> None:
    """Stacks of tests describe pictures without a network, which takes ten times as long.

    The tests of the network name it.
    """
    os.environ.setdefault("RECSYS_IMAGE_MODEL", "descriptor")
    _name_modules_of_the_stack()


def _name_modules_of_the_stack() -> None:
    """Say of each frame from which module it comes.

    `inspect.stack` looks through all modules for a frame whose file belongs to none, each time
    anew. The frames of a worker of xdist are such; Kubeflow's compiler asks for the stack 78 times,
    which takes 6 s where 7,000 modules are loaded.
    """
    frame = inspect.currentframe()
    while frame:
        inspect.modulesbyfile.setdefault(inspect.getabsfile(frame), frame.f_globals["__name__"])
        frame = frame.f_back


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Tests that take long, or need Go, a cluster or another server, run when they are named."""
    if collection_path not in WHEN_NAMED:
        return None
    named = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    return None if any(path.is_relative_to(collection_path) for path in named) else True


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    running = Stack(local_settings(tmp_path_factory.mktemp("stack")))
    try:
        running.up(print)
        yield RunningStack(running)
    finally:
        running.down(print)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data sets, which are no part of the repository."""
    named = os.environ.get("RECSYS_TEST_DATA")
    folder = Path(named or REPOSITORY.parent / "shared" / "data").resolve()
    if folder.is_dir():
        return folder
    message = f"no data sets in {folder}; set RECSYS_TEST_DATA to their folder"
    # Who names a folder, as `make quality` does, wants its tests.
    return pytest.fail(message) if named else pytest.skip(message)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all that shares a stack, the others the rest, file by file."""
    for item in items:
        shares_stack = "stack" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("stack" if shares_stack else str(item.path)))
