"""The pattern's ExternalSecrets, from Vault to the Secrets that pods and operators read."""

import base64
import json
from collections.abc import Iterator

import pytest

from support.lab.api import Api
from support.lab.processes import wait_until
from support.lab.vault import Vault
from support.pattern import clustergroup
from support.pattern.charts import all_manifests
from support.pattern.clustergroup import Manifest
from support.pattern.pattern import Pattern

pytestmark = pytest.mark.gitops

SHOP = "recsys"
EDB = "edb-postgres"
SECONDS = 60


@pytest.fixture(scope="module")
def external_secrets(api: Api, vault: Vault, pattern: Pattern) -> Iterator[list[Manifest]]:
    """Those that read Vault, each in its namespace, without the rest of the pattern."""
    for name in (SHOP, EDB):
        api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    manifests = [
        {**each, "metadata": {"namespace": SHOP, **each["metadata"]}}
        for each in (*clustergroup.objects(pattern), *all_manifests(pattern))
        if each["kind"] == "ExternalSecret"
        and each["spec"]["secretStoreRef"]["kind"] == "ClusterSecretStore"
    ]
    api.apply(manifests)
    yield manifests
    api.kubectl("delete", "namespace", "--wait", SHOP, EDB)


def test_every_secret_is_written(api: Api, external_secrets: list[Manifest]) -> None:
    def unwritten() -> list[str]:
        return [_name(each) for each in external_secrets if not _secret(api, *_target(each))]

    wait_until(lambda: not unwritten(), SECONDS, "every Secret is written", unwritten)


def test_a_pasted_token_is_trimmed(
    api: Api, vault: Vault, external_secrets: list[Manifest]
) -> None:
    token = vault.newest("hub/edb")["token"]
    assert token.endswith("\n")
    config = json.loads(_secret(api, EDB, "postgresql-operator-pull-secret")[".dockerconfigjson"])
    [login] = config["auths"].values()
    assert login["password"] == token.strip()
    assert base64.b64decode(login["auth"]).decode() == f"k8s:{token.strip()}"


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"annotations": {"force-sync": "now"}}},
        {"spec": {"refreshInterval": "2s"}},
    ],
    ids=["forced", "refreshed"],
)
def test_a_rotated_password_arrives(
    api: Api, vault: Vault, external_secrets: list[Manifest], change: Manifest
) -> None:
    role, secret = "storefront", "recsys-db-storefront"
    before = _secret(api, SHOP, secret)
    passwords = vault.newest("hub/database")
    rotated = passwords[role][::-1]
    vault.put("hub/database", passwords | {role: rotated})
    path = f"/apis/external-secrets.io/v1/namespaces/{SHOP}/externalsecrets/{secret}"
    api.patch(path, change)
    wait_until(
        lambda: _secret(api, SHOP, secret).get("password") == rotated,
        SECONDS,
        "the new password",
        lambda: api.get(path),
    )
    after = _secret(api, SHOP, secret)
    assert after["url"] == before["url"].replace(before["password"], rotated)
    assert after["username"] == role


def _target(external_secret: Manifest) -> tuple[str, str]:
    metadata = external_secret["metadata"]
    target = external_secret["spec"].get("target", {})
    return metadata["namespace"], target.get("name", metadata["name"])


def _name(external_secret: Manifest) -> str:
    return str(external_secret["metadata"]["name"])


def _secret(api: Api, namespace: str, name: str) -> dict[str, str]:
    """The fields of a Secret, none if there is no such Secret."""
    found = api.get(f"/api/v1/namespaces/{namespace}/secrets/{name}") or {}
    return {key: base64.b64decode(value).decode() for key, value in found.get("data", {}).items()}
