"""The connections to PostgreSQL of all pods at their largest number, against what it allows."""

import json

import pytest

from apps.analytics.dashboard import products
from apps.storefront.settings import StorefrontSettings
from ml import image_vectors, item_vectors, text_vectors
from ml.serving import live_model
from streams.features import store
from streams.processor import app as processor
from support.pattern.charts import SIZES, title
from support.pattern.clustergroup import Manifest
from support.pattern.scale import most, rendered

EACH_SIZE = pytest.mark.parametrize("size", SIZES)
FEAST = store._ONLINE_CONNECTIONS + store._REGISTRY_CONNECTIONS
SQLALCHEMY = 15
"""A pool of SQLAlchemy with its defaults: 5 and an overflow of 10."""
FEAST_SERVER = SQLALCHEMY + 10
"""A server of Feast: a registry by SQLAlchemy, and Feast's own pool of at most 10."""
JOBS = 3 * SQLALCHEMY
"""Migrations, Feast's apply and the catalogue, each with less than a pool."""
RUN = SQLALCHEMY + FEAST
"""A step of the pipeline; they run one after the other."""
ENCODER = (
    item_vectors._CONNECTIONS
    + text_vectors._CONNECTIONS
    + image_vectors._CONNECTIONS
    + 2 * FEAST
    + 1
)
OPERATOR = 10
"""The instance manager, its metrics, and what PostgreSQL keeps for superusers."""


def one(size: str, what: str) -> Manifest:
    return next(each for each in rendered(size) if title(each) == what)


def pool(size: str) -> tuple[int, int]:
    """Clients that the pooler accepts, and its connections to PostgreSQL for one role."""
    spec = one(size, "Pooler/recsys-db-pooler")["spec"]
    parameters = spec["pgbouncer"]["parameters"]
    assert spec["pgbouncer"]["poolMode"] == "transaction"
    return (
        int(spec["instances"]) * int(parameters["max_client_conn"]),
        int(spec["instances"]) * int(parameters["default_pool_size"]),
    )


def sink(size: str) -> int:
    """Each task's pool; a task that moves to another worker counts twice for a moment."""
    connectors = [each["spec"] for each in rendered(size) if each["kind"] == "KafkaConnector"]
    assert connectors
    return sum(
        2 * each["tasksMax"] * int(each["config"]["connection.pool.max_size"])
        for each in connectors
    )


@EACH_SIZE
def test_all_pods_at_once_fit_postgresql(size: str) -> None:
    needed = {
        "shop": most(size, "storefront") * live_model._CONNECTIONS,
        "pooler": pool(size)[1] + 1,
        "processor": most(size, "processor") * (processor._CONNECTIONS + FEAST + 1),
        "dashboard": most(size, "analytics") * products._CONNECTIONS,
        "encoder": most(size, "encoder") * ENCODER,
        "sink": sink(size),
        "feast servers": 2 * 2 * FEAST_SERVER,
        "a replay of dead letters": 1,
        "jobs": JOBS,
        "a run": RUN,
        "operator": OPERATOR,
    }
    cluster = one(size, "Cluster/recsys-db")
    allowed = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    assert sum(needed.values()) <= allowed, json.dumps(needed)


@EACH_SIZE
def test_the_shops_pool_fits_the_pooler(size: str) -> None:
    clients, servers = pool(size)
    connections = StorefrontSettings.model_fields["database_connections"].default
    assert most(size, "storefront") * connections <= clients
    assert servers > connections


@EACH_SIZE
def test_the_shop_uses_the_pooler(size: str) -> None:
    environment = one(size, "Deployment/storefront")["spec"]["template"]["spec"]["containers"][0]
    named = {each["name"]: each for each in environment["env"]}
    reference = named["RECSYS_POOLED_DATABASE_URL"]["valueFrom"]["secretKeyRef"]
    secret = one(size, f"ExternalSecret/{reference['name']}")
    address = secret["spec"]["target"]["template"]["data"][reference["key"]]
    host = one(size, "Pooler/recsys-db-pooler")["metadata"]["name"]
    assert f"@{host}:5432/" in address
    assert "sslmode=verify-full" in address
    names = one(size, "Cluster/recsys-db")["spec"]["certificates"]["serverAltDNSNames"]
    assert host in names
