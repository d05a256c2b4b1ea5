"""Quality of the towers on a log of each kind; `make quality` runs it."""

import subprocess
from pathlib import Path

import pytest

from support.quality import RECSYS, below_marks

pytestmark = [pytest.mark.quality, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("log", ["ml-1m", "retailrocket", "amazon-toys"])
def test_a_real_log(log: str, real_data: Path, tmp_path: Path) -> None:
    assert not below_marks(log, tmp_path, real_data)


def test_the_synthetic_shop(tmp_path: Path) -> None:
    subprocess.run([RECSYS, "synthetic", "generate", "shop"], cwd=tmp_path, check=True)
    assert not below_marks("synthetic", tmp_path)
