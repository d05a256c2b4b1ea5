"""Restarts the sink's failed tasks, as Strimzi does in a cluster: `python -m apps.local.restarter`.

It keeps what it did in a file, which `recsys status` reads and which outlives it.
"""

import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from pydantic import Field, TypeAdapter
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.errors import RecsysError
from streams.sink.connect import Connect
from streams.sink.restarts import Restarts

log = structlog.get_logger()

_POLL_SECONDS = 1.0
_FILE = Path("connect") / "restarts.json"
_FRESH_SECONDS = 60.0
_RESTARTS = TypeAdapter(dict[str, Restarts])


class RestarterSettings(BaseSettings):
    """What it watches, where it keeps what it did, and how long it pauses."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    connect_url: str
    state_dir: Path
    restart_unit: float = Field(gt=0)
    """Seconds; the second restart in a row comes after two of them."""


def file_in(state_dir: Path) -> Path:
    """Where the restarts are kept."""
    return state_dir / _FILE


def read(state_dir: Path) -> dict[str, Restarts]:
    """The restarts by connector; none before the first start."""
    try:
        return _RESTARTS.validate_json(file_in(state_dir).read_bytes())
    except FileNotFoundError:
        return {}


def is_watching(state_dir: Path) -> bool:
    """Whether it has looked at the connectors lately."""
    try:
        return time.time() - file_in(state_dir).stat().st_mtime < _FRESH_SECONDS
    except FileNotFoundError:
        return False


def look(
    connect: Connect, known: Mapping[str, Restarts], unit: timedelta, now: datetime
) -> dict[str, Restarts]:
    """Restart what is to be restarted now; returns the restarts by connector.

    Raises:
        UnavailableError: Connect does not answer.
    """
    restarts: dict[str, Restarts] = {}
    failed: dict[str, str] = {}
    for task in connect.tasks():
        restarts[task.connector] = known.get(task.connector, Restarts())
        if task.has_failed:
            failed[task.connector] = task.reason
    for connector, before in restarts.items():
        if connector not in failed:
            restarts[connector] = before.runs(now, unit)
        elif before.is_due(now, unit):
            connect.restart_failed(connector)
            restarts[connector] = before.restarted(now)
            log.warning(
                "connector restarted",
                connector=connector,
                in_a_row=restarts[connector].in_a_row,
                reason=failed[connector],
            )
    return restarts


def main() -> None:
    """Watch the connectors until the process is ended."""
    settings = RestarterSettings()
    unit = timedelta(seconds=settings.restart_unit)
    with closing(Connect(settings.connect_url)) as connect:
        restarts = read(settings.state_dir)
        while True:
            try:
                restarts = look(connect, restarts, unit, datetime.now(UTC))
            except RecsysError as error:
                log.info("the connectors cannot be seen", reason=str(error))
            _write(settings.state_dir, restarts)
            time.sleep(_POLL_SECONDS)


def _write(state_dir: Path, restarts: Mapping[str, Restarts]) -> None:
    path = file_in(state_dir)
    path.parent.mkdir(exist_ok=True)
    complete = path.with_suffix(".new")
    complete.write_bytes(_RESTARTS.dump_json(dict(restarts)))
    complete.replace(path)


if __name__ == "__main__":
    main()
