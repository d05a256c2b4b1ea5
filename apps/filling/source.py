"""What a shop is filled with: the synthetic shop, a product table, or a shop's log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ml.data.fields import RejectedRow
from ml.data.synthetic import SyntheticConfig, generate
from streams.contracts import Interaction, InteractionType, NewUser, Product


@dataclass(frozen=True, slots=True)
class Source:
    """A data set or a log, and what is held out of it."""

    name: str
    products: Sequence[Product] = ()
    users: Sequence[NewUser] = ()
    interactions: Sequence[Interaction] = ()
    log: Iterable[Interaction | RejectedRow] | None = None
    """A log; it then stands for products, users and interactions."""
    rejected: list[RejectedRow] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    """Values that were dropped from rows that are otherwise usable, in words."""
    held_out: Mapping[str, set[str]] = field(default_factory=dict)

    def until(self, latest: datetime) -> "Source":
        """Without the sign-ups and interactions of a data set that are later."""
        return replace(
            self,
            users=[each for each in self.users if each.occurred_at <= latest],
            interactions=[each for each in self.interactions if each.occurred_at <= latest],
        )


def replay(log: Path, held_out: Path | None) -> Source:
    """A real shop's log, and the file of held-out items if there is one."""
    from ml.data.event_log import read_event_log
    from ml.data.log_table import read_held_out

    test, rejected = read_held_out(held_out) if held_out else ({}, [])
    return Source(name=f"log {log.name}", log=read_event_log(log), held_out=test, rejected=rejected)


def dataset(location: str, folder: Path, on_status: Callable[[str], None]) -> Source:
    """An Amazon-style product and review table, from a path or a URL.

    Args:
        location: the path or the URL.
        folder: where a download is kept.
        on_status: progress callback of the download.
    """
    from ml.data.amazon import read_amazon
    from ml.data.download import fetch

    def downloading(done: int, total: int | None) -> None:
        of_total = f" of {total:,}" if total else ""
        on_status(f"downloading: {done:,}{of_total} bytes")

    shop = read_amazon(fetch(location, folder, progress=downloading))
    repaired = [f"line {each.line}, {each.field}: {each.reason}" for each in shop.repaired]
    merged = [
        f"line {each.line}: the same product as line {each.kept_line}, merged into it"
        for each in shop.merged
    ]
    return Source(
        name=f"data set {location}",
        products=shop.products,
        users=shop.users,
        interactions=shop.interactions,
        rejected=shop.rejected,
        repaired=repaired + merged,
    )


def gorse(path: Path, types: Mapping[str, InteractionType]) -> Source:
    """What Gorse has: its dump, or the folder of its exported files.

    Args:
        path: the file or the folder.
        types: interaction types by the names of feedback.
    """
    from ml.data.gorse import read_gorse

    shop = read_gorse(path, types)
    return Source(
        name=f"Gorse's {path.name}",
        products=shop.products,
        users=shop.users,
        interactions=shop.interactions,
        rejected=shop.rejected,
    )


def synthetic(config: SyntheticConfig, folder: Path) -> Source:
    """The synthetic shop; its files and its ground truth are written to `folder`."""
    from ml.data.synthetic.files import write

    shop = generate(config)
    write(shop, folder)
    return Source(
        name="synthetic shop",
        products=shop.products,
        users=shop.users,
        interactions=shop.interactions,
        held_out=shop.held_out,
    )
