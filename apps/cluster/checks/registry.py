"""The registry of the cluster, which holds the images that are built in it."""

from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError

_KIND = "configs.imageregistry.operator.openshift.io"
_SWITCH_ON = (
    f"oc patch {_KIND} cluster --type merge --patch"
    """ '{"spec":{"managementState":"Managed","storage":{"emptyDir":{}}}}'"""
)


def builds(oc: Oc, pattern: Pattern) -> str:
    """Images can be built; or every image is named."""
    if all(pattern.images.values()):
        return "not needed: global.images names every image"
    found = oc.resource(_KIND, "cluster") or {}
    state = found.get("spec", {}).get("managementState", "Removed")
    if state == "Removed":
        raise ConfigurationError(
            "the cluster's registry is Removed, so no image can be built: give it a volume"
            f" (docs/install.md), for a trial an empty directory ({_SWITCH_ON}), or name every"
            " image in global.images"
        )
    for condition in found.get("status", {}).get("conditions", []):
        if (condition["type"], condition["status"]) == ("Available", "False"):
            raise ConfigurationError(
                "the cluster's registry is not available, so no image can be built:"
                f" {condition.get('message', '')} (oc describe {_KIND} cluster)"
            )
    return str(state)
