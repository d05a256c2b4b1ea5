"""Whether OpenShift scrapes the shop's metrics; no obstacle to an installation."""

import yaml

from apps.cluster.oc import Oc


def users_workloads(oc: Oc) -> str:
    """What will become of the monitoring of users' workloads."""
    found = oc.resource("configmaps", "cluster-monitoring-config", "openshift-monitoring")
    if found is None:
        return "of users' workloads will be switched on"
    settings = yaml.safe_load((found.get("data") or {}).get("config.yaml", "")) or {}
    if settings.get("enableUserWorkload"):
        return "of users' workloads is on"
    return "of users' workloads is off: alerts and dashboards stay empty (docs/day-2.md)"
