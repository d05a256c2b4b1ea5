from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from apps.cli.main import cli
from ml.towers.config import TowersConfig
from streams.errors import ConfigurationError


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Twenty users, one line per user."""
    rng = np.random.default_rng(0)
    path = tmp_path / "log.txt"
    rows = (
        " ".join([f"u{user}", *(f"i{user % 2}{item}" for item in rng.choice(9, 5, replace=False))])
        for user in range(20)
    )
    path.write_text("\n".join(rows) + "\n")
    return path


def tune(*arguments: object) -> Result:
    given: Sequence[str] = ["tune", *map(str, arguments)]
    return CliRunner().invoke(cli, given, catch_exceptions=False)


def test_what_is_written_is_a_configuration_and_the_study_goes_on(
    lines: Path, tmp_path: Path
) -> None:
    out, study = tmp_path / "towers.json", tmp_path / "study.log"
    given = ("--train", lines, "--format", "lines", "--out", out, "--study", study)
    first = tune(*given, "--trials", 1)
    assert first.exit_code == 0
    defaults = TowersConfig(user_encoder="pooling")
    assert TowersConfig.model_validate_json(out.read_bytes()) == defaults
    assert "1 complete; nothing was better than the defaults" in first.stdout
    assert "the defaults" in first.stdout
    assert "trial 1 of 1" in first.stderr

    second = tune(*given, "--trials", 2)
    assert "trial 2 of 2, best NDCG@20" in second.stderr
    assert "trial 1 of 2" not in second.stderr
    assert "the best of 2 trials" in second.stdout
    tuned = TowersConfig.model_validate_json(out.read_bytes())
    assert (tuned == defaults) == ("nothing was better than the defaults" in second.stdout)


def test_a_missing_folder_is_reported_before_the_search(lines: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--out: no such folder"):
        tune("--train", lines, "--format", "lines", "--out", tmp_path / "none" / "towers.json")


def test_rows_left_out_are_reported(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    rows = [f"u{user},i{item},{1_700_000_000 + item}" for user in range(4) for item in range(4)]
    bad = [f"u{user},,1700000000" for user in range(12)]
    log.write_text("\n".join(["user_id,item_id,timestamp", *rows, *bad]) + "\n")
    result = tune("--train", log, "--trials", 1, "--out", tmp_path / "towers.json")
    assert result.exit_code == 0
    assert result.stderr.count("left out: ") == 11
    assert "left out: 2 more" in result.stderr
