"""Fetches a picture from a link that somebody gave: from public addresses, within limits.

The addresses of the host are checked and then connected to as such, so a name that means another
address a moment later (DNS rebinding) changes nothing. Each redirect is a new link with the same
checks. `ml.untrusted_images.opening` has to open what comes: its content says what it is.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPException
from ipaddress import ip_network
from urllib.parse import urljoin

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url, parse_url

from ml.untrusted_images.addresses import Address, resolved
from ml.untrusted_images.opening import MAX_FILE_BYTES
from streams.errors import ContractError

MAX_LINK_LENGTH = 2048
_DEFAULT_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_OK = 200
_MAX_CONNECT_SECONDS = 2.0
_CHUNK_BYTES = 64 << 10
_HEADERS = {
    "User-Agent": "recsys-image-search",
    "Accept": "image/jpeg, image/png, image/webp",
    # A compressed body could unpack to any size; pictures are compressed already.
    "Accept-Encoding": "identity",
}


class LinkFetcher:
    """Fetches files from links. Threads may share one.

    Args:
        allowed_networks: networks, in CIDR notation, that may be fetched from although they are
            not public, and on any port. Everywhere else only the ports 80 and 443 may.
        seconds: how long a fetch may take, with all redirects.
        max_bytes: the size of a file at most.
    """

    def __init__(
        self,
        allowed_networks: Sequence[str] = (),
        *,
        seconds: float = 5.0,
        max_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        self._allowed = tuple(ip_network(each) for each in allowed_networks)
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._tls = ssl.create_default_context()

    def fetch(self, link: str) -> bytes:
        """The file at a link.

        Raises:
            ContractError: the link may not be followed, or gives no file within the limits; the
                message is for whoever gave the link.
        """
        deadline = time.monotonic() + self._seconds
        for _ in range(_MAX_REDIRECTS + 1):
            url = _checked(link)
            with self._answer(url, deadline) as response:
                if response.status not in _REDIRECTS:
                    return self._body(response, deadline)
                link = urljoin(url.url, response.headers.get("Location", ""))
        raise ContractError("The link is redirected too often.")

    @contextmanager
    def _answer(self, url: Url, deadline: float) -> Iterator[BaseHTTPResponse]:
        """The response to a request, until the deadline at the latest: then its socket is shut."""
        scheme, host = str(url.scheme), str(url.host).strip("[]")
        port = url.port or _DEFAULT_PORTS[scheme]
        addresses = resolved(host, port, allowed=self._allowed, seconds=_left(deadline))
        self._check_port(addresses, port)
        try:
            connection = self._connected(scheme, host, addresses, port, deadline)
            try:
                with _shut_at(deadline, connection):
                    authority = url.netloc or host
                    connection.request(
                        "GET",
                        url.request_uri,
                        headers=_HEADERS | {"Host": authority},
                        preload_content=False,
                        decode_content=False,
                    )
                    yield connection.getresponse()
            finally:
                connection.close()
        except (OSError, HTTPException, HTTPError, ValueError) as error:
            if isinstance(error, ContractError):
                raise
            _left(deadline)
            raise ContractError("The link's server does not answer as it should.") from None

    def _check_port(self, addresses: Sequence[Address], port: int) -> None:
        is_allowed = any(address in each for each in self._allowed for address in addresses)
        if not is_allowed and port not in _DEFAULT_PORTS.values():
            raise ContractError("The link names a port other than 80 and 443.")

    def _connected(
        self, scheme: str, host: str, addresses: Sequence[Address], port: int, deadline: float
    ) -> HTTPConnection:
        """A connection to the first of the addresses that answers."""
        problem: Exception = OSError("no address")
        for address in addresses:
            timeout = min(_MAX_CONNECT_SECONDS, _left(deadline))
            connection: HTTPConnection
            if scheme == "https":
                connection = HTTPSConnection(
                    str(address),
                    port,
                    timeout=timeout,
                    ssl_context=self._tls,
                    server_hostname=host,
                    assert_hostname=host,
                )
            else:
                connection = HTTPConnection(str(address), port, timeout=timeout)
            try:
                with _shut_at(deadline, connection):
                    connection.connect()
            except (OSError, HTTPError) as error:
                connection.close()
                problem = error
            else:
                return connection
        raise problem

    def _body(self, response: BaseHTTPResponse, deadline: float) -> bytes:
        if response.status != _OK:
            raise ContractError(f"The link's server answers {response.status}.")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise ContractError("The link's server sends a compressed file.")
        length = response.headers.get("Content-Length", "0")
        received = bytearray()
        while not self._is_too_large(length, received):
            chunk = response.read1(_CHUNK_BYTES, decode_content=False)
            _left(deadline)  # what was shut in the middle also ends
            if not chunk:
                return bytes(received)
            received += chunk
        raise ContractError(f"The file at the link is larger than {self._max_bytes >> 20} MB.")

    def _is_too_large(self, announced: str, received: bytearray) -> bool:
        return max(int(announced) if announced.isdecimal() else 0, len(received)) > self._max_bytes


def _checked(link: str) -> Url:
    if len(link) > MAX_LINK_LENGTH:
        raise ContractError(f"The link is longer than {MAX_LINK_LENGTH} characters.")
    try:
        url = parse_url(link.strip())
    except HTTPError:
        raise ContractError("This is no link.") from None
    if url.scheme not in _DEFAULT_PORTS or not url.host:
        raise ContractError("The link does not begin with http:// or https://.")
    if url.auth:
        raise ContractError("The link has a name or a password in it.")
    return url


def _left(deadline: float) -> float:
    """The seconds until the deadline; they are never used up."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise ContractError("The link's server takes too long.")
    return left


@contextmanager
def _shut_at(deadline: float, connection: HTTPConnection) -> Iterator[None]:
    """Ends whatever the connection waits for at the deadline.

    A timeout of the socket alone does not: it begins anew with every byte that comes.
    """

    def shut() -> None:
        if connection.sock is not None:
            with suppress(OSError):  # it was closed meanwhile
                # Not the method of a TLS socket, which waits for the thread that reads.
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(_left(deadline), shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
