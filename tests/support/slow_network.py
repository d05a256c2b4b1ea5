"""A network that can be made slow, or cut, between a client and a server."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

_BYTES = 65_536


class Link:
    """Hands on what both sides say; what the server says comes `delay` seconds later."""

    def __init__(self, host: str, port: int) -> None:
        self.delay = 0.0
        self._server = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    @property
    def port(self) -> int:
        """Where clients connect to."""
        port: int = self._listener.getsockname()[1]
        return port

    def serve(self) -> None:
        """Accept clients until the link is cut."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._open += [client, server]
                for ends in ((client, server, False), (server, client, True)):
                    Thread(target=self._hand_on, args=ends, daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:  # noqa: FBT001
        with suppress(OSError):
            while said := source.recv(_BYTES):
                if is_answer:
                    time.sleep(self.delay)
                target.sendall(said)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Refuse new connections, and end those that there are."""
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def link(host: str, port: int) -> Iterator[Link]:
    """A link to a server."""
    made = Link(host, port)
    Thread(target=made.serve, daemon=True).start()
    try:
        yield made
    finally:
        made.cut()
