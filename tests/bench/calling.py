"""Requests to a shop at full speed or at a rate, over connections that stay open."""

import itertools
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import quantiles
from urllib.parse import urlsplit


@dataclass
class Answers:
    """What the callers were answered."""

    seconds: list[float] = field(default_factory=list)
    """That each request took, from when it was due."""
    duration: float = 0.0
    cpu_seconds: float = 0.0
    """That this process took meanwhile, on a machine that it shares with the shop."""

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.seconds) / self.duration

    def percentile_ms(self, percent: int) -> float:
        """Milliseconds within which so many per cent were answered."""
        return quantiles(self.seconds, n=100)[percent - 1] * 1e3


def call(
    address: str,
    requests: Sequence[bytes],
    *,
    connections: int,
    seconds: float,
    rate: float | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Answers:
    """Let connections send the requests in turn, each its next one when the last is answered.

    Args:
        address: of the shop, `http://host:port`.
        requests: whole ones, as they go over the wire.
        connections: at once.
        seconds: for which they go on.
        rate: requests per second of all connections; None: as many as are answered. One that is
            late waits from when it was due, so a pause of the shop counts for all that it delays.
        status: that every answer must have.
    """
    found, refused = Answers(), set[int]()
    numbers, lock = itertools.count(), threading.Lock()
    cpu, started = time.process_time(), time.perf_counter()
    end = started + seconds

    def work() -> None:
        connection = Connection(address)
        while True:
            with lock:
                number = next(numbers)
            due = time.perf_counter() if rate is None else started + number / rate
            if due >= end:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            answered = connection.send(requests[number % len(requests)])
            if answered == status:
                found.seconds.append(time.perf_counter() - due)
            else:
                refused.add(answered)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not refused, f"requests were answered by {refused}"
    found.duration = time.perf_counter() - started
    found.cpu_seconds = time.process_time() - cpu
    return found


class Connection:
    """A connection that stays open; httpx would take longer than the shop does."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self._place = place.hostname or "", place.port or 0
        self._socket = socket.create_connection(self._place)

    def send(self, request: bytes) -> int:
        """The status, once the whole answer is there."""
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        named = dict(line.split(": ", 1) for line in lines[1:])
        while len(body) < int(named["content-length"]):
            body += self._receive()
        if named.get("connection") == "close":
            self._socket.close()
            self._socket = socket.create_connection(self._place)
        return int(lines[0].split()[1])

    def _receive(self) -> bytes:
        found = self._socket.recv(65_536)
        if not found:
            raise ConnectionError("the shop has closed the connection")
        return found
