import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPResponse
from itertools import pairwise
from pathlib import Path

import pytest

from support.checkout import REPOSITORY
from support.laptop import free_ports

_THREADS = 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Its port and its first process."""
    (port,) = free_ports(1)
    command = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1"),
        *("--worker-class", "apps.storefront.worker.KeptConnectionWorker", "--no-control-socket"),
        *("--threads", str(_THREADS), "support.thread_app:app"),
    ]
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "tests")])
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": path}, stdout=output, stderr=output
        )
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
    yield port, process
    process.kill()
    process.wait()


def _get(connection: HTTPConnection, path: str = "/") -> tuple[HTTPResponse, str]:
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200
    return answer, answer.read().decode()


def test_requests_that_follow_at_once_are_answered_by_one_thread(
    server: tuple[int, "subprocess.Popen[bytes]"],
) -> None:
    one, other = (HTTPConnection("127.0.0.1", server[0], timeout=10) for _ in range(2))
    answers = [(_get(one)[1], _get(other)[1]) for _ in range(100)]
    # A pause of this test longer than a thread waits lets another one go on.
    changes = sum(before != after for before, after in pairwise(answers))
    assert changes < 50
    assert answers[-1][0] != answers[-1][1]


def test_more_busy_connections_than_threads_are_all_answered(
    server: tuple[int, "subprocess.Popen[bytes]"],
) -> None:
    def ask(_: int) -> list[float]:
        connection, seconds = HTTPConnection("127.0.0.1", server[0], timeout=10), []
        for _ in range(100):
            began = time.monotonic()
            _get(connection)
            seconds.append(time.monotonic() - began)
        return seconds

    with ThreadPoolExecutor(3 * _THREADS) as callers:
        waits = list(callers.map(ask, range(3 * _THREADS)))
    assert max(map(max, waits)) < 2


def test_open_connections_that_ask_nothing_hold_no_thread(
    server: tuple[int, "subprocess.Popen[bytes]"],
) -> None:
    idle = [HTTPConnection("127.0.0.1", server[0], timeout=10) for _ in range(3 * _THREADS)]
    for connection in idle:
        _get(connection)
    began = time.monotonic()
    with ThreadPoolExecutor(_THREADS) as callers:
        connections = (HTTPConnection("127.0.0.1", server[0], timeout=10) for _ in range(_THREADS))
        threads = {name for _, name in callers.map(lambda each: _get(each, "/slow"), connections)}
    assert len(threads) == _THREADS
    assert time.monotonic() - began < 1


def test_requests_sent_together_are_answered_in_order(
    server: tuple[int, "subprocess.Popen[bytes]"],
) -> None:
    request = b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server[0]), timeout=10) as connection:
        connection.sendall(3 * request)
        answer = b""
        while answer.count(b"200 OK") < 3:
            received = connection.recv(65_536)
            assert received, answer
            answer += received


def test_a_server_that_ends_answers_what_it_has_begun(
    server: tuple[int, "subprocess.Popen[bytes]"],
) -> None:
    port, process = server
    idle, busy = (HTTPConnection("127.0.0.1", port, timeout=10) for _ in range(2))
    _get(idle)
    with ThreadPoolExecutor(1) as caller:
        slow = caller.submit(_get, busy, "/slow")
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        late, _ = _get(idle)
        slow.result()
    assert late.getheader("Connection") == "close"
    assert process.wait(10) == 0
