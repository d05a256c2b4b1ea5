"""The FeatureStore's servers use the same project and stores as the code."""

from typing import Any
from urllib.parse import unquote

import yaml

from streams.features.store import repo_config
from streams.settings import FeatureSettings
from support.lab.lock import files
from support.pattern.charts import manifests
from support.pattern.clustergroup import Manifest
from support.pattern.definitions import schemas

URL = (
    "postgresql://pipeline:word@recsys-db-rw:5432/recsys"
    "?sslmode=verify-full&sslrootcert=/etc/recsys/database/ca.crt"
)
OWN_TUNING = {
    *("cache_ttl_seconds", "max_conn", "max_overflow", "pool_size", "type", "vector_enabled"),
}
"""Settings of caches and connections that each side tunes separately."""


def only(kind: str) -> Manifest:
    both = (*manifests("feast", "demo"), *manifests("feature-server", "demo"))
    (found,) = [each for each in both if each["kind"] == kind]
    return found


def stores() -> dict[str, dict[str, Any]]:
    """The keys of the Secret, as External Secrets renders them."""
    filled = {
        key: text.replace("{{ .password | urlquery }}", "word").replace(
            "{{ .password | toJson }}", '"word"'
        )
        for key, text in only("ExternalSecret")["spec"]["target"]["template"]["data"].items()
    }
    return {key: yaml.safe_load(text) for key, text in filled.items()}


def leaves(node: Any, where: str = "") -> dict[str, Any]:
    if not isinstance(node, dict):
        return {where: unquote(node) if isinstance(node, str) else node}
    return {
        path: value
        for key, child in node.items()
        if key not in OWN_TUNING
        for path, value in leaves(child, f"{where}/{key}").items()
    }


def test_the_project_is_that_of_the_code() -> None:
    assert (
        only("FeatureStore")["spec"]["feastProject"]
        == FeatureSettings.model_fields["feast_project"].default
    )


def test_the_stores_are_those_of_the_code() -> None:
    own = repo_config(FeatureSettings(database_url=URL)).model_dump(by_alias=True)
    own["registry"].pop("registry_type")
    there = stores()
    assert leaves(there["registry"]) == leaves(own["registry"])
    assert leaves(there["online"]) == leaves(own["online_store"])
    assert leaves(there["offline"]) == leaves(own["offline_store"])


def test_each_service_refers_to_the_key_of_its_store() -> None:
    services = only("FeatureStore")["spec"]["services"]
    secret = only("ExternalSecret")["spec"]["target"]["name"]
    persistences = (
        services["registry"]["local"]["persistence"],
        services["onlineStore"]["persistence"],
        services["offlineStore"]["persistence"],
    )
    named = [each["store"]["secretKeyName"] for each in persistences]
    assert named == ["registry", "online", "offline"]
    assert set(named) == set(stores())
    assert {each["store"]["secretRef"]["name"] for each in persistences} == {secret}


def test_only_the_job_applies_definitions() -> None:
    """Feast after 0.60 applies the operator's empty project, unless it is told not to."""
    manifest = only("FeatureStore")
    [head] = [file for file in files() if file.head and file.path.name == "featurestore.yaml"]
    schema = schemas(head.text())[f"{manifest['apiVersion']} FeatureStore"]
    known = schema["properties"]["spec"]["properties"]["services"]["properties"]
    switch = "runFeastApplyOnInit"
    assert switch not in known or manifest["spec"]["services"].get(switch) is False
