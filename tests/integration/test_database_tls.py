"""Every way in which the project reaches PostgreSQL checks the server as the address asks.

The laptop's PostgreSQL is built without TLS. So a front of the tests' own ends it: it speaks
PostgreSQL's request for TLS, and passes on what follows.
"""

import asyncio
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from apps.migrations.upgrade import upgrade
from ml.features.apply import apply
from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.settings import MlSettings
from streams.database import Database
from streams.errors import UnavailableError
from support.authority import Authority

pytestmark = pytest.mark.integration

REQUEST_FOR_TLS = struct.pack("!ii", 8, 80877103)


class TlsFront:
    """Ends TLS before a server that has none; whoever speaks plain text is cut off."""

    def __init__(self, target: tuple[str, int], authority: Authority) -> None:
        self._target = target
        identity = authority.issue("database")
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(identity.certificate, identity.key)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.port: int = server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await reader.readexactly(8) != REQUEST_FOR_TLS:
                return
            writer.write(b"S")
            await writer.start_tls(self._tls)
            up_reader, up_writer = await asyncio.open_connection(*self._target)
            await asyncio.gather(_pass_on(reader, up_writer), _pass_on(up_reader, writer))
        except (OSError, EOFError):
            pass  # the client has refused our certificate
        finally:
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


@pytest.fixture
def trusting(database_url: str, authority: Authority) -> Iterator[Callable[[Authority], str]]:
    """The database's address for who trusts an authority and nobody else."""
    plain = make_url(database_url)
    assert plain.host
    assert plain.port
    front = TlsFront((plain.host, plain.port), authority)

    def url(trusted: Authority) -> str:
        return plain.set(
            port=front.port,
            query={"sslmode": "verify-full", "sslrootcert": str(trusted.certificate)},
        ).render_as_string(hide_password=False)

    yield url
    front.close()


def by_psycopg(url: str) -> None:
    with psycopg.connect(url) as connection:
        assert connection.pgconn.ssl_in_use


def by_the_storefront(url: str) -> None:
    database = Database(url, connections=1, timeout=2)
    try:
        with database.connection() as connection:
            assert connection.pgconn.ssl_in_use
    finally:
        database.close()


def by_the_online_store(url: str) -> None:
    features = OnlineFeatures(MlSettings(database_url=url, models_dir=Path("unused")))
    assert features.top_k("v", "nobody") is None
    features.close()


def by_the_offline_store(url: str) -> None:
    load_dataset(MlSettings(database_url=url, models_dir=Path("unused")), datetime.now(UTC))


def by_feast_apply(url: str) -> None:
    apply(MlSettings(database_url=url, models_dir=Path("unused")))


@pytest.mark.parametrize(
    "reach",
    [by_psycopg, by_the_storefront, upgrade, by_feast_apply, by_the_online_store,
     by_the_offline_store],
)  # fmt: skip
def test_the_server_is_checked(
    reach: Callable[[str], None],
    trusting: Callable[[Authority], str],
    authority: Authority,
    tmp_path: Path,
) -> None:
    reach(trusting(authority))
    with pytest.raises((psycopg.OperationalError, OperationalError, UnavailableError)):
        reach(trusting(Authority(tmp_path / "other")))
