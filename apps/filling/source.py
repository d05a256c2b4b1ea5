"""What a shop is filled with: the synthetic shop, a product table, or a shop's log."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apps.filling.feed import Feed
from ml.data.fields import RejectedRow
from streams.contracts import Interaction, NewUser, Product


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data comes from and what is held out of it."""

    name: str
    products: Iterable[Product] = ()
    users: Iterable[NewUser] = ()
    interactions: Iterable[Interaction] = ()
    log: Iterable[Interaction | RejectedRow] | None = None
    rejected: list[RejectedRow] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    """What was left out of rows that could be used otherwise, in words."""
    held_out: Mapping[str, set[str]] = field(default_factory=dict)

    def pour(self, feed: Feed) -> None:
        """Bring all of it in."""
        feed.fed.rejected.extend(self.rejected)
        feed.fed.repaired.extend(self.repaired)
        if self.log is not None:
            feed.log(self.log)
        else:
            feed.shop(self.products, self.users, self.interactions)


def replay(log: Path, held_out: Path | None) -> Source:
    """A real shop's log, and the file of held-out items if there is one."""
    from ml.data.event_log import read_event_log
    from ml.data.log_table import read_held_out

    test, rejected = read_held_out(held_out) if held_out else ({}, [])
    return Source(name=f"log {log.name}", log=read_event_log(log), held_out=test, rejected=rejected)


def dataset(location: str, folder: Path, say: Callable[[str], None]) -> Source:
    """An Amazon-style product and review table, from a path or a URL."""
    from ml.data.amazon import read_amazon
    from ml.data.download import fetch

    def downloading(done: int, total: int | None) -> None:
        say(
            f"downloading: {done:,} of {total:,} bytes" if total else f"downloading: {done:,} bytes"
        )

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


@dataclass(frozen=True, slots=True)
class SyntheticSize:
    """How large the synthetic shop is; the same size and seed make the same shop."""

    users: int
    items: int
    interactions: int
    seed: int


def synthetic(size: SyntheticSize, folder: Path) -> Source:
    """The synthetic shop; its files, the ground truth among them, are written to `folder`."""
    from ml.data.synthetic import SyntheticConfig, generate, write

    config = SyntheticConfig(
        n_users=size.users, n_items=size.items, n_interactions=size.interactions, seed=size.seed
    )
    shop = generate(config)
    write(shop, folder)
    return Source(
        name="synthetic shop",
        products=shop.products,
        users=shop.users,
        interactions=shop.interactions,
        held_out=shop.held_out,
    )
