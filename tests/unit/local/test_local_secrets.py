import json
from pathlib import Path

from apps.local.settings import LocalSecrets


def test_secrets_are_made_once_and_only_their_user_can_read_them(tmp_path: Path) -> None:
    made = LocalSecrets.load_or_make(tmp_path)
    assert LocalSecrets.load_or_make(tmp_path) == made
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_stack_of_an_earlier_version_gets_what_it_lacks_and_keeps_what_it_has(
    tmp_path: Path,
) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"database_password": "d", "shop_secret_key": "s"}))
    first = LocalSecrets.load_or_make(tmp_path)
    assert (first.database_password, first.shop_secret_key) == ("d", "s")
    assert LocalSecrets.load_or_make(tmp_path) == first
