import contextlib
import socket
import time
from ipaddress import ip_address

import pytest

from ml.untrusted_images.addresses import is_public
from ml.untrusted_images.fetching import LinkFetcher
from streams.errors import ContractError
from support.pictures import answering, drawn_picture, file_of, response

PICTURE = file_of(drawn_picture(1))
LOOPBACK = LinkFetcher(["127.0.0.0/8"], seconds=2)
STRICT = LinkFetcher(seconds=2)
NOT_PUBLIC = "no public address"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1"),
        *("::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("2001:0:7f00:1::", "2001:db8::1", "64:ff9b:1::a00:1", "fd00:ec2::254"),
    ],
)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]
)
def test_a_public_address(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "[fe80::1]"),
        *("0xa9fea9fe", "no-such-name.invalid"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_is_not_public_is_not_connected_to(scheme: str, host: str) -> None:
    connected = []
    with answering(lambda _, path: connected.append(path)) as port:
        for link in (f"{scheme}://{host}/", f"{scheme}://{host}:{port}/"):
            with pytest.raises(ContractError, match=NOT_PUBLIC):
                STRICT.fetch(link)
    assert not connected


@pytest.mark.parametrize(
    ("link", "answer"),
    [
        ("file:///etc/passwd", "http://"),
        ("ftp://example.org/a.jpg", "http://"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "http://"),
        ("data:image/png;base64,AAAA", "http://"),
        ("//example.org/a.jpg", "http://"),
        ("http:///a.jpg", "http://"),
        ("", "http://"),
        ("http://user:secret@example.org/a.jpg", "password"),
        ("http://example.org@127.0.0.1/", "password"),
        ("http://8.8.8.8:25/", "80 and 443"),
        ("http://example.org:99999/", "no link"),
        ("http://example.org/" + "a" * 3000, "longer"),
    ],
)
def test_a_link_that_is_refused_before_anything_is_sent(link: str, answer: str) -> None:
    with pytest.raises(ContractError, match=answer):
        STRICT.fetch(link)


def test_a_picture_is_fetched_where_the_setting_allows() -> None:
    with answering(response(PICTURE, "Content-Type: text/plain")) as port:
        assert LOOPBACK.fetch(f"http://127.0.0.1:{port}/a.jpg?size=1") == PICTURE


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://10.0.0.1/",
        "http://167772161/",
    ],
)
def test_a_redirect_to_an_inner_address_is_not_followed(target: str) -> None:
    answer = response(b"", f"Location: {target}", status="302 Found")
    with (
        answering(answer) as port,
        pytest.raises(ContractError, match=NOT_PUBLIC),
    ):
        LOOPBACK.fetch(f"http://127.0.0.1:{port}/")


def test_a_redirect_to_another_scheme_is_not_followed() -> None:
    answer = response(b"", "Location: file:///etc/passwd", status="301 Moved Permanently")
    with answering(answer) as port, pytest.raises(ContractError, match="http://"):
        LOOPBACK.fetch(f"http://127.0.0.1:{port}/")


def test_redirects_are_followed_three_times() -> None:
    def answer(connection: socket.socket, path: str) -> None:
        count = int(path.strip("/"))
        moved = response(b"", f"Location: /{count - 1}", status="307 Temporary Redirect")
        connection.sendall(moved if count else response(PICTURE))

    with answering(answer) as port:
        assert LOOPBACK.fetch(f"http://127.0.0.1:{port}/3") == PICTURE
        with pytest.raises(ContractError, match="too often"):
            LOOPBACK.fetch(f"http://127.0.0.1:{port}/4")


def test_a_name_that_means_another_address_a_moment_later_is_connected_to_as_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked, later = "127.0.0.2", "127.0.0.1"
    resolve, asked = socket.getaddrinfo, []

    def rebinding(host: str, *arguments: object, **options: object) -> object:
        if host == "rebinding.example":
            asked.append(host)
            host = checked if len(asked) == 1 else later
        return resolve(host, *arguments, **options)  # type: ignore[arg-type]

    only_checked = LinkFetcher([f"{checked}/32"], seconds=2)
    with (
        answering(response(PICTURE), checked) as port,
        answering(response(b"the inner server"), later, port),
    ):
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        assert only_checked.fetch(f"http://rebinding.example:{port}/") == PICTURE
        assert len(asked) == 1
        with pytest.raises(ContractError, match=NOT_PUBLIC):
            only_checked.fetch(f"http://rebinding.example:{port}/")


def test_a_name_with_one_inner_address_is_refused_altogether(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolve = socket.getaddrinfo

    def mixed(_host: str, port: int, **options: object) -> object:
        return [*resolve("8.8.8.8", port, **options), *resolve("10.0.0.1", port, **options)]  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    with pytest.raises(ContractError, match=NOT_PUBLIC):
        STRICT.fetch("http://mixed.example/")


def _drip(text: bytes) -> object:
    def send(connection: socket.socket, _path: str) -> None:
        connection.sendall(text)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"x")
                time.sleep(0.1)

    return send


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["status line", "header", "body"],
)
def test_a_server_that_drips_is_left_at_the_deadline(start: bytes) -> None:
    started = time.monotonic()
    with answering(_drip(start)) as port, pytest.raises(ContractError, match="too long"):  # type: ignore[arg-type]
        LinkFetcher(["127.0.0.0/8"], seconds=1).fetch(f"http://127.0.0.1:{port}/")
    assert time.monotonic() - started < 3


def test_a_server_that_says_nothing_is_left_at_the_deadline_even_with_tls() -> None:
    started = time.monotonic()

    def silent(connection: socket.socket, _path: str) -> None:
        connection.recv(1)

    with (
        answering(silent) as port,
        pytest.raises(ContractError, match="too long"),
    ):
        LinkFetcher(["127.0.0.0/8"], seconds=1).fetch(f"https://127.0.0.1:{port}/")
    assert time.monotonic() - started < 3


def test_a_body_without_end_is_left_at_the_limit() -> None:
    sent = 0

    def endless(connection: socket.socket, _path: str) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent += connection.send(b"x" * 65536)

    small = LinkFetcher(["127.0.0.0/8"], seconds=10, max_bytes=1 << 20)
    with answering(endless) as port, pytest.raises(ContractError, match="larger than 1 MB"):
        small.fetch(f"http://127.0.0.1:{port}/")
    assert sent < 16 << 20  # what fits into the sockets' buffers comes on top


def test_a_file_that_announces_too_much_is_not_read() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"
    with answering(answer) as port, pytest.raises(ContractError, match="larger than 8 MB"):
        LOOPBACK.fetch(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (response(b"\x1f\x8b" * 100, "Content-Encoding: gzip"), "compressed"),
        (response(b"no", status="404 Not Found"), "answers 404"),
        (response(b"no", status="500 Internal Server Error"), "answers 500"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "as it should"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "as it should"),
        (b"", "as it should"),
    ],
    ids=["gzip bomb", "404", "500", "another protocol", "cut off", "nothing"],
)
def test_an_answer_that_is_refused(answer: bytes, words: str) -> None:
    with answering(answer) as port, pytest.raises(ContractError, match=words):
        LOOPBACK.fetch(f"http://127.0.0.1:{port}/")


def test_a_server_without_a_certificate_is_refused() -> None:
    with answering(response(PICTURE)) as port, pytest.raises(ContractError, match="as it should"):
        LOOPBACK.fetch(f"https://localhost:{port}/")
