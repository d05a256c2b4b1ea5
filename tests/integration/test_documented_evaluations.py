"""The documented commands that work on files alone, as they are written in the documentation.

Their towers learn less than by default, which takes minutes; `make quality` has the defaults.
"""

from pathlib import Path

import pytest

from support.docs.shown import COMMANDS, of_logs, run_as_shown
from support.laptop import cli_environment, local_settings
from support.pictures import drawn_picture, file_of

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("page", [*filter(of_logs, COMMANDS)])
def test_commands_on_files(page: str, tmp_path: Path) -> None:
    if any("--images" in line for line in of_logs(page)):
        _draw_photos(tmp_path / "photos")
    environment = cli_environment(local_settings(tmp_path / "state"))
    run_as_shown(of_logs(page), environment, tmp_path)


def _draw_photos(folder: Path) -> None:
    for number in range(12):
        file = folder / f"class{number % 2}" / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(file_of(drawn_picture(number)))
