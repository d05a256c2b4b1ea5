"""The quota and the priorities of the namespace against what the charts' pods request."""

import json
import re
from collections.abc import Callable, Iterator
from math import ceil
from typing import Any, NamedTuple

import pytest
import yaml

from support.pattern.charts import SIZES, containers, title
from support.pattern.clustergroup import Manifest
from support.pattern.scale import most, rendered

UNITS = {"": 1, "m": 1e-3, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
EACH_SIZE = pytest.mark.parametrize("size", SIZES)
# Containers that operators add to the pods of a pipeline server, a run or a build without saying
# what they request: proxies, the metadata server, Argo's executors.
UNKNOWN_CONTAINERS = 12
HEADROOM = 1.3
"""A quota is at least this many times the largest demand, and at most twice that."""


class Demand(NamedTuple):
    """What one kind of pod requests at most, all its pods together."""

    who: str
    cpu: float
    memory: float
    storage: float = 0


def amount(quantity: object) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]*)", str(quantity))
    assert match, quantity
    return float(match[1]) * UNITS[match[2]]


def of(who: str, count: int, resources: dict[str, Any], *volumes: object, more: int = 0) -> Demand:
    """The demand of `count` pods with volumes and of `more` pods without."""
    requests = resources["requests"]
    cpu, memory = amount(requests["cpu"]), amount(requests["memory"])
    pods = count + more
    return Demand(who, pods * cpu, pods * memory, count * sum(map(amount, volumes)))


def deployment(manifest: Manifest, size: str) -> Iterator[Demand]:
    for each in containers(manifest):
        yield of(title(manifest), most(size, manifest["metadata"]["name"]), each["resources"])


def job(manifest: Manifest, _: str) -> Iterator[Demand]:
    for each in containers(manifest):
        yield of(title(manifest), 1, each["resources"])


def build(manifest: Manifest, _: str) -> Iterator[Demand]:
    yield of(title(manifest), 1, manifest["spec"]["resources"])


def database(manifest: Manifest, _: str) -> Iterator[Demand]:
    """The instances, and a job that makes another."""
    spec = manifest["spec"]
    volumes = spec["storage"]["size"], spec["walStorage"]["size"]
    yield of(title(manifest), spec["instances"], spec["resources"], *volumes, more=1)


def trial(manifest: Manifest, _: str) -> Iterator[Demand]:
    """The cluster into which a backup is restored, if the ConfigMap has one."""
    if "cluster.yaml" not in manifest.get("data", {}):
        return
    restored = yaml.safe_load(manifest["data"]["cluster.yaml"])
    spec = restored["spec"]
    volumes = spec["storage"]["size"], spec["walStorage"]["size"]
    yield of(title(restored), spec["instances"], spec["resources"], *volumes)


def pooler(manifest: Manifest, _: str) -> Iterator[Demand]:
    for each in manifest["spec"]["template"]["spec"]["containers"]:
        yield of(title(manifest), manifest["spec"]["instances"], each["resources"], more=1)


def kafka_pool(manifest: Manifest, _: str) -> Iterator[Demand]:
    spec = manifest["spec"]
    [volume] = spec["storage"]["volumes"]
    yield of(title(manifest), spec["replicas"], spec["resources"], volume["size"])


def kafka(manifest: Manifest, _: str) -> Iterator[Demand]:
    spec = manifest["spec"]
    for part in (
        *spec["entityOperator"].values(),
        spec["kafkaExporter"],
        spec.get("cruiseControl"),
    ):
        if part and "resources" in part:
            yield of(title(manifest), 1, part["resources"], more=1)


def connect(manifest: Manifest, _: str) -> Iterator[Demand]:
    spec = manifest["spec"]
    yield of(title(manifest), spec["replicas"], spec["resources"], more=1)


def feast(manifest: Manifest, _: str) -> Iterator[Demand]:
    services = manifest["spec"]["services"]
    for each in (services["registry"]["local"], services["onlineStore"]):
        yield of(title(manifest), 1, each["server"]["resources"], more=1)


def grafana(manifest: Manifest, _: str) -> Iterator[Demand]:
    for each in manifest["spec"]["deployment"]["spec"]["template"]["spec"]["containers"]:
        yield of(title(manifest), 1, each["resources"], more=1)


def pipeline_server(manifest: Manifest, _: str) -> Iterator[Demand]:
    spec, who = manifest["spec"], title(manifest)
    for part in ("apiServer", "persistenceAgent", "scheduledWorkflow", "workflowController"):
        yield of(who, 1, spec[part]["resources"], more=1)
    for store in (spec["database"]["mariaDB"], spec["objectStorage"]["minio"]):
        yield of(who, 1, store["resources"], store["pvcSize"], more=1)


def unknown(manifest: Manifest, _: str) -> Iterator[Demand]:
    [limit] = manifest["spec"]["limits"]
    default = {"requests": limit["defaultRequest"]}
    yield of("containers that name no request", UNKNOWN_CONTAINERS, default)


DEMANDS: dict[str, Callable[[Manifest, str], Iterator[Demand]]] = {
    "BuildConfig": build,
    "Cluster": database,
    "ConfigMap": trial,
    "CronJob": job,
    "DataSciencePipelinesApplication": pipeline_server,
    "Deployment": deployment,
    "FeatureStore": feast,
    "Grafana": grafana,
    "Job": job,
    "Kafka": kafka,
    "KafkaConnect": connect,
    "KafkaNodePool": kafka_pool,
    "LimitRange": unknown,
    "Pooler": pooler,
}


def demands(size: str) -> list[Demand]:
    known = [each for each in rendered(size) if each["kind"] in DEMANDS]
    return [*(part for each in known for part in DEMANDS[each["kind"]](each, size)), step(size)]


def step(size: str) -> Demand:
    """The largest step of the pipeline; they run one after the other."""
    upload = next(m for m in rendered(size) if title(m) == "Job/recsys-pipelines-upload")
    env = {each["name"]: each.get("value") for each in containers(upload)[0]["env"]}
    steps = json.loads(env["RECSYS_PIPELINE_STEPS"]).values()
    requests = {what: max((each[what] for each in steps), key=amount) for what in ("cpu", "memory")}
    return of("a step of the pipeline", 1, {"requests": requests})


@EACH_SIZE
def test_everything_at_once_fits_the_quota(size: str) -> None:
    """What makes pods is known: test_network.py refuses a kind that nobody has classified."""
    hard = next(m for m in rendered(size) if title(m) == "ResourceQuota/recsys")["spec"]["hard"]
    found = demands(size)
    for what in ("cpu", "memory", "storage"):
        needed = sum(getattr(each, what) for each in found)
        room = amount(hard[f"requests.{what}"]) / needed
        told = f"{what}: {ceil(needed if what == 'cpu' else needed / 2**30)}, {room:.2f} times"
        assert HEADROOM <= room <= 2 * HEADROOM, told


@EACH_SIZE
def test_data_goes_before_the_shop_and_the_shop_before_the_rest(size: str) -> None:
    values = {
        each["metadata"]["name"]: each["value"]
        for each in rendered(size)
        if each["kind"] == "PriorityClass"
    }
    assert values["recsys-data"] > values["recsys-shop"] > 0
    assert priorities(size) == {
        "recsys-data": {
            *("Cluster/recsys-db", "Pooler/recsys-db-pooler", "KafkaConnect/recsys-connect"),
            *("KafkaNodePool/broker", "KafkaNodePool/controller", "Kafka/recsys-kafka"),
        },
        "recsys-shop": {"Deployment/storefront", "Deployment/processor"},
    }


def priorities(size: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in rendered(size):
        for name in named(each):
            found.setdefault(name, set()).add(title(each))
    return found


def named(node: object) -> Iterator[str]:
    """Every value of a field priorityClassName."""
    if isinstance(node, dict):
        for key, child in node.items():
            if key == "priorityClassName":
                yield child
            yield from named(child)
    elif isinstance(node, list):
        for child in node:
            yield from named(child)
