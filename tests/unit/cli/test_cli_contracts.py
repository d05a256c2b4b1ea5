import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from apps.cli.contracts import FOLDER, files
from apps.cli.main import cli
from streams.errors import ConfigurationError
from support.checkout import REPOSITORY


def test_the_files_are_those_of_the_code() -> None:
    """Otherwise run `recsys contracts export`."""
    folder = REPOSITORY / FOLDER
    assert {path.name: path.read_text() for path in folder.iterdir()} == files()


def test_they_are_exported(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["contracts", "export", "--out", str(tmp_path / "new")])
    assert done.exit_code == 0
    assert {path.name: path.read_text() for path in (tmp_path / "new").iterdir()} == files()


def published(folder: Path) -> Path:
    """A document that promises more than the code keeps."""
    file = folder / "asyncapi.yaml"
    document = yaml.safe_load(files()["asyncapi.yaml"])
    document["components"]["schemas"]["Interaction"]["properties"]["colour"] = {"type": "string"}
    file.write_text(yaml.safe_dump(document))
    return file


def test_what_breaks_is_listed(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["contracts", "check", "--against", str(published(tmp_path))])
    assert (done.exit_code, done.stdout) == (1, "Interaction.colour: is gone\n")


def test_the_contracts_of_today_break_nothing() -> None:
    file = REPOSITORY / FOLDER / "asyncapi.yaml"
    done = CliRunner().invoke(cli, ["contracts", "check", "--against", str(file)])
    assert done.exit_code == 0
    assert "nothing breaks" in done.stdout


def test_a_revision_has_its_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    published(FOLDER)
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm first"):
        subprocess.run(["git", *command.split()], check=True)
    (FOLDER / "asyncapi.yaml").write_text(files()["asyncapi.yaml"])
    done = CliRunner().invoke(cli, ["contracts", "check", "--against", "HEAD"])
    assert (done.exit_code, done.stdout) == (1, "Interaction.colour: is gone\n")


@pytest.mark.parametrize("against", ["nowhere", "--output=x", "README.md", "HEAD~99999"])
def test_what_is_no_document_is_said(against: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    done = CliRunner().invoke(cli, ["contracts", "check", f"--against={against}"])
    assert isinstance(done.exception, ConfigurationError)
