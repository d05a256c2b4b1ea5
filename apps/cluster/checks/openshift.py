"""The login, and the version and the platform of OpenShift."""

from apps.cluster.oc import Oc
from streams.errors import ConfigurationError, UnavailableError

MINIMUM = (4, 19)
"""OpenShift AI 3 needs it."""


def login(oc: Oc) -> str:
    """The login is a cluster administrator's."""
    try:
        oc.run("auth", "can-i", "*", "*", "--all-namespaces")
    except UnavailableError as error:
        *_, reason = str(error).splitlines()
        if reason == "no":
            raise ConfigurationError(
                "the login is not a cluster administrator's: log in as one"
            ) from error
        raise ConfigurationError(f"not logged in to a cluster: oc login ({reason})") from error
    return "as cluster administrator"


def version(oc: Oc) -> str:
    """OpenShift is new enough."""
    found = _version(oc)
    if tuple(int(part) for part in release(oc).split(".")) < MINIMUM:
        minimum = ".".join(map(str, MINIMUM))
        raise ConfigurationError(
            f"the cluster is OpenShift {found}; {minimum} or newer is needed: upgrade it"
        )
    return f"OpenShift {found}"


def release(oc: Oc) -> str:
    """The minor version, as in `4.20`."""
    return ".".join(_version(oc).split(".")[:2])


def platform(oc: Oc) -> str:
    """As in `AWS`; empty if OpenShift does not say."""
    found = oc.resource("infrastructures.config.openshift.io", "cluster") or {}
    return str(found.get("status", {}).get("platformStatus", {}).get("type", ""))


def _version(oc: Oc) -> str:
    found = oc.resource("clusterversions.config.openshift.io", "version")
    if found is None:
        raise ConfigurationError("this is not an OpenShift cluster: it has no ClusterVersion")
    return str(found["status"]["desired"]["version"])
