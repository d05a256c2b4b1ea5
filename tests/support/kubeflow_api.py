"""A server of the routes of Kubeflow Pipelines' REST API v2beta1 that the project's client uses.

The real server needs Kubernetes, Argo Workflows, an object store and a database. This one answers
the same routes, keeps its state in memory and runs nothing.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import yaml

PREFIX = "/apis/v2beta1"
TOKEN = "a-service-account's-token"

Row = dict[str, Any]


class RefusedError(Exception):
    """A request that is answered with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class KubeflowApi:
    """State and behaviour of the server."""

    url: str = ""
    pipelines: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    packages: dict[str, bytes] = field(default_factory=dict)
    """The uploaded files by version id."""
    experiments: list[Row] = field(default_factory=list)
    recurring_runs: list[Row] = field(default_factory=list)
    runs: list[Row] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    """Every request that was no GET."""
    unavailable: int = 0
    """How many of the next requests a proxy answers with 503 instead of the server."""

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Row:
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if self.unavailable:
            self.unavailable -= 1
            raise RefusedError(503, "upstream connect error")
        if headers.get("authorization") != f"Bearer {TOKEN}":
            raise RefusedError(401, "Unauthorized")
        parts = address.path.removeprefix(f"{PREFIX}/").split("/")
        if method == "GET":
            return self._look_up(parts, query)
        self.changes.append(f"{method} {address.path}")
        if method == "DELETE":
            self.recurring_runs.remove(_find(self.recurring_runs, parts[1]))
            return {}
        if parts == ["pipelines", "upload_version"]:
            return self._upload(query, headers["content-type"], body)
        return self._create(parts[0], json.loads(body))

    def _look_up(self, parts: list[str], query: Mapping[str, str]) -> Row:
        if parts == ["healthz"]:
            return {"multi_user": False}
        if parts[0] == "pipelines" and parts[2:] == ["versions"]:
            mine = [row for row in self.versions if row["pipeline_id"] == parts[1]]
            return _page("pipeline_versions", mine, query)
        if parts[0] in ("recurringruns", "runs"):
            name, rows = {
                "recurringruns": ("recurringRuns", self.recurring_runs),
                "runs": ("runs", self.runs),
            }[parts[0]]
            mine = [row for row in rows if row["experiment_id"] == query["experiment_id"]]
            return _page(name, mine, query)
        return _page(
            parts[0],
            {"pipelines": self.pipelines, "experiments": self.experiments}[parts[0]],
            query,
        )

    def _create(self, kind: str, row: Row) -> Row:
        if kind == "recurringruns":
            return self._schedule(row)
        if kind == "runs":
            _find(self.versions, row["pipeline_version_reference"]["pipeline_version_id"])
        rows, key = {
            "pipelines": (self.pipelines, "pipeline_id"),
            "experiments": (self.experiments, "experiment_id"),
            "runs": (self.runs, "run_id"),
        }[kind]
        return _add(rows, key, row)

    def _upload(self, query: Mapping[str, str], content_type: str, body: bytes) -> Row:
        _find(self.pipelines, query["pipelineid"])
        message = message_from_bytes(
            b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=HTTP
        )
        (package,) = (
            part.get_payload(decode=True)
            for part in message.iter_parts()
            if part.get_param("name", header="content-disposition") == "uploadfile"
        )
        assert isinstance(package, bytes)
        specification, *_platform = yaml.safe_load_all(package)
        if "pipelineInfo" not in specification:
            raise RefusedError(400, "not a pipeline")
        if any(row["display_name"] == query["name"] for row in self.versions):
            raise RefusedError(409, "a version of that name exists")
        version = {"pipeline_id": query["pipelineid"], "display_name": query["name"]}
        added = _add(self.versions, "pipeline_version_id", version)
        self.packages[added["pipeline_version_id"]] = package
        return added

    def _schedule(self, run: Row) -> Row:
        _find(self.versions, run["pipeline_version_reference"]["pipeline_version_id"])
        if "99" in run["trigger"]["cron_schedule"]["cron"].split():
            raise RefusedError(400, "Schedule cron is not supported")
        enabled = run.pop("mode") == "ENABLE"
        run["status"] = "ENABLED" if enabled else "DISABLED"
        return _add(self.recurring_runs, "recurring_run_id", run)


def _add(rows: list[Row], key: str, row: Row) -> Row:
    rows.append({key: str(uuid4()), **row})
    return rows[-1]


def _find(rows: list[Row], identifier: str) -> Row:
    for row in rows:
        if identifier in row.values():
            return row
    raise RefusedError(404, f"{identifier} is not found")


def _page(name: str, rows: list[Row], query: Mapping[str, str]) -> Row:
    """One page of rows; like the real server, an empty list is left out of the answer."""
    for predicate in json.loads(query.get("filter", "{}")).get("predicates", ()):
        assert predicate["operation"] in (1, "EQUALS")
        rows = [row for row in rows if row[predicate["key"]] == predicate["stringValue"]]
    start = int(query.get("page_token") or 0)
    stop = start + int(query.get("page_size") or 10)
    token = {"next_page_token": str(stop)} if stop < len(rows) else {}
    return ({name: rows[start:stop]} if rows[start:stop] else {}) | token


@contextmanager
def serving(api: KubeflowApi) -> Iterator[KubeflowApi]:
    """Serve `api` on a free port of this machine and set its `url`."""

    def handle(handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        try:
            status, answer = 200, api.answer(handler.command, handler.path, headers, body)
        except RefusedError as error:
            status, answer = error.status, {"error": str(error)}
        text = json.dumps(answer).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    methods: dict[str, Callable[..., None]] = {
        "do_GET": handle,
        "do_POST": handle,
        "do_DELETE": handle,
        "log_message": lambda *_: None,
    }
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (BaseHTTPRequestHandler,), methods)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
