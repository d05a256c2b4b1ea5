"""`recsys api-key`."""

from collections.abc import Callable

import psycopg
import pytest
from typer.testing import CliRunner

from apps.cli.main import cli
from apps.storefront.api.keys import repository
from apps.storefront.api.keys.secret import Secret
from streams.errors import ConfigurationError

pytestmark = pytest.mark.integration


@pytest.fixture
def recsys(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("RECSYS_DATABASE_URL", database_url)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["api-key", *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_a_key_is_made_listed_and_revoked(recsys: Callable[..., str], database_url: str) -> None:
    made = recsys(
        "create", "warehouse", "--scope", "items:write", "--scope", "items:read", "--expires-in",
        "7d",
    )  # fmt: skip
    secret = Secret.read(made.strip())
    assert secret
    with psycopg.connect(database_url) as connection:
        (stored,) = repository.every(connection)
    assert secret.matches(stored.secret_hash)
    assert list(stored.scopes) == ["items:read", "items:write"]
    assert stored.expires_at
    listed = recsys("list")
    assert secret.key_id in listed
    assert "until" in listed
    assert secret.secret not in listed
    assert max(map(len, listed.splitlines())) <= 80
    recsys("revoke", secret.key_id)
    assert "revoked" in recsys("list")


def test_a_key_that_there_is_not_cannot_be_revoked(recsys: Callable[..., str]) -> None:
    with pytest.raises(ConfigurationError, match="nothing"):
        recsys("revoke", "nothing")


def test_a_scope_that_there_is_not_is_refused(database_url: str) -> None:
    done = CliRunner().invoke(cli, ["api-key", "create", "x", "--scope", "everything"])
    assert done.exit_code == 2
