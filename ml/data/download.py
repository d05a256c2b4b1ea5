"""Fetches a data set: a path is used as it is, a URL is downloaded."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streams.errors import ContractError, UnavailableError

if TYPE_CHECKING:
    import httpx

Progress = Callable[[int, int | None], None]
"""Called with the bytes received and, if the server sent it, the total number of bytes."""

_MAX_BYTES = 4 << 30
_TIMEOUT_SECONDS = 30.0
_OK = 200
_PARTIAL = 206
_NOT_SATISFIABLE = 416
_FIRST_ERROR = 400


def fetch(
    location: str, folder: Path, *, progress: Progress | None = None, max_bytes: int = _MAX_BYTES
) -> Path:
    """The file at `location`: a path is returned as it is, a URL is downloaded into `folder`.

    An interrupted download is resumed if the server's file is unchanged. A complete download is
    used again; delete it to download it again. The file at the returned path is always complete.

    Args:
        location: a path, or a URL of scheme http or https.
        folder: folder of the downloads, which is created if it is missing.
        progress: called during the download.
        max_bytes: maximum size of a download.

    Raises:
        ContractError: no such file, another scheme, or a file larger than `max_bytes`.
        UnavailableError: the server does not answer, refuses, or closes the connection early.
    """
    url = urlsplit(location)
    if "://" not in location:
        path = Path(location).expanduser()
        if not path.is_file():
            raise ContractError(f"there is no file {path}")
        return path
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ContractError(f"{url.scheme}:// cannot be read: give a path or an http(s) URL")
    # A URL may have credentials before the host and tokens in the query: messages show neither.
    shown = f"{url.scheme}://{url.hostname}{url.path}"
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", Path(url.path).name)[-80:] or "download"
    target = folder / f"{hashlib.sha256(location.encode()).hexdigest()[:12]}-{name}"
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _Download(location, shown, target, max_bytes, progress or _ignore_progress).run()
    return target


def _ignore_progress(done: int, total: int | None) -> None:
    """The default progress callback."""


class _Download:
    """One download into a `.part` file, which takes the target's name when it is complete."""

    def __init__(
        self, location: str, shown: str, target: Path, max_bytes: int, progress: Progress
    ) -> None:
        self._location = location
        self._shown = shown
        self._target = target
        self._part = target.with_name(f"{target.name}.part")
        self._validator = target.with_name(f"{target.name}.validator")
        self._max_bytes = max_bytes
        self._progress = progress

    def run(self) -> None:
        import httpx

        try:
            with self._response() as response:
                if response.status_code == _NOT_SATISFIABLE:
                    self._discard()
                    raise UnavailableError(f"{self._shown} changed during the download; try again")
                if response.status_code >= _FIRST_ERROR:
                    raise UnavailableError(
                        f"{self._shown} answered {response.status_code} {response.reason_phrase}"
                    )
                if response.headers.get("Content-Encoding", "identity") != "identity":
                    raise UnavailableError(
                        f"{self._shown} is compressed, which the request does not accept"
                    )
                self._receive(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise UnavailableError(f"{self._shown} could not be downloaded: {reason}") from None
        self._part.replace(self._target)
        self._validator.unlink(missing_ok=True)

    @contextmanager
    def _response(self) -> Iterator["httpx.Response"]:
        import httpx

        headers = {"Accept-Encoding": "identity"}
        if self._part.is_file() and self._validator.is_file() and self._part.stat().st_size:
            headers["Range"] = f"bytes={self._part.stat().st_size}-"
            headers["If-Range"] = self._validator.read_text(encoding="utf-8")
        with (
            httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=True) as client,
            client.stream("GET", self._location, headers=headers) as response,
        ):
            yield response

    def _receive(self, response: "httpx.Response") -> None:
        resumed = response.status_code == _PARTIAL
        if not resumed:
            self._discard()
            validator = response.headers.get("ETag", "")
            if validator and not validator.startswith("W/"):
                self._validator.write_text(validator, encoding="utf-8")
        done = self._part.stat().st_size if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdigit() else None
        self._check_size(total or 0)
        with self._part.open("ab") as file:
            for chunk in response.iter_raw():
                done += len(chunk)
                self._check_size(done)
                file.write(chunk)
                self._progress(done, total)
        if total is not None and done != total:
            raise UnavailableError(f"{self._shown} was interrupted after {done} of {total} bytes")

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            self._discard()
            raise ContractError(f"{self._shown} is larger than {self._max_bytes} bytes")

    def _discard(self) -> None:
        self._part.unlink(missing_ok=True)
        self._validator.unlink(missing_ok=True)
