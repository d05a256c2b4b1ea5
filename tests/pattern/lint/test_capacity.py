"""What the pre-flight asks of the workers is what the charts request."""

import json
from collections.abc import Iterator
from typing import Any

from apps.cluster.checks.capacity import NEEDS, Amount, Need
from support.pattern.charts import CHARTS, POD_KINDS, manifests, pod
from support.pattern.clustergroup import Manifest

MARGIN = 1.25
"""How much more than the charts request a need may be, for round figures."""
SCALERS = {"HorizontalPodAutoscaler": "minReplicas", "ScaledObject": "minReplicaCount"}
NOTHING = Amount(0, 0)


def everything(size: str) -> list[Manifest]:
    return [manifest for chart in CHARTS for manifest in manifests(chart, size)]


def requests(value: Any) -> Iterator[Amount]:
    """Of every container that the value describes."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "resources" and "requests" in each:
                yield Amount.of(each["requests"])
            else:
                yield from requests(each)
    elif isinstance(value, list):
        for each in value:
            yield from requests(each)


def total(value: Any) -> Amount:
    return sum(requests(value), NOTHING)


def replicas(manifest: Manifest, found: list[Manifest]) -> int:
    """At least; a scaler adds more as long as there is room."""
    for scaler in found:
        if minimum := SCALERS.get(scaler["kind"]):
            target = scaler["spec"]["scaleTargetRef"]["name"]
            if (manifest["kind"], manifest["metadata"]["name"]) == ("Deployment", target):
                return int(scaler["spec"][minimum])
    spec = manifest["spec"]
    return int(spec.get("replicas", spec.get("instances", 1)))


def build(manifest: Manifest) -> Amount:
    """Of the pod that builds an image, while it does."""
    return total(manifest["spec"]) if manifest["kind"] == "BuildConfig" else NOTHING


def standing(size: str) -> Iterator[tuple[Amount, int]]:
    """The pods that always run, and their number."""
    found = everything(size)
    for manifest in found:
        if manifest["kind"] in {"BuildConfig", "Job", "CronJob"}:
            continue
        part = pod(manifest) if manifest["kind"] in POD_KINDS else manifest.get("spec")
        if (amount := total(part)) != NOTHING:
            yield amount, replicas(manifest, found)


def step(size: str) -> Amount:
    """The largest step of the pipeline, as the Job that uploads the pipeline sets them."""
    (upload,) = (
        pod(manifest)
        for manifest in manifests("pipelines", size)
        if manifest["kind"] == "Job" and "upload" in manifest["metadata"]["name"]
    )
    settings = {entry["name"]: entry.get("value") for entry in upload["containers"][0]["env"]}
    steps = [Amount.of(each) for each in json.loads(settings["RECSYS_PIPELINE_STEPS"]).values()]
    return Amount(max(each.cpu for each in steps), max(each.memory for each in steps))


def busiest(size: str) -> Amount:
    """All pods, and either every build at once or a step of the pipeline."""
    pods = sum((amount * number for amount, number in standing(size)), NOTHING)
    builds = sum(map(build, everything(size)), NOTHING)
    extra = step(size)
    return pods + Amount(max(builds.cpu, extra.cpu), max(builds.memory, extra.memory))


def test_the_need_is_what_the_charts_request(size: str) -> None:
    need, requested = NEEDS[size].total, busiest(size)
    assert requested.cpu <= need.cpu <= MARGIN * requested.cpu, requested
    assert requested.memory <= need.memory <= MARGIN * requested.memory, requested


def test_the_largest_pod_is_known(size: str) -> None:
    pods = [step(size), *(amount for amount, _ in standing(size) if amount != NOTHING)]
    need: Need = NEEDS[size]
    assert need.largest_pod == Amount(
        max(amount.cpu for amount in pods), max(amount.memory for amount in pods)
    )


def test_replicas_that_have_to_be_on_different_nodes_need_as_many(size: str) -> None:
    required = [
        manifest["spec"]["instances"]
        for manifest in manifests("postgres", size)
        if manifest["kind"] == "Cluster"
        and manifest["spec"]["affinity"]["podAntiAffinityType"] == "required"
    ]
    assert NEEDS[size].nodes == max([1, *required])
