"""What runs in the cluster: `python -m apps.cluster.status`."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from apps.cluster.oc import Oc, Resource
from apps.cluster.pattern import Pattern
from streams.errors import RecsysError

_WAVE = "argocd.argoproj.io/sync-wave"
_RUNS_SHOWN = 5


@dataclass(frozen=True)
class Row:
    """One resource: its cells, and whether it is healthy."""

    cells: tuple[str, ...]
    healthy: bool


@dataclass(frozen=True)
class Section:
    """Resources of one kind."""

    title: str
    columns: tuple[str, ...]
    rows: list[Row]


def sections(oc: Oc, pattern: Pattern) -> Iterator[Section]:
    """Applications, operators, topics, connectors, pipeline runs and the shop's address."""
    spaces = pattern.namespaces
    applications = oc.resources("applications.argoproj.io", pattern.argocd_namespace)
    yield Section(
        "applications",
        ("name", "wave", "sync", "health", "revision", "message"),
        sorted(map(_application, applications), key=lambda row: (int(row.cells[1]), row.cells)),
    )
    versions = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): item
        for item in oc.resources("clusterserviceversions.operators.coreos.com")
    }
    yield Section(
        "operators",
        ("name", "namespace", "channel", "version", "state"),
        [
            _operator(item, versions)
            for item in oc.resources("subscriptions.operators.coreos.com")
            if pattern.owns(item)
        ],
    )
    yield Section(
        "topics",
        ("name", "partitions", "replicas", "state"),
        [_topic(item) for item in oc.resources("kafkatopics.kafka.strimzi.io", spaces["kafka"])],
    )
    connectors = oc.resources("kafkaconnectors.kafka.strimzi.io", spaces["connect"])
    yield Section(
        "connectors",
        ("name", "state", "tasks", "restarts", "reason"),
        [_connector(item) for item in connectors],
    )
    runs = oc.resources("workflows.argoproj.io", spaces["pipelines"])
    runs.sort(key=lambda item: str(item["metadata"]["creationTimestamp"]), reverse=True)
    yield Section(
        "pipeline runs",
        ("name", "state", "started", "finished"),
        [_run(item) for item in runs[:_RUNS_SHOWN]],
    )
    routes = oc.resources("routes.route.openshift.io", spaces["storefront"])
    shop = pattern.names["storefront"]
    yield Section(
        "shop",
        ("address", "state"),
        [_route(item) for item in routes if item["metadata"]["name"] == shop],
    )


def _application(item: Resource) -> Row:
    status = item.get("status", {})
    sync = status.get("sync", {})
    health = status.get("health", {}).get("status", "Unknown")
    synced = sync.get("status", "Unknown")
    revision = str(sync.get("revision") or "".join((sync.get("revisions") or [""])[-1:]))
    operation = status.get("operationState", {})
    messages = [str(condition["message"]) for condition in status.get("conditions", [])]
    if operation.get("phase") != "Succeeded":  # a sync that is retried for ever is running
        messages.append(str(operation.get("message", "")))
    return Row(
        (
            item["metadata"]["name"],
            item["metadata"].get("annotations", {}).get(_WAVE, "0"),
            synced,
            health,
            revision[:9],
            "; ".join(filter(None, messages)),
        ),
        healthy=(synced, health) == ("Synced", "Healthy"),
    )


def _operator(item: Resource, versions: dict[tuple[str, str], Resource]) -> Row:
    namespace = item["metadata"]["namespace"]
    installed = item.get("status", {}).get("installedCSV", "")
    phase = versions.get((namespace, installed), {}).get("status", {}).get("phase", "")
    state = phase or item.get("status", {}).get("state", "") or "waiting"
    return Row(
        (item["spec"]["name"], namespace, item["spec"].get("channel", ""), installed, state),
        healthy=state == "Succeeded",
    )


def _topic(item: Resource) -> Row:
    spec = item["spec"]
    state = _readiness(item)
    name = spec.get("topicName") or item["metadata"]["name"]
    cells = (name, str(spec.get("partitions", "")), str(spec.get("replicas", "")), state)
    return Row(cells, healthy=state == "ready")


def _connector(item: Resource) -> Row:
    worker = item.get("status", {}).get("connectorStatus", {})
    state = worker.get("connector", {}).get("state", "") or _readiness(item)
    tasks = worker.get("tasks", [])
    running = [task["state"] for task in tasks].count("RUNNING")
    traces = [each["trace"] for each in (worker.get("connector", {}), *tasks) if "trace" in each]
    return Row(
        (
            item["metadata"]["name"],
            state,
            f"{running}/{len(tasks)} running",
            # The operator's own; a connector that has run for long enough begins anew.
            str(item.get("status", {}).get("autoRestart", {}).get("count", 0)),
            _cause(traces[0]) if traces else "",
        ),
        healthy=state == "RUNNING" and running == len(tasks) > 0,
    )


def _cause(trace: str) -> str:
    """The last line of a Java stack trace that names a cause, else the first line."""
    lines = trace.splitlines()
    return next((line for line in reversed(lines) if line.startswith("Caused by: ")), lines[0])


def _run(item: Resource) -> Row:
    status = item.get("status", {})
    phase = status.get("phase", "Pending")
    cells = (
        item["metadata"]["name"],
        phase,
        str(status.get("startedAt") or ""),
        str(status.get("finishedAt") or ""),
    )
    return Row(cells, healthy=phase in {"Pending", "Running", "Succeeded"})


def _route(item: Resource) -> Row:
    admitted = any(
        (condition["type"], condition["status"]) == ("Admitted", "True")
        for ingress in item.get("status", {}).get("ingress", [])
        for condition in ingress.get("conditions", [])
    )
    scheme = "https" if item["spec"].get("tls") else "http"
    host = item["spec"].get("host", "")
    state = "admitted" if admitted else "not admitted"
    return Row((f"{scheme}://{host}" if host else "", state), healthy=admitted)


def _readiness(item: Resource) -> str:
    for condition in item.get("status", {}).get("conditions", []):
        if condition.get("status") != "True":
            continue
        if condition["type"] == "Ready":
            return "ready"
        if condition["type"] == "NotReady":
            return str(condition.get("message") or "not ready")
    return "waiting"


def show(found: list[Section], console: Console) -> None:
    """Print tables; unhealthy rows are red."""
    for section in found:
        table = Table(
            *section.columns, title=section.title, title_justify="left", title_style="bold"
        )
        for row in section.rows:
            style = None if row.healthy else "red"
            table.add_row(*map(escape, row.cells), style=style)
        if section.rows:
            console.print(table)
        else:
            console.print(f"[bold]{section.title}[/bold]: none yet")


def as_json(found: list[Section]) -> dict[str, Any]:
    """The same as plain values: the rows of each section, by its title."""
    return {
        section.title: [
            dict(zip(section.columns, row.cells, strict=True)) | {"healthy": row.healthy}
            for row in section.rows
        ]
        for section in found
    }


def main(
    *, json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Show what runs in the cluster; exit with 1 unless all of it is healthy."""
    try:
        found = list(sections(Oc(os.environ), Pattern.read(Path.cwd())))
    except RecsysError as error:
        Console(stderr=True, soft_wrap=True).print(
            f"[bold red]error[/bold red] {escape(str(error))}"
        )
        sys.exit(1)
    if json_output:
        print(json.dumps(as_json(found), indent=2))  # noqa: T201
    else:
        show(found, Console())
    complete = all(section.rows for section in found if section.title != "pipeline runs")
    sys.exit(0 if complete and all(row.healthy for section in found for row in section.rows) else 1)


if __name__ == "__main__":
    typer.run(main)
