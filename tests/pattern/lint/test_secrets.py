"""The charts read from Vault exactly what the secrets template puts there."""

import base64
import json
import re
from pathlib import Path

import pytest
import yaml

from support.checkout import REPOSITORY
from support.pattern.charts import CHARTS, SIZES, checked, manifests
from support.pattern.clustergroup import Manifest
from support.pattern.values import FILES, read

WAVE = "argocd.argoproj.io/sync-wave"


def external_secrets() -> list[Manifest]:
    extra = read(*FILES)["clusterGroup"]["extraObjects"].values()
    found = [*extra, *(m for chart in CHARTS for size in SIZES for m in manifests(chart, size))]
    return [manifest for manifest in found if manifest["kind"] == "ExternalSecret"]


def provided() -> set[tuple[str, str]]:
    template = yaml.safe_load((REPOSITORY / "values-secret.yaml.template").read_text())
    return {
        (f"secret/data/{prefix}/{secret['name']}", field["name"])
        for secret in template["secrets"]
        for prefix in secret["vaultPrefixes"]
        for field in secret["fields"]
    }


def from_vault() -> list[Manifest]:
    store = read(*FILES)["secretStore"]
    return [each for each in external_secrets() if each["spec"]["secretStoreRef"] == store]


def requested() -> set[tuple[str, str]]:
    return {
        (entry["remoteRef"]["key"], entry["remoteRef"]["property"])
        for secret in from_vault()
        for entry in secret["spec"].get("data", [])
    }


def test_the_charts_read_exactly_the_secrets_of_the_template() -> None:
    assert requested() == provided()


def test_only_the_databases_authority_is_not_read_from_vault() -> None:
    found = external_secrets()
    assert {each["apiVersion"] for each in found} == {"external-secrets.io/v1"}
    others = {each["metadata"]["name"] for each in found if each not in from_vault()}
    assert others == {"recsys-db-authority"}


def test_intervals_are_written_as_the_operator_writes_them() -> None:
    """It replaces 1h by 1h0m0s, which Argo CD would take for a manual edit: never Synced."""
    intervals = {each["spec"]["refreshInterval"] for each in external_secrets()}
    canonical = re.compile(r"(?:(?:[1-9]\d*h)?[1-5]?\dm)?[1-5]?\ds")
    assert not {each for each in intervals if not canonical.fullmatch(each)}


def test_a_store_is_valid_before_it_is_read() -> None:
    """One that is not makes its ExternalSecret Degraded: the sync fails and is repeated later."""
    rendered = manifests("pipelines", "demo")
    waves = {
        each["kind"]: int(each["metadata"]["annotations"][WAVE])
        for each in rendered
        if each["metadata"]["name"] == "recsys-db-authority"
    }
    assert waves["RoleBinding"] < waves["SecretStore"] < waves["ExternalSecret"]


def test_every_policy_exists() -> None:
    template = yaml.safe_load((REPOSITORY / "values-secret.yaml.template").read_text())
    used = {
        field["vaultPolicy"]
        for secret in template["secrets"]
        for field in secret["fields"]
        if "vaultPolicy" in field
    }
    assert used == set(template["vaultPolicies"])


@pytest.mark.parametrize("token", ["a-token", "a-token\n", " a-token\r\n"])
def test_the_login_of_a_registry_has_no_white_space(token: str, tmp_path: Path) -> None:
    """The loader keeps the newline of a file; Helm has the functions of External Secrets."""
    secret = read(*FILES)["clusterGroup"]["extraObjects"]["edb-pull-secret"]
    template = secret["spec"]["target"]["template"]["data"][".dockerconfigjson"]
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: login, version: 0.0.0}")
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"template": template, "token": token}))
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/login.yaml").write_text(
        '{{ tpl .Values.template (dict "token" .Values.token "Template" .Template) }}'
    )
    _, _, written = checked("helm", "template", tmp_path).split("\n", 2)
    (login,) = json.loads(written)["auths"].values()
    assert login["password"] == "a-token"
    assert base64.b64decode(login["auth"]) == b"k8s:a-token"
