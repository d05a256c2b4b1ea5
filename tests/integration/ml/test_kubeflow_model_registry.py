"""Copies in a running Kubeflow Model Registry; `make test-model-registry URL=...` runs it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from ml.registry.kubeflow import KubeflowModelRegistry
from ml.registry.model_registry import ModelRegistry, make_equal
from ml.registry.registration import Property, Registration
from ml.settings import MlSettings
from streams.errors import UnavailableError

URL = os.environ.get("RECSYS_TEST_MODEL_REGISTRY_URL")

pytestmark = pytest.mark.integration

ALIASES = {"20261101": "previous", "20261102": "champion", "20261103": "rejected"}
KNOWN: dict[str, Property] = {
    "gate_reason": "It is not \u00fcnlike.\n" * 50,
    "metric.recall_at_20": 0.2,
    "parameter.seed": 3e10,
    "parameter.warm": True,
}
VERSIONS = {
    name: Registration(name, f"s3://shop/models/{name}", {"alias": alias, **KNOWN})
    for name, alias in ALIASES.items()
}


class _BreaksOff:
    """A registry whose writer is killed after some writes."""

    def __init__(self, registry: ModelRegistry, writes: int) -> None:
        self._registry = registry
        self._writes = writes

    def versions(self) -> dict[str, Registration]:
        return self._registry.versions()

    def write(self, registration: Registration) -> None:
        if not self._writes:
            raise UnavailableError("killed")
        self._writes -= 1
        self._registry.write(registration)


@pytest.fixture
def settings(tmp_path: Path) -> MlSettings:
    """Of a registered model that no other test has."""
    assert URL, "name a running registry: make test-model-registry URL=http://host:port"
    return MlSettings(
        database_url="postgresql://nowhere",
        models_dir=tmp_path,
        model_registry_url=URL,
        model_registry_token_file=os.environ.get("RECSYS_MODEL_REGISTRY_TOKEN_FILE"),
        model_registry_ca_file=os.environ.get("RECSYS_MODEL_REGISTRY_CA_FILE"),
        model_registry_model=f"test-{uuid4().hex}",
    )


@pytest.fixture
def registry(settings: MlSettings) -> Iterator[KubeflowModelRegistry]:
    with ExitStack() as stack:
        yield stack.enter_context(KubeflowModelRegistry.open(settings))


def test_the_registry_has_what_was_written_and_a_copy_can_be_repeated(
    registry: KubeflowModelRegistry, settings: MlSettings
) -> None:
    assert make_equal(registry, VERSIONS) == tuple(VERSIONS)
    assert registry.versions() == VERSIONS
    assert make_equal(registry, VERSIONS) == ()
    with KubeflowModelRegistry.open(settings) as another:
        assert another.versions() == VERSIONS


def test_a_switch_changes_the_aliases(registry: KubeflowModelRegistry) -> None:
    make_equal(registry, VERSIONS)
    switched = {
        name: replace(each, properties={**each.properties, "alias": alias})
        for (name, each), alias in zip(
            VERSIONS.items(), ("champion", "previous", "rejected"), strict=True
        )
    }
    assert make_equal(registry, switched) == ("20261101", "20261102")
    assert registry.versions() == switched


def test_a_removed_version_is_archived_and_can_come_back(registry: KubeflowModelRegistry) -> None:
    make_equal(registry, VERSIONS)
    kept = {name: each for name, each in VERSIONS.items() if name != "20261103"}
    assert make_equal(registry, kept) == ("20261103",)
    found = registry.versions()
    assert found.pop("20261103").archived
    assert found == kept
    assert make_equal(registry, kept) == ()
    assert make_equal(registry, VERSIONS) == ("20261103",)
    assert registry.versions() == VERSIONS


def test_a_copy_that_was_killed_is_completed(registry: KubeflowModelRegistry) -> None:
    with pytest.raises(UnavailableError, match="killed"):
        make_equal(_BreaksOff(registry, 2), VERSIONS)
    assert len(registry.versions()) == 2
    assert len(make_equal(registry, VERSIONS)) == 1
    assert registry.versions() == VERSIONS
