"""The pre-flight and the template of the secrets against the rules of the framework's loader."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.cluster import secrets
from support.checkout import REPOSITORY
from support.pattern.loader import SEARCHED, RefusedError, Vault

TEMPLATE = yaml.safe_load((REPOSITORY / "values-secret.yaml.template").read_text())
TOKEN = ".config/recsys/edb-token"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    token = tmp_path / TOKEN
    token.parent.mkdir(parents=True)
    token.write_text("a-token\n")
    return Vault(tmp_path)


def faults(vault: Vault, content: dict[str, Any]) -> list[str]:
    file = vault.home / "secrets.yaml"
    file.write_text(yaml.safe_dump(content))
    return list(secrets.faults(file, {"HOME": str(vault.home)}))


def changed(secret: str, field: str, **change: Any) -> dict[str, Any]:
    """The template with another way to give one field."""
    content: dict[str, Any] = copy.deepcopy(TEMPLATE)
    for each in content["secrets"]:
        for part in each["fields"]:
            if (each["name"], part["name"]) == (secret, field):
                part.update(change)
                for key in [key for key, value in change.items() if value is None]:
                    del part[key]
    return content


def test_the_template_fills_a_new_vault(vault: Vault) -> None:
    vault.load(TEMPLATE)
    assert {name: sorted(fields) for name, fields in vault.secrets.items()} == {
        f"hub/{secret['name']}": sorted(field["name"] for field in secret["fields"])
        for secret in TEMPLATE["secrets"]
    }
    assert len(set(vault.secrets["hub/database"].values())) == len(vault.secrets["hub/database"])


def test_a_second_load_changes_nothing(vault: Vault) -> None:
    vault.load(TEMPLATE)
    before = copy.deepcopy(vault.secrets)
    vault.load(TEMPLATE)
    assert vault.secrets == before


def test_a_new_field_at_the_end_changes_no_other(vault: Vault) -> None:
    """As the template says: at the front it would drop them."""
    vault.load(TEMPLATE)
    before = dict(vault.secrets["hub/database"])
    field = {"name": "new", "onMissingValue": "generate", "vaultPolicy": "urlSafe"}
    more = copy.deepcopy(TEMPLATE)
    more["secrets"][0]["fields"].append(field)
    vault.load(more)
    assert vault.secrets["hub/database"].items() >= before.items()
    more["secrets"][0]["fields"].insert(0, {**field, "name": "front"})
    vault.load(more)
    assert not vault.secrets["hub/database"].items() & before.items()


def test_the_newline_of_a_file_reaches_vault(vault: Vault) -> None:
    vault.load(TEMPLATE)
    assert vault.secrets["hub/edb"] == {"token": "a-token\n"}


@pytest.mark.parametrize(
    "content",
    [
        TEMPLATE,
        changed("edb", "token", path="~/nowhere"),
        changed("edb", "token", path=None),
        changed("edb", "token", path=None, value=""),
        changed("edb", "token", path=None, value="given"),
        changed("database", "storefront", onMissingValue="error"),
        changed("database", "storefront", onMissingValue="error", value="given"),
        changed("database", "storefront", override=True),
        changed("database", "recsys", override=True),
        changed("database", "recsys", onMissingValue="error", value="given"),
        changed("storefront", "secret-key", override=True),
    ],
)
def test_the_preflight_refuses_what_the_loader_refuses_or_what_would_lose_a_password(
    vault: Vault, content: dict[str, Any]
) -> None:
    vault.load(TEMPLATE)
    before = copy.deepcopy(vault.secrets)
    kept = {
        (f"hub/{secret['name']}", field["name"])
        for secret in content["secrets"]
        for field in secret["fields"]
        if field.get("onMissingValue") == "generate" and not field.get("override")
    }
    try:
        vault.load(content)
        lost = {key for key in kept if vault.secrets[key[0]][key[1]] != before[key[0]][key[1]]}
    except RefusedError:
        lost = {("", "")}
    assert bool(faults(vault, content)) == bool(lost)


@pytest.mark.parametrize("first", range(len(SEARCHED)))
def test_the_file_is_searched_where_the_loader_does(tmp_path: Path, first: int) -> None:
    home, checkout = tmp_path / "home", tmp_path / "checkout"
    places = [
        Path(each.format(home=home, checkout=checkout, pattern="recsys")) for each in SEARCHED
    ]
    for place in places[first:]:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    assert secrets.find("recsys", checkout, {"HOME": str(home)}) == places[first]


def test_a_file_that_is_named_comes_before_all_others(tmp_path: Path) -> None:
    named = tmp_path / "named.yaml"
    named.touch()
    (tmp_path / "values-secret.yaml").touch()
    environment = {"HOME": str(tmp_path), "VALUES_SECRET": str(named)}
    assert secrets.find("recsys", tmp_path, environment) == named
