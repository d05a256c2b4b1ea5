"""What is sent to Kubeflow Model Registry, as the classes of its OpenAPI document read it."""

from typing import Any

import pytest
from model_registry.types import ModelArtifact, ModelVersion
from mr_openapi import Artifact, ModelVersionCreate, ModelVersionUpdate

from ml.registry.kubeflow import AUTHOR, artifact_of, client_of, version_of
from ml.registry.registration import Registration
from ml.settings import MlSettings

NEW = Registration(
    "20261101T020000",
    "s3://shop/models/20261101T020000",
    {
        "alias": "champion",
        "gate_reason": "It is better.",
        "metric.recall_at_20": 0.21,
        "parameter.seed": 3e10,
        "parameter.warm": True,
        "parameter.towers": '{"dim": 64}',
    },
)


def test_a_version_says_who_wrote_it_and_all_its_properties() -> None:
    created = version_of(NEW, None).create(registered_model_id="7")
    sent = ModelVersionCreate.from_json(created.to_json())
    assert sent.registered_model_id == "7"
    assert (sent.name, sent.author, sent.state.value) == (NEW.version, AUTHOR, "LIVE")
    assert sent.description == "It is better."
    assert _values(sent.custom_properties) == NEW.properties


def test_an_archived_version_keeps_its_properties() -> None:
    found = ModelVersion(id="12", name=NEW.version, registered_model_id="7")
    gone = Registration(NEW.version, "", {**NEW.properties, "alias": "none"}, archived=True)
    changed = version_of(gone, found)
    assert changed.id == "12"
    sent = ModelVersionUpdate.from_json(changed.update().to_json())
    assert sent.state.value == "ARCHIVED"
    assert _values(sent.custom_properties) == gone.properties


def test_an_artifact_names_where_the_files_are_until_they_are_deleted() -> None:
    made = artifact_of(NEW, "recommender", None)
    sent = Artifact.from_json(made.wrap().to_json()).actual_instance
    assert (sent.name, sent.uri, sent.state.value) == ("recommender", NEW.uri, "LIVE")

    found = ModelArtifact(id="3", name="recommender", uri=NEW.uri)
    gone = artifact_of(Registration(NEW.version, "", {}, archived=True), "recommender", found)
    assert (gone.id, gone.uri, gone.state.value) == ("3", NEW.uri, "DELETED")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://registry.example:8080", "http://registry.example:8080"),
        ("https://registry.example/", "https://registry.example:443"),
    ],
)
def test_the_client_takes_address_and_token_from_the_settings(
    url: str, host: str, tmp_path: Any
) -> None:
    (tmp_path / "token").write_text("a token\n")
    settings = MlSettings(
        database_url="postgresql://nowhere",
        models_dir=tmp_path,
        model_registry_url=url,
        model_registry_token_file=tmp_path / "token",
    )
    configuration = client_of(settings).config
    assert configuration.host == host
    assert configuration.access_token == "a token"


def _values(properties: Any) -> dict[str, Any]:
    values: dict[str, Any] = ModelVersion._unmap_custom_properties(properties)
    return values
