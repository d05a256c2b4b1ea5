"""`recsys search` on a real database."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from apps.cli.main import cli
from apps.storefront.search.vocabulary_repository import source
from streams.errors import ConfigurationError

pytestmark = pytest.mark.integration


@pytest.fixture
def run(stocked: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("RECSYS_DATABASE_URL", stocked)

    def invoke(*words: str) -> str:
        result = CliRunner().invoke(cli, ["search", *words], catch_exceptions=True)
        if result.exception:
            raise result.exception
        return result.output

    return invoke


def test_synonyms_are_written_checked_and_loaded(
    run: Callable[..., str], stocked: str, tmp_path: Path
) -> None:
    file = tmp_path / "synonyms.yaml"
    run("synonyms", "--write", str(file))
    packaged = file.read_text()
    assert "telly" in packaged
    file.write_text("version: 1\nequivalent: [[gizmo, product]]\n")
    run("synonyms", str(file), "--check")
    with psycopg.connect(stocked) as connection:
        assert len(source(connection).synonyms.equivalent) > 1, "checking loads nothing"
        run("synonyms", str(file))
        loaded = source(connection).synonyms.equivalent
    assert [list(each) for each in loaded] == [["gizmo", "product"]]
    file.write_text("version: 1\nequivalent: [[alone]]\n")
    with pytest.raises(ConfigurationError, match="equivalent"):
        run("synonyms", str(file))


def test_a_language_that_postgresql_lacks_is_refused(run: Callable[..., str], stocked: str) -> None:
    with pytest.raises(ConfigurationError, match="klingon"):
        run("language", "klingon")
    run("language", "german")
    with psycopg.connect(stocked) as connection:
        assert source(connection).language == "german"
        assert not source(connection).synonyms.equivalent
