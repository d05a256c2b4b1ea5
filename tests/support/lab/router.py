"""OpenShift's router: every Route has a host, and HTTPS for it is answered."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.authority import Authority, Identity
from support.lab.api import Api
from support.lab.processes import LabError
from support.lab.serving import served

ROUTES = "/apis/route.openshift.io/v1"
ADDRESS, PORT = "127.0.0.2", 443
HOSTS = Path("/etc/hosts")


class Router(ThreadingHTTPServer):
    """Answers for the hosts of Routes; there is no pod that it could ask."""

    daemon_threads = True

    def __init__(self, hosts: set[str], identity: Identity) -> None:
        super().__init__((ADDRESS, PORT), RouterRequest)
        self.hosts = hosts
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(identity.certificate, identity.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)


class RouterRequest(BaseHTTPRequestHandler):
    """One request of a browser."""

    server: Router

    def do_GET(self) -> None:
        known = self.headers["Host"] in self.server.hosts
        self.send_response(HTTPStatus.OK if known else HTTPStatus.SERVICE_UNAVAILABLE)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def router(api: Api, domain: str, authority: Authority) -> Iterator[None]:
    """Give a host under the domain to each Route without one, and answer until the block ends."""
    before = HOSTS.read_text()
    if "kubernetes.default" not in before:
        raise LabError(f"{HOSTS} is not the lab's: run tests/pattern/lab/run.sh")
    for route in api.items(f"{ROUTES}/routes"):
        name, namespace = route["metadata"]["name"], route["metadata"]["namespace"]
        if "host" not in route["spec"]:
            host = {"spec": {"host": f"{name}-{namespace}.{domain}"}}
            api.patch(f"{ROUTES}/namespaces/{namespace}/routes/{name}", host)
    hosts = {route["spec"]["host"] for route in api.items(f"{ROUTES}/routes")}
    HOSTS.write_text(before + "".join(f"{ADDRESS} {host}\n" for host in sorted(hosts)))
    try:
        with served(Router(hosts, authority.issue("router", f"*.{domain}"))):
            yield
    finally:
        HOSTS.write_text(before)
