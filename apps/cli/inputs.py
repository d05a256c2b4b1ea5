"""Options that several commands share: sizes of the synthetic shop, tables, log files, times."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.progress import err
from ml.data.event_log import LogFormat
from ml.data.synthetic import SyntheticConfig
from streams.errors import ContractError

if TYPE_CHECKING:
    from ml.data.fields import RejectedRow
    from ml.dataset import Dataset
    from ml.towers.config import TowersConfig

FILE = {"exists": True, "dir_okay": False, "readable": True}
"""Options of a path that is read."""

Train = Annotated[
    Path,
    typer.Option(help="Log to train on: user_id, item_id and optional further columns.", **FILE),
]
Items = Annotated[Path | None, typer.Option(help="Catalogue, for the towers' content.", **FILE)]
Users = Annotated[Path | None, typer.Option(help="Users with their preferences.", **FILE)]
Towers = Annotated[
    Path | None,
    typer.Option(
        "--towers",
        help="The towers' hyper-parameters as JSON, such as `recsys tune` writes.",
        envvar="RECSYS_TOWERS",
        **FILE,
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same result.")
]

SYNTHETIC = SyntheticConfig()
"""The defaults of the synthetic shop."""
UserCount = Annotated[int, typer.Option("--users", min=1, help="Number of users.")]
ItemCount = Annotated[int, typer.Option("--items", min=1, help="Number of items.")]
InteractionCount = Annotated[
    int, typer.Option("--interactions", min=1, help="Number of interactions.")
]
ShopSeed = Annotated[
    int, typer.Option("--seed", min=0, help="The same seed gives the same synthetic shop.")
]


def end_of_yesterday() -> datetime:
    """The instant at which yesterday ended, in UTC."""
    return datetime.combine(datetime.now(UTC).date(), time(), UTC)


def synthetic_config(
    users: int, items: int, interactions: int, seed: int, ends_at: datetime | None
) -> SyntheticConfig:
    """The synthetic shop that the options ask for; None: its time line ends as by default."""
    return SyntheticConfig(
        n_users=users,
        n_items=items,
        n_interactions=interactions,
        seed=seed,
        ends_at=ends_at or SYNTHETIC.ends_at,
    )


def _last_day(text: str) -> datetime:
    """The end of the day (UTC) that `yesterday` or an ISO-8601 date stands for."""
    if text == "yesterday":
        return end_of_yesterday()
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text} is neither yesterday nor a date (2026-09-30)") from None


LastDay = Annotated[
    datetime | None,
    typer.Option(
        "--last-day",
        parser=_last_day,
        metavar="DATE|yesterday",
        help="Last day of the synthetic shop's time line, in UTC.",
    ),
]
ProductTable = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        help="Amazon-style product table, a file or a URL, instead of the synthetic shop.",
    ),
]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """The time that 90s, 15m, 1h or 7d stands for."""
    if not (found := re.fullmatch(r"(\d{1,6})([smhd])", text)):
        raise typer.BadParameter(f"{text} is not a duration, such as 90s, 15m, 1h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _instant(text: str) -> datetime:
    """The instant that an age such as 90s, 15m, 1h or 7d, or an ISO-8601 time stands for."""
    with suppress(typer.BadParameter):
        return datetime.now(UTC) - duration(text)
    return _time(text, "an age")


def deadline(text: str) -> datetime:
    """The instant after a duration such as 90s, 15m, 1h or 7d from now, or of an ISO-8601 time."""
    with suppress(typer.BadParameter):
        return datetime.now(UTC) + duration(text)
    return _time(text, "a duration")


def _time(text: str, other: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text} is neither {other} (90s, 15m, 1h, 7d) nor a time (2026-11-01T12:00)"
        ) from None


Since = Annotated[
    datetime | None,
    typer.Option(
        parser=_instant,
        metavar="AGE|TIME",
        help="Only records that Kafka got since then: 90s, 15m, 1h, 7d, or an ISO-8601 time.",
    ),
]

_LINES_SHOWN = 10


def read_dataset(
    train: Path, items: Path | None, users: Path | None, log_format: LogFormat
) -> "tuple[Dataset, list[RejectedRow]]":
    """The data of the files, and the rows that cannot be read.

    Raises:
        ContractError: a file lacks columns or is not of the format.
    """
    from ml.data.catalogue_table import no_items, no_users, read_items, read_users
    from ml.data.log_table import read_log
    from ml.dataset import Dataset

    interactions, rejected = read_log(train, log_format)
    catalogue, of_items = read_items(items) if items else (no_items(), [])
    people, of_users = read_users(users) if users else (no_users(), [])
    return Dataset(interactions, people, catalogue), [*rejected, *of_items, *of_users]


def read_towers(path: Path | None) -> "TowersConfig | None":
    """The towers' hyper-parameters of a file, if one is given.

    Raises:
        ContractError: it is not JSON, or not of the form.
    """
    from pydantic import ValidationError

    from ml.towers.config import TowersConfig

    if path is None:
        return None
    try:
        return TowersConfig.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ContractError(f"{path}: {place or 'the file'}: {first['msg']}") from None


def hyper_parameters(path: Path | None) -> dict[str, Any]:
    """The towers' hyper-parameters that a file names, as the pipeline takes them.

    Raises:
        ContractError: as `read_towers`.
    """
    config = read_towers(path)
    return config.model_dump(mode="json", exclude_unset=True) if config else {}


def show_rejected(rejected: "Sequence[RejectedRow]") -> None:
    """Print the reasons of the first rejected rows, and how many more there are."""
    for row in rejected[:_LINES_SHOWN]:
        line = f"left out: {row.source}, line {row.line}: {row.reason}"
        err.print(line, markup=False, soft_wrap=True)
    if len(rejected) > _LINES_SHOWN:
        err.print(f"left out: {len(rejected) - _LINES_SHOWN:,} more")
