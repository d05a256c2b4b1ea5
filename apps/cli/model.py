"""`recsys train` and `recsys top-k`: the model of the running stack."""

import json
from typing import Annotated

import typer
from rich.table import Table

from apps.cli.console import Narrator, out
from apps.cli.running import ml_settings, running_stack
from streams.contracts import ConfigurationError


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(train)
    cli.command(name="top-k")(top_k)


def train(
    *,
    validate: Annotated[
        bool, typer.Option(help="Also score a second model on interactions held out of the data.")
    ] = True,
) -> None:
    """Run the Kubeflow pipeline by its local runner; the shop serves the new lists afterwards."""
    from pipelines.retrain.local import run_local

    stack = running_stack()
    narrator = Narrator()
    narrator.say("running the pipeline")
    try:
        result = run_local(
            ml_settings(stack),
            {"validate": validate},
            stack.settings.state_dir / "pipeline",
            narrator.whisper,
        )
    finally:
        narrator.close()
    out.print(f"version {result.version} is live")
    for name, value in result.metrics.items():
        out.print(f"  {name}: {value}")


def top_k(
    user: Annotated[str, typer.Argument(metavar="USER")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a user's list as the Feast online store holds it."""
    import psycopg

    from apps.local import repository
    from ml.features.online import OnlineFeatures

    stack = running_stack()
    listed = OnlineFeatures(ml_settings(stack)).top_k(user)
    if listed is None:
        raise ConfigurationError(f"there is no list for user {user}")
    if as_json:
        print(
            json.dumps({"model_version": listed.model_version, "item_ids": list(listed.item_ids)})
        )
        return
    with psycopg.connect(stack.database_url) as connection:
        names = repository.product_names(connection, listed.item_ids)
    table = Table("", "item", "product", title=f"model {listed.model_version}")
    for rank, item_id in enumerate(listed.item_ids, 1):
        table.add_row(str(rank), item_id, names.get(item_id, ""))
    out.print(table)
