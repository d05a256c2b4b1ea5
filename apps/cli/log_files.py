"""A log with its catalogue and its users, read from the files that a command was given."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.console import err
from ml.data.event_log import LogFormat

if TYPE_CHECKING:
    from ml.data.fields import RejectedRow
    from ml.dataset import Dataset

FILE = {"exists": True, "dir_okay": False, "readable": True}
"""Options of a path that is read."""

Train = Annotated[
    Path, typer.Option(help="Log to learn from: user_id,item_id and what else is known.", **FILE)
]
Items = Annotated[Path | None, typer.Option(help="Catalogue, for the towers' content.", **FILE)]
Users = Annotated[Path | None, typer.Option(help="Users with their preferences.", **FILE)]
Seed = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same result.")
]

_LINES_SHOWN = 10


def read_dataset(
    train: Path, items: Path | None, users: Path | None, log_format: LogFormat
) -> "tuple[Dataset, list[RejectedRow]]":
    """What the files hold, and the rows that cannot be read.

    Raises:
        ContractError: a file is not what it should be.
    """
    from ml.data.catalogue_table import no_items, no_users, read_items, read_users
    from ml.data.log_table import read_log
    from ml.dataset import Dataset

    interactions, rejected = read_log(train, log_format)
    catalogue, of_items = read_items(items) if items else (no_items(), [])
    people, of_users = read_users(users) if users else (no_users(), [])
    return Dataset(interactions, people, catalogue), [*rejected, *of_items, *of_users]


def show_rejected(rejected: "Sequence[RejectedRow]") -> None:
    """Say of the first rejected rows why, and how many more there are."""
    for row in rejected[:_LINES_SHOWN]:
        line = f"left out: {row.source}, line {row.line}: {row.reason}"
        err.print(line, markup=False, soft_wrap=True)
    if len(rejected) > _LINES_SHOWN:
        err.print(f"left out: {len(rejected) - _LINES_SHOWN:,} more")
