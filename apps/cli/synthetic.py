"""`recsys synthetic`: generate the synthetic shop, and evaluate the towers on it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from apps.cli.inputs import (
    SYNTHETIC,
    InteractionCount,
    ItemCount,
    LastDay,
    ShopSeed,
    Towers,
    UserCount,
    read_towers,
    synthetic_config,
)
from apps.cli.progress import ProgressDisplay, out
from ml.data.synthetic import generate as make

if TYPE_CHECKING:
    from ml.evaluation.findings import ColdStart
    from ml.evaluation.protocol import RankingMetrics
    from ml.evaluation.recovery import Recovery


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    synthetic = typer.Typer(
        no_args_is_help=True, help="A generated shop whose ground truth is known."
    )
    synthetic.command()(generate)
    synthetic.command()(evaluate)
    cli.add_typer(synthetic, name="synthetic")


def generate(
    folder: Annotated[Path, typer.Argument(help="Folder for the files.", file_okay=False)],
    *,
    users: UserCount = SYNTHETIC.n_users,
    items: ItemCount = SYNTHETIC.n_items,
    interactions: InteractionCount = SYNTHETIC.n_interactions,
    seed: ShopSeed = SYNTHETIC.seed,
    last_day: LastDay = None,
) -> None:
    """Write the shop's files, with its ground truth and its held-out items."""
    from ml.data.synthetic.files import write

    config = synthetic_config(users, items, interactions, seed, last_day)
    write(make(config), folder)
    for path in sorted(folder.iterdir()):
        out.print(f"{path.stat().st_size:>12,}  {path}", highlight=False, soft_wrap=True)


def evaluate(
    *,
    users: UserCount = SYNTHETIC.n_users,
    items: ItemCount = SYNTHETIC.n_items,
    interactions: InteractionCount = SYNTHETIC.n_interactions,
    seed: ShopSeed = SYNTHETIC.seed,
    last_day: LastDay = None,
    towers: Towers = None,
    cold_start: Annotated[
        bool, typer.Option(help="Also train without some items and users, and evaluate on those.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train on the shop and compare popularity, the towers and the oracle."""
    from ml.evaluation.cold_start import measure_cold_start
    from ml.evaluation.recovery import as_dataset, measure
    from ml.towers.config import TowersConfig

    config = synthetic_config(users, items, interactions, seed, last_day)
    chosen = read_towers(towers) or TowersConfig()
    display = ProgressDisplay()

    def show(epoch: int, epochs: int, loss: float) -> None:
        display.status(f"epoch {epoch} of {epochs}, loss {loss:.4f}")

    measured: ColdStart | None = None
    with display:
        display.step("generating the shop")
        shop = make(config)
        display.step("training the towers")
        recovery = measure(shop, chosen, seed=seed, progress=show)
        if cold_start:
            display.step("training without a tenth of the items and users")
            dataset = as_dataset(shop)
            measured = measure_cold_start(dataset, chosen, seed=seed, progress=show)
    if as_json:
        print(json.dumps(_as_json(recovery, measured), indent=2))
        return
    _print_recovery(recovery)
    if measured:
        _print_cold_start(measured)


_JSON_KEYS = {"oracle": "planted ceiling"}
"""Names of rows whose key in the JSON report differs."""


def _rows(recovery: "Recovery") -> dict[str, "RankingMetrics"]:
    return {
        "popularity": recovery.popularity,
        "towers": recovery.towers,
        "oracle": recovery.oracle,
    }


def _as_json(recovery: "Recovery", measured: "ColdStart | None") -> dict[str, Any]:
    from ml.evaluation.metrics import METRICS

    figures: dict[str, Any] = {
        _JSON_KEYS.get(name, name): {
            f"{metric.name}_at_20": scores[metric] for metric in METRICS.values()
        }
        for name, scores in _rows(recovery).items()
    }
    figures["share_recovered"] = recovery.share
    return figures | ({"cold_start": measured.model_dump(mode="json")} if measured else {})


def _print_recovery(recovery: "Recovery") -> None:
    from ml.evaluation.metrics import METRICS

    metrics = METRICS.values()
    heads = (f"{metric.label}@20" for metric in metrics)
    table = Table("", *heads, title=f"{recovery.towers.users} held-out purchases")
    for name, scores in _rows(recovery).items():
        table.add_row(name, *(f"{scores[metric]:.{metric.decimals}f}" for metric in metrics))
    out.print(table)
    out.print(f"share of the gap between popularity and oracle closed: {recovery.share:.0%}")


def _print_cold_start(measured: "ColdStart") -> None:
    from ml.card.model_card import KNOWN_BY_LABELS, MODEL_LABELS
    from ml.evaluation.metrics import METRICS

    out.print(f"without {measured.items} items and {measured.users} users; 95 % intervals")
    groups = {"new items by content": measured.new_items} | {
        f"new users by {KNOWN_BY_LABELS[name]}": models
        for name, models in measured.new_users.items()
    }
    for group, models in groups.items():
        heads = (f"{metric.label}@20" for metric in METRICS.values())
        table = Table("", "users", *heads, title=group)
        for name, scores in models.items():
            means = [
                f"{found.mean:.3f} ({found.low:.3f}-{found.high:.3f})"
                for found in (scores[metric] for metric in METRICS.values())
            ]
            table.add_row(MODEL_LABELS[name], str(scores.users), *means)
        out.print(table)
