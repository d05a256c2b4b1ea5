"""What Argo CD says of an Application."""

from support.lab.api import Object

APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications"
WAVE = "argocd.argoproj.io/sync-wave"


def path_of(application: Object) -> str:
    """Where the API server has it."""
    metadata = application["metadata"]
    return f"{APPLICATIONS.format(namespace=metadata['namespace'])}/{metadata['name']}"


def wave(application: Object) -> int:
    """Its place in the order in which the cluster group's Applications are created."""
    return int(application["metadata"].get("annotations", {}).get(WAVE, 0))


def is_without_project(application: Object) -> bool:
    """Whether it was last looked at before its AppProject was there."""
    conditions = application.get("status", {}).get("conditions", [])
    return any(each["type"] == "InvalidSpecError" for each in conditions)


def is_compared(application: Object) -> bool:
    """Whether it was compared with its repository."""
    state = application.get("status", {}).get("sync", {}).get("status", "Unknown")
    return bool(state != "Unknown")


def is_healthy(application: Object, revision: str) -> bool:
    """Whether it is both: Argo CD reports Healthy for an Application that it cannot render."""
    status = application.get("status", {})
    sync = status.get("sync", {})
    state = (
        sync.get("status"),
        sync.get("revision"),
        status.get("health", {}).get("status"),
        status.get("operationState", {}).get("phase"),
    )
    return state == ("Synced", revision, "Healthy", "Succeeded")


def explain(application: Object) -> str:
    """Why an Application is not Synced and Healthy."""
    status = application.get("status", {})
    reasons = [each["message"] for each in status.get("conditions", [])]
    operation = status.get("operationState", {})
    if operation.get("phase") != "Succeeded":
        reasons.append(operation.get("message", ""))
    for each in status.get("resources", []):
        health = each.get("health", {})
        if each.get("status") != "Synced" or health.get("status", "Healthy") != "Healthy":
            state = f"{each.get('status')}, {health.get('status')} {health.get('message', '')}"
            reasons.append(f"{each['kind']}/{each['name']}: {state.rstrip()}")
    sync, health = status.get("sync", {}).get("status"), status.get("health", {}).get("status")
    return f"{sync}, {health}; " + "; ".join(reasons)
