"""Connect's REST API: install connectors, see their state, and restart them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from streams.errors import ConfigurationError, UnavailableError
from streams.sink.connectors import Connector


@dataclass(frozen=True, slots=True)
class TaskState:
    """The state of a connector or of one of its tasks."""

    connector: str
    task: int | None
    """None: the connector itself."""
    state: str
    """As Connect says it, such as RUNNING or FAILED."""
    worker: str
    """Address of the worker that has it."""
    reason: str
    """Why it has failed: one line, the cause of all others; empty while it runs."""

    @property
    def has_failed(self) -> bool:
        """Whether it stays as it is until somebody restarts it."""
        return self.state == "FAILED"


class Connect:
    """A client of one Connect cluster.

    Raises:
        UnavailableError: from every call, while Connect does not answer or rebalances.
        ConfigurationError: when it refuses a connector; the message is Connect's.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)

    def plugins(self) -> list[str]:
        """Classes of the connectors that the worker can run."""
        return [plugin["class"] for plugin in self._call("GET", "/connector-plugins")]

    def install(self, connector: Connector) -> None:
        """Create or update a connector."""
        self._call("PUT", f"/connectors/{connector.name}/config", connector.config)

    def tasks(self) -> list[TaskState]:
        """Every connector, each followed by its tasks."""
        statuses = self._call("GET", "/connectors?expand=status")
        return [
            state for name in sorted(statuses) for state in _states(name, statuses[name]["status"])
        ]

    def restart_failed(self, connector: str) -> None:
        """Restart a connector if it has failed, and those of its tasks that have (KIP-745)."""
        self._call("POST", f"/connectors/{connector}/restart?includeTasks=true&onlyFailed=true")

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise UnavailableError(f"Kafka Connect does not answer: {error}") from error
        if response.status_code == httpx.codes.BAD_REQUEST:
            raise ConfigurationError(f"Kafka Connect refuses {path}: {response.text[:2000]}")
        if response.is_error:
            raise UnavailableError(
                f"Kafka Connect answers {response.status_code}: {response.text[:500]}"
            )
        return response.json() if response.content else None

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def _states(name: str, status: Mapping[str, Any]) -> Iterator[TaskState]:
    for number, entry in [
        (None, status["connector"]),
        *((task["id"], task) for task in status["tasks"]),
    ]:
        yield TaskState(
            name, number, entry["state"], entry["worker_id"], _cause(entry.get("trace") or "")
        )


def _cause(trace: str) -> str:
    """The last cause that a Java stack trace names; its first line if it names none."""
    lines = trace.splitlines() or [""]
    return next((line for line in reversed(lines) if line.startswith("Caused by: ")), lines[0])
