"""The documented commands that work on files alone, as they are written in the documentation."""

from pathlib import Path

import pytest

from support.docs.shown import COMMANDS, of_logs, run_as_shown
from support.laptop import cli_environment, local_settings

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("page", [*filter(of_logs, COMMANDS)])
def test_commands_on_files(page: str, tmp_path: Path) -> None:
    environment = cli_environment(local_settings(tmp_path / "state"))
    run_as_shown(of_logs(page), environment, tmp_path)
