"""A stand-in of CloudNativePG's instance manager, for the pods that kwok only pretends to run.

It is in every pod of a cluster: it tells the operator its state, and as the primary writes its name
into the Cluster. It answers for all pods, because their addresses are this machine's (run.sh).
"""

import base64
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.lab.api import Api, Object

PORT = 8000
STATUS = "/pg/status"
CLUSTER = "k8s.enterprisedb.io/cluster"
CLUSTERS = "/apis/postgresql.k8s.enterprisedb.io/v1/namespaces/{}/clusters/{}"
SECRETS = "/api/v1/namespaces/{}/secrets/{}"


class InstanceManagers(ThreadingHTTPServer):
    """Answers for each pod with the certificate of its cluster."""

    daemon_threads = True

    def __init__(self, api: Api) -> None:
        super().__init__(("0.0.0.0", PORT), InstanceRequest)
        self.api = api
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._present_certificate
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def instance(self, address: str) -> Object | None:
        """The metadata of the pod that has the address, None if it is deleted."""
        pods = self.api.items(f"/api/v1/pods?fieldSelector=status.podIP={address}")
        return pods[0]["metadata"] if pods else None

    def _present_certificate(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> int | None:
        assert isinstance(connection, ssl.SSLSocket)
        metadata = self.instance(connection.getsockname()[0])
        if metadata is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        path = SECRETS.format(metadata["namespace"], f"{metadata['labels'][CLUSTER]}-server")
        data = (self.api.get(path) or {})["data"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            for file in ("tls.crt", "tls.key"):
                (Path(folder) / file).write_bytes(base64.b64decode(data[file]))
            context.load_cert_chain(Path(folder) / "tls.crt", Path(folder) / "tls.key")
        connection.context = context
        return None


class InstanceRequest(BaseHTTPRequestHandler):
    """One request to one pod."""

    protocol_version = "HTTP/1.1"
    server: InstanceManagers

    def do_GET(self) -> None:
        known = self.path == STATUS
        content = json.dumps(self._status()).encode() if known else b""
        self.send_response(HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _status(self) -> Object:
        pod = self.server.instance(self.connection.getsockname()[0])
        assert pod, "the pod is deleted"
        path = CLUSTERS.format(pod["namespace"], pod["labels"][CLUSTER])
        cluster = self.server.api.get(path) or {}
        status = cluster["status"]
        is_primary = status.get("targetPrimary") == pod["name"]
        if is_primary and status.get("currentPrimary") != pod["name"]:
            self.server.api.patch(f"{path}/status", {"status": {"currentPrimary": pod["name"]}})
        return {
            "systemID": cluster["metadata"]["uid"],
            "isPrimary": is_primary,
            "isWalReceiverActive": not is_primary,
            "currentLsn": "0/3000000",
            "receivedLsn": "0/3000000",
            "replayLsn": "0/3000000",
            "timeLineID": 1,
            "executableHash": "stand-in",
            "instanceArch": "amd64",
        }


@contextmanager
def instance_managers(api: Api) -> Iterator[None]:
    """The server, in a thread."""
    with InstanceManagers(api) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield
        server.shutdown()
