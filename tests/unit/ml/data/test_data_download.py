import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ml.data.download import fetch
from streams.errors import ContractError, UnavailableError

CONTENT = bytes(range(256)) * 4_000


class FileServer(ThreadingHTTPServer):
    """A server of one file that can break off, change its file and resume."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.etag = '"one"'
        self.encoding = ""
        self.closes_after: int | None = None
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        server = self.server
        server.ranges.append(self.headers["Range"])
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/items.csv")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if not self.path.startswith("/items"):
            self.send_error(404)
            return
        start = 0
        if self.headers["Range"] and self.headers["If-Range"] == server.etag:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("ETag", server.etag)
        if server.encoding:
            self.send_header("Content-Encoding", server.encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.closes_after])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[FileServer]:
    server = FileServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_path_is_returned_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(CONTENT)
    assert fetch(str(path), tmp_path / "downloads") == path
    assert not (tmp_path / "downloads").exists()


@pytest.mark.parametrize("location", ["none.csv", ".", "ftp://example.org/a.csv", "http:///a.csv"])
def test_a_location_that_is_no_file_is_refused(tmp_path: Path, location: str) -> None:
    with pytest.raises(ContractError, match=r"there is no file|cannot be read"):
        fetch(location, tmp_path)


def test_a_url_is_downloaded_once(server: FileServer, tmp_path: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    path = fetch(
        f"{server.url}/items.csv?token=1",
        tmp_path / "new",
        progress=lambda done, total: calls.append((done, total)),
    )
    assert path.read_bytes() == CONTENT
    assert path.name.endswith("-items.csv")
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert fetch(f"{server.url}/items.csv?token=1", tmp_path / "new") == path
    assert len(server.ranges) == 1
    assert list((tmp_path / "new").iterdir()) == [path]


def test_redirects_are_followed(server: FileServer, tmp_path: Path) -> None:
    assert fetch(f"{server.url}/moved", tmp_path).read_bytes() == CONTENT


def test_a_broken_download_leaves_no_file_and_is_resumed(
    server: FileServer, tmp_path: Path
) -> None:
    server.closes_after = 300_000
    with pytest.raises(UnavailableError, match=r"/items\.csv"):
        fetch(f"{server.url}/items.csv", tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".csv")]
    server.closes_after = None
    assert fetch(f"{server.url}/items.csv", tmp_path).read_bytes() == CONTENT
    assert server.ranges[0] is None
    assert server.ranges[1] is not None


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(
    server: FileServer, tmp_path: Path
) -> None:
    server.closes_after = 300_000
    with pytest.raises(UnavailableError):
        fetch(f"{server.url}/items.csv", tmp_path)
    server.closes_after, server.etag, server.content = None, '"two"', CONTENT[::-1]
    assert fetch(f"{server.url}/items.csv", tmp_path).read_bytes() == CONTENT[::-1]


def test_a_file_that_is_too_large_is_refused(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="larger than 1000 bytes"):
        fetch(f"{server.url}/items.csv", tmp_path, max_bytes=1_000)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_reported_without_the_query(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="answered 404") as refused:
        fetch(f"{server.url}/absent.csv?token=secret", tmp_path)
    assert "secret" not in str(refused.value)


def test_an_unavailable_server_is_a_clear_error(server: FileServer, tmp_path: Path) -> None:
    url = server.url
    server.shutdown()
    server.server_close()
    with pytest.raises(UnavailableError, match="could not be downloaded"):
        fetch(f"{url}/items.csv", tmp_path)


def test_a_compressed_answer_is_refused_rather_than_kept_as_the_file(
    server: FileServer, tmp_path: Path
) -> None:
    server.encoding = "gzip"
    with pytest.raises(UnavailableError, match="does not accept"):
        fetch(f"{server.url}/items.csv", tmp_path)
    assert list(tmp_path.iterdir()) == []
