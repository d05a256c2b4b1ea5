"""The classes of volumes and of their snapshots."""

from apps.cluster.checks import openshift
from apps.cluster.oc import Oc, Resource
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_SNAPSHOTS = "snapshot.storage.kubernetes.io/is-default-class"


def volumes(oc: Oc, pattern: Pattern) -> str:
    """There is the class that the volumes will have."""
    return str(_class(oc, pattern)["metadata"]["name"])


def snapshots(oc: Oc, pattern: Pattern) -> str:
    """Backups by volume snapshots have a class of snapshots."""
    backup = pattern.chart("postgres")["sizes"][pattern.size]["backup"]
    if not backup["enabled"] or backup["method"] != "volumeSnapshot":
        return "not needed: no backup makes any"
    driver = _class(oc, pattern)["provisioner"]
    classes = {
        item["metadata"]["name"]: item
        for item in oc.resources("volumesnapshotclasses.snapshot.storage.k8s.io")
        if item["driver"] == driver
    }
    chosen = backup.get("snapshotClass") or _one_default(classes)
    if chosen in classes:
        return str(chosen)
    raise ConfigurationError(
        f"the backups need a VolumeSnapshotClass of the driver {driver}, by the name in"
        " snapshotClass (overrides/postgres.yaml) or the only default; the cluster has"
        f" {', '.join(classes) or 'none'}: create or mark one, name it, or choose another method"
        " of backup (docs/day-2.md)"
    )


def _class(oc: Oc, pattern: Pattern) -> Resource:
    classes = {found["metadata"]["name"]: found for found in oc.resources("storageclasses")}
    here = pattern.on(openshift.platform(oc), openshift.release(oc))
    if named := here.values["global"].get("storageClass"):
        if named not in classes:
            raise ConfigurationError(
                f"global.storageClass (values-global.yaml, overrides) names {named},"
                f" but the cluster has {', '.join(classes) or 'none'}"
            )
        return classes[named]
    for found in classes.values():
        if (found["metadata"].get("annotations") or {}).get(_DEFAULT) == "true":
            return found
    raise ConfigurationError(
        "no storage class is the default: mark one, or name one as global.storageClass in"
        f" values-global.yaml (the cluster has {', '.join(classes) or 'none'})"
    )


def _one_default(classes: dict[str, Resource]) -> str | None:
    defaults = [
        name
        for name, item in classes.items()
        if (item["metadata"].get("annotations") or {}).get(_DEFAULT_SNAPSHOTS) == "true"
    ]
    return defaults[0] if len(defaults) == 1 else None
