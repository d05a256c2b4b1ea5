"""`recsys synthetic`: make the synthetic shop, and see what the towers recover of its taste."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from apps.cli.console import Narrator, out

Users = Annotated[int, typer.Option(min=1, help="Number of users.")]
Items = Annotated[int, typer.Option(min=1, help="Number of items.")]
Interactions = Annotated[int, typer.Option(min=1, help="Number of interactions.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed makes the same shop.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    synthetic = typer.Typer(
        no_args_is_help=True, help="A shop with planted taste, which can be measured against."
    )
    synthetic.command()(generate)
    synthetic.command()(evaluate)
    cli.add_typer(synthetic, name="synthetic")


def generate(
    folder: Annotated[Path, typer.Argument(help="Where the files go.", file_okay=False)],
    *,
    users: Users = 1_000,
    items: Items = 2_000,
    interactions: Interactions = 40_000,
    seed: Seed = 0,
) -> None:
    """Write the shop's files, the planted truth and the held-out items among them."""
    from ml.data.synthetic import SyntheticConfig, write
    from ml.data.synthetic import generate as make

    config = SyntheticConfig(n_users=users, n_items=items, n_interactions=interactions, seed=seed)
    write(make(config), folder)
    for path in sorted(folder.iterdir()):
        out.print(f"{path.stat().st_size:>12,}  {path}", highlight=False, soft_wrap=True)


def evaluate(
    *,
    users: Users = 1_000,
    items: Items = 2_000,
    interactions: Interactions = 40_000,
    seed: Seed = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train on the shop and compare popularity, the towers and the planted ceiling."""
    from ml.data.synthetic import SyntheticConfig
    from ml.data.synthetic import generate as make
    from ml.recovery import measure
    from ml.towers.config import TowersConfig

    config = SyntheticConfig(n_users=users, n_items=items, n_interactions=interactions, seed=seed)
    narrator = Narrator()

    def show(epoch: int, epochs: int, loss: float) -> None:
        narrator.whisper(f"epoch {epoch} of {epochs}, loss {loss:.4f}")

    try:
        narrator.say("making the shop")
        shop = make(config)
        narrator.say("training the towers")
        recovery = measure(shop, TowersConfig(), seed=seed, progress=show)
    finally:
        narrator.close()
    rows = {
        "popularity": recovery.popularity,
        "towers": recovery.towers,
        "planted ceiling": recovery.ceiling,
    }
    if as_json:
        figures = {
            name: {"recall_at_20": scores.recall, "ndcg_at_20": scores.ndcg}
            for name, scores in rows.items()
        }
        print(json.dumps({**figures, "share_recovered": recovery.share}, indent=2))
        return
    table = Table("", "recall@20", "NDCG@20", title=f"{recovery.towers.users} held-out purchases")
    for name, scores in rows.items():
        table.add_row(name, f"{scores.recall:.4f}", f"{scores.ndcg:.4f}")
    out.print(table)
    out.print(f"share of the planted taste that the towers recovered: {recovery.share:.0%}")
