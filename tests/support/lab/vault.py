"""A stand-in of Vault: its API for one store of versioned secrets, with log-in by service account.

Vault itself is too large to build for the tests. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
"""

import json
import secrets
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from support.lab.api import Api, Object
from support.lab.serving import served

LOGIN = "/v1/auth/hub/login"
OWN_TOKEN = "/v1/auth/token/"
SECRETS = "/v1/secret/data/"
TOKEN_REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"


class Vault(ThreadingHTTPServer):
    """Serves secrets to those whose token the API server knows."""

    daemon_threads = True

    def __init__(self, api: Api) -> None:
        super().__init__(("127.0.0.1", 0), VaultRequest)
        self.api = api
        self.tokens: set[str] = set()
        self.versions: dict[str, list[dict[str, str]]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, path: str, fields: dict[str, str]) -> None:
        """Write a new version of a secret, which has these fields only."""
        self.versions.setdefault(path, []).append(fields)

    def newest(self, path: str) -> dict[str, str]:
        return self.versions[path][-1]

    def load(self, template: Path) -> None:
        """Fill it as the framework's loader does, from the template that the user leaves as it is.

        A field that comes from a file ends with a newline: it was pasted, then Ctrl-D was pressed.
        """
        for secret in yaml.safe_load(template.read_text())["secrets"]:
            fields = {
                field["name"]: secrets.token_hex(20) + ("\n" if "path" in field else "")
                for field in secret["fields"]
            }
            for prefix in secret["vaultPrefixes"]:
                self.put(f"{prefix}/{secret['name']}", fields)

    def login(self, token: str) -> str | None:
        """A token for whom the API server says that the given token is."""
        review = self.api.client.post(TOKEN_REVIEWS, json={"spec": {"token": token}})
        if not review.raise_for_status().json()["status"].get("authenticated"):
            return None
        issued = secrets.token_hex(20)
        self.tokens.add(issued)
        return issued


class VaultRequest(BaseHTTPRequestHandler):
    """One request of Vault's API."""

    protocol_version = "HTTP/1.1"
    server: Vault

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        issued = self.server.login(body["jwt"]) if self.path == LOGIN else None
        if issued is None:
            self._refuse(HTTPStatus.FORBIDDEN)
        else:
            self._answer({"auth": {"client_token": issued, "lease_duration": 3600}})

    def do_GET(self) -> None:
        if self.headers.get("X-Vault-Token") not in self.server.tokens:
            self._refuse(HTTPStatus.FORBIDDEN)
        elif self.path.startswith(OWN_TOKEN):
            expiry = datetime.now(UTC) + timedelta(hours=1)
            token = {"type": "service", "ttl": 3600, "expire_time": expiry.isoformat()}
            self._answer({"data": token})
        elif versions := self.server.versions.get(self.path.removeprefix(SECRETS)):
            metadata = {"version": len(versions), "destroyed": False}
            self._answer({"data": {"data": versions[-1], "metadata": metadata}})
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _refuse(self, status: HTTPStatus) -> None:
        self._answer({"errors": [status.phrase]}, status)

    def _answer(self, body: Object, status: HTTPStatus = HTTPStatus.OK) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def vault(api: Api) -> AbstractContextManager[Vault]:
    """The server, in a thread."""
    return served(Vault(api))
