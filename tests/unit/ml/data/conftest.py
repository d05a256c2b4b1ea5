import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[4]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data sets, which are no part of the repository."""
    folder = Path(os.environ.get("RECSYS_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data sets in {folder}; set RECSYS_TEST_DATA to their folder")
    return folder
