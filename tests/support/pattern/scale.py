"""How many pods a size has at most."""

from support.pattern.charts import CHARTS, manifests, title
from support.pattern.clustergroup import Manifest


def rendered(size: str) -> list[Manifest]:
    """The manifests of all charts."""
    return [each for chart in CHARTS for each in manifests(chart, size)]


def most(size: str, name: str) -> int:
    """The largest number of a Deployment's pods, one that an update adds included."""
    found = rendered(size)
    spec = next(each for each in found if title(each) == f"Deployment/{name}")["spec"]
    surge = int(spec["strategy"]["rollingUpdate"]["maxSurge"])
    for each in found:
        scaler = each.get("spec", {})
        if scaler.get("scaleTargetRef", {}).get("name") == name:
            return surge + int(scaler.get("maxReplicas") or scaler["maxReplicaCount"])
    return surge + int(spec["replicas"])
