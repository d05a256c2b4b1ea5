"""Quality of the towers on a log of each kind; `make quality` runs it."""

import subprocess
from pathlib import Path

import pytest

from support.docs.shown import of_logs, run_as_shown
from support.laptop import cli_environment, local_settings
from support.quality import RECSYS, missed_marks

pytestmark = [pytest.mark.quality, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("log", ["ml-1m", "retailrocket", "amazon-toys"])
def test_a_real_log(log: str, real_data: Path, tmp_path: Path) -> None:
    assert not missed_marks(log, tmp_path, real_data)


def test_the_documented_commands_with_the_defaults(tmp_path: Path) -> None:
    environment = cli_environment(local_settings(tmp_path / "state"))
    del environment["RECSYS_TOWERS"]
    run_as_shown(of_logs("model.md"), environment, tmp_path)


def test_the_synthetic_shop(tmp_path: Path) -> None:
    subprocess.run([RECSYS, "synthetic", "generate", "shop"], cwd=tmp_path, check=True)
    assert not missed_marks("synthetic", tmp_path)
