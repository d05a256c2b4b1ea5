"""Quality of the towers after a short training on a real log, as a part of `make test`."""

from pathlib import Path

import pytest

from support.quality import missed_marks


@pytest.mark.quality
def test_movielens_after_three_epochs(real_data: Path, tmp_path: Path) -> None:
    """The whole training takes longer than `make test` may; `make quality` has it."""
    assert not missed_marks("ml-1m-short", tmp_path, real_data)
