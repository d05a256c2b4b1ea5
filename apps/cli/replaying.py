"""`recsys evaluate --replay`: the last period of a log, event by event."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from apps.cli.progress import ProgressBar, err, out

if TYPE_CHECKING:
    from ml.dataset import Dataset
    from ml.evaluation.estimates import Interval
    from ml.evaluation.replay_figures import Reading, Replay
    from ml.serving.chain.chain import Chain
    from ml.towers.config import TowersConfig

_TITLES = {
    "new_items": "next item that the shopper had not met; all lists but live hide those met",
    "all_items": "next item, met before or not; all lists but live hide nothing",
}


def evaluate_replay(
    dataset: "Dataset",
    config: "TowersConfig",
    *,
    chain: "Chain",
    period: timedelta,
    k: int,
    seed: int,
) -> "Replay":
    """Train on all but the last period, replay it, and print the tables."""
    from ml.evaluation.encoder_choice import choose_encoder
    from ml.evaluation.replay import last_period, replay
    from ml.towers.training import train

    split = last_period(dataset, period)
    with ProgressBar() as bar:
        bar.show(1, "choice of the encoder (1 of 3)", 0, None)
        choice = choose_encoder(split.training, config, seed=seed)
        bundle = train(
            split.training,
            choice.config,
            seed=seed,
            progress=lambda epoch, epochs, _: bar.show(
                2, "training (2 of 3)", epoch / epochs, None
            ),
        )
        found = replay(
            bundle,
            split,
            k=k,
            seed=seed,
            chain=chain,
            progress=lambda share: bar.show(3, "replay (3 of 3)", share, None),
        )
    for name, reading in found.readings.items():
        for table in _tables(reading, _TITLES[name], k):
            out.print(table)
    err.print(
        f"The model knows {found.training_events:,} interactions before {found.cut:%Y-%m-%d %H:%M}"
        f" UTC; counted are the events of {found.users:,} of {found.users_of_period:,} users."
        f" {choice.reason}",
        soft_wrap=True,
    )
    return found


def _tables(reading: "Reading", title: str, k: int) -> Iterator[Table]:
    table = Table(
        title=f"{title}\n{reading.events:,} events of {reading.users:,} users;"
        f" {reading.unlistable:.0%} are of items that came later",
        box=box.SIMPLE_HEAD,
        padding=0,
    )
    table.add_column("list", no_wrap=True)
    for heading in (
        f"hit\nrate\n@{k}",
        "95 %\ninterval",
        f"hit\nrate\n@{k // 2}",
        "live\nminus this",
        f"by\nuser\n@{k}",
        "live\nminus this",
    ):
        table.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    for name, each in reading.lists.items():
        is_live = name == "live"
        table.add_row(
            name.replace("_", " "),
            f"{each.hit_rate.mean:.4f}",
            _range(each.hit_rate),
            f"{each.hit_rate_of_half.mean:.4f}",
            "" if is_live else _range(each.live_minus_this, "+"),
            f"{each.hit_rate_by_user.mean:.4f}",
            "" if is_live else _range(each.live_minus_this_by_user, "+"),
        )
    yield table
    parts = Table(
        title=f"hit rate @{k} by events of the session so far, and of users new since the cut",
        box=box.SIMPLE_HEAD,
        padding=0,
    )
    parts.add_column("list", no_wrap=True)
    for part, of in reading.parts.items():
        heading = f"{part.replace(' ', chr(10))}\n{of.events:,}"
        parts.add_column(heading, justify="right", vertical="bottom", no_wrap=True)
    for name in reading.lists:
        rates = (f"{of.hit_rates[name]:.4f}" for of in reading.parts.values())
        parts.add_row(name.replace("_", " "), *rates)
    yield parts


def _range(found: "Interval", sign: str = "") -> str:
    return f"{found.low:{sign}.3f} to {found.high:{sign}.3f}"
