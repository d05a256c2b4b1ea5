"""`recsys train`, `card` and `top-k`: the model of the running stack."""

import json
from contextlib import closing
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.connections import ml_settings, running_stack
from apps.cli.inputs import Towers, hyper_parameters
from apps.cli.progress import ProgressDisplay, out
from apps.cli.shoppers import User
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from apps.local.stack import Stack
    from ml.registry.repository import ModelVersion


class Gate(StrEnum):
    """Whether the gate can reject a version."""

    ENFORCE = "enforce"
    REPORT = "report"


class Ranker(StrEnum):
    """What ranks the lists that a training publishes."""

    TWO_TOWER = "two_tower"
    FULL = "full"


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(train)
    cli.command()(card)
    cli.command(name="top-k")(top_k)


def train(
    *,
    validate: Annotated[
        bool,
        typer.Option(help="Also evaluate a second model on held-out interactions."),
    ] = True,
    cold_start: Annotated[
        bool, typer.Option(help="Then also evaluate a third model on new items and new users.")
    ] = True,
    ranker: Annotated[
        Ranker,
        typer.Option(
            help="What ranks the lists: the towers, or these blended with EASE and item-kNN."
        ),
    ] = Ranker.TWO_TOWER,
    towers: Towers = None,
    warm_start: Annotated[
        bool,
        typer.Option(
            "--warm-start",
            help="Start from the weights of the live version if it is like the run and less than a"
            " week of data has gone since one started anew.",
        ),
    ] = False,
    gate: Annotated[
        Gate,
        typer.Option(
            help="Whether a version that fails a check is kept from going live, or only reported."
        ),
    ] = Gate.ENFORCE,
) -> None:
    """Run the Kubeflow pipeline by its local runner; the shop serves the new lists afterwards.

    A version that the gate rejects is kept, and the live one goes on serving.
    """
    from pipelines.retrain.local import run_local

    stack = running_stack()
    with ProgressDisplay() as display:
        display.step("running the pipeline")
        result = run_local(
            ml_settings(stack),
            {
                "validate": validate,
                "cold_start": cold_start,
                "ranker": ranker.value,
                "towers": hyper_parameters(towers),
                "warm_start": warm_start,
                "gate": gate.value,
            },
            stack.settings.state_dir / "pipeline",
            display.status,
        )
    outcome = "is live" if result.decision.promoted else "was rejected"
    out.print(f"version {result.version} {outcome}: {result.decision.reason}", soft_wrap=True)
    if not result.decision.promoted:
        out.print(f"to make it live all the same: recsys model promote {result.version}")
    for name, value in result.metrics.items():
        out.print(f"  {name}: {value}")


def card(
    version: Annotated[
        str | None, typer.Argument(metavar="VERSION", help="The live version by default.")
    ] = None,
    *,
    as_path: Annotated[
        bool, typer.Option("--path", help="Print the card's folder instead.")
    ] = False,
    in_viewer: Annotated[bool, typer.Option("--open", help="Open the card in a viewer.")] = False,
) -> None:
    """Show the model card of a version."""
    import psycopg
    from rich.markdown import Markdown

    from ml.card.make import FOLDER, README
    from ml.registry import bundles

    stack = running_stack()
    live, registered = _versions(stack)
    chosen = version or live
    if chosen is None:
        raise ConfigurationError("no model is live yet; train one with: recsys train")
    if chosen not in {each.version for each in registered}:
        raise ConfigurationError(f"there is no version {chosen}; see: recsys model list")
    connect = partial(psycopg.connect, stack.database_url)
    folder = bundles.folder_of(chosen, ml_settings(stack), connect, FOLDER) / FOLDER
    if not (folder / README).exists():
        raise ConfigurationError(f"version {chosen} has no card")
    if as_path:
        print(folder.resolve())
    elif in_viewer:
        typer.launch(str(folder / README))
    else:
        out.print(Markdown((folder / README).read_text(encoding="utf-8")))


def _versions(stack: "Stack") -> tuple[str | None, list["ModelVersion"]]:
    """The live version's name, and all registered versions."""
    import psycopg

    from ml.registry import repository

    with psycopg.connect(stack.database_url) as connection:
        return repository.live_version(connection), repository.versions(connection)


def top_k(
    user: User,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a user's list of the live version as the Feast online store holds it."""
    import psycopg

    from apps.storefront.accounts.repository import only_id_of
    from apps.storefront.catalog.repository import names_of
    from ml.features.online import OnlineFeatures
    from ml.registry.repository import live_version

    stack = running_stack()
    with psycopg.connect(stack.database_url) as connection:
        user_id = only_id_of(connection, user)
        version = live_version(connection)
        with closing(OnlineFeatures(ml_settings(stack))) as features:
            listed = features.top_k(version, user_id) if version else None
        if listed is None:
            raise ConfigurationError(f"user {user_id} has no list yet; make one with: recsys train")
        names = names_of(connection, listed)
    if as_json:
        print(json.dumps({"model_version": version, "item_ids": list(listed)}))
        return
    table = Table("", "item", "product", title=f"user {user_id}, model {version}")
    for rank, item_id in enumerate(listed, 1):
        table.add_row(str(rank), item_id, names.get(item_id, ""))
    out.print(table)
