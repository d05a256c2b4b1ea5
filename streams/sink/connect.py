"""Connect's REST API: install connectors and see their state."""

from typing import Any

import httpx

from streams.errors import ConfigurationError, UnavailableError
from streams.sink.connectors import Connector


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

    def states(self) -> dict[str, list[str]]:
        """For each connector its own state and those of its tasks, such as RUNNING or FAILED."""
        statuses = self._call("GET", "/connectors?expand=status")
        return {
            name: [
                entry["status"]["connector"]["state"],
                *(task["state"] for task in entry["status"]["tasks"]),
            ]
            for name, entry in statuses.items()
        }

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
