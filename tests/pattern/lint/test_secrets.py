"""The charts read from Vault exactly what the secrets template puts there."""

import yaml

from support.checkout import REPOSITORY
from support.pattern.charts import CHARTS, SIZES, Manifest, manifests
from support.pattern.values import FILES, read


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


def test_every_policy_exists() -> None:
    template = yaml.safe_load((REPOSITORY / "values-secret.yaml.template").read_text())
    used = {
        field["vaultPolicy"]
        for secret in template["secrets"]
        for field in secret["fields"]
        if "vaultPolicy" in field
    }
    assert used == set(template["vaultPolicies"])
