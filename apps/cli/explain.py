"""`recsys explain`: why a user gets the list that they get."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from apps.cli.connections import ml_settings, running_stack
from apps.cli.progress import out
from apps.cli.shoppers import User
from ml.merchandising import Surface

if TYPE_CHECKING:
    from apps.storefront.explain.explanation import Explanation, Place, Product, Stage

_LOADING_SECONDS = 60.0
_CONNECTIONS = 2
_CONNECT_TIMEOUT_SECONDS = 5.0
_NAMED = 3
"""Of what was bought and seen."""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(explain)


def explain(
    user: User,
    *,
    limit: Annotated[
        int, typer.Option(min=1, max=50, help="Products that are shown of each list at most.")
    ] = 20,
    surface: Annotated[
        Surface, typer.Option(help="The page: the length of its list steers some stages.")
    ] = Surface.RECOMMENDATIONS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    in_browser: Annotated[
        bool, typer.Option("--open", help="Open the shop's page that says the same, with its key.")
    ] = False,
) -> None:
    """Show why a user gets this list: what is known of them, stage by stage, and the list.

    It makes the list once more, by the live version and the chain that RECSYS_CHAIN describes.
    """
    from apps.storefront.explain.explaining import explain as explained
    from ml.serving.recommender import Recommender
    from streams.database import Database

    stack = running_stack()
    database = Database(
        stack.database_url, connections=_CONNECTIONS, timeout=_CONNECT_TIMEOUT_SECONDS
    )
    with closing(database), closing(Recommender(ml_settings(stack))) as recommender:
        recommender.wait_until_loaded(_LOADING_SECONDS)
        found = explained(database, recommender, user, surface, limit)
    if in_browser:
        query = urlencode({"user": found.user_id, "surface": surface.value, "limit": limit})
        typer.launch(f"{stack.explain_url}?{query}")
        return
    if as_json:
        print(found.model_dump_json())
        return
    _print_known(found)
    _print_stages(found)
    source = ""
    for stage in found.stages:
        source = stage.name if stage.kind == "source" else source
        if stage.taken:
            _print_taken(stage, source)
        elif stage.kind == "order" and stage.moved:
            _print_moved(stage)
        elif stage.kind == "fusion":
            _print_scores(stage)
    _print_list(found)


def _print_known(found: "Explanation") -> None:
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _known(found):
        table.add_row(name, escape(text))
    out.print(table)


def _known(found: "Explanation") -> Iterator[tuple[str, str]]:
    yield "user", f"{found.user_id} {found.user_name}".rstrip()
    yield "version", found.model_version or "none is live"
    yield "preferences", ", ".join(found.preferences) or "none stated"
    listed = "none" if found.listed is None else f"{found.listed} items"
    yield "list of the version", listed + ("; acted since" if found.acted_since else "")
    yield (
        "live history",
        f"{found.history_length} events" + (", the newest:" if found.history else ""),
    )
    for event in found.history:
        kind = event.kind.value.replace("_", " ")
        yield f"{event.at:%Y-%m-%d %H:%M}", f"{kind}: {_named(event.product)}"
    yield "bought", _some(found.bought, found.bought_items)
    yield "seen, not bought", _some(found.seen, found.seen_items)
    for note in found.notes:
        yield "note", note
    for stage, items in found.left_out.items():
        yield f"{stage} leaves out", f"{items} items of a search"


def _print_stages(found: "Explanation") -> None:
    table = Table("stage", "kind", box=box.SIMPLE, pad_edge=False, title="stage by stage")
    for name in ("before", "after", "ms"):
        table.add_column(name, justify="right")
    table.add_column("", overflow="fold")
    for stage in found.stages:
        before = "" if stage.kind == "source" else str(stage.before)
        milliseconds = f"{stage.milliseconds:.2f}"
        table.add_row(
            stage.name, stage.kind, before, str(stage.after), milliseconds, _change(stage)
        )
    out.print(table)


def _change(stage: "Stage") -> str:
    if stage.kind == "filter":
        return f"took {stage.before - stage.after}" if stage.before > stage.after else ""
    if stage.kind == "order":
        return f"{stage.moved} of the first {len(stage.first)} moved" if stage.moved else ""
    return stage.note


def _print_taken(stage: "Stage", source: str) -> None:
    took = stage.before - stage.after
    table = _products(f"{stage.name} took {took} of {source}, the first of them")
    for product in stage.taken:
        table.add_row("", *_cells(product))
    out.print(table)


def _print_moved(stage: "Stage") -> None:
    table = _products(f"after {stage.name}", "was")
    for place, each in enumerate(stage.first, start=1):
        was = "new" if each.was is None else "" if each.was == place else str(each.was)
        table.add_row(str(place), *_cells(each.product), was)
    out.print(table)


def _print_scores(stage: "Stage") -> None:
    table = _products("fused", "was", "score")
    for place, each in enumerate(stage.first, start=1):
        was = "new" if each.was is None else str(each.was)
        table.add_row(str(place), *_cells(each.product), was, _score(each))
    out.print(table)


def _print_list(found: "Explanation") -> None:
    if not found.places:
        out.print("no source named anything; the shop shows its newest products")
        return
    table = _products(f"the list: {found.source}, {found.reason}", "source", "score")
    for place, each in enumerate(found.places, start=1):
        item, name = _cells(each.product)
        why = each.reason + (f"; rule {each.rule}" if each.rule else "")
        why += f"; {each.experiment}" if each.experiment else ""
        cell = f"{name}\n[dim]{escape(why)}[/dim]"
        table.add_row(str(place), item, cell, each.source, _score(each))
    out.print(table)


def _products(title: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, title=escape(title))
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("item", overflow="fold", max_width=20)
    table.add_column("product", overflow="fold", ratio=1)
    for name in others:
        table.add_column(name, justify="left" if name == "source" else "right", no_wrap=True)
    return table


def _cells(product: "Product") -> tuple[str, str]:
    return escape(product.item_id), escape(product.name or "no longer in the shop")


def _named(product: "Product") -> str:
    return f"{product.item_id} {product.name}".rstrip()


def _some(products: "Sequence[Product]", count: int) -> str:
    shown = ", ".join(_named(each) for each in products[:_NAMED])
    more = ", …" if count > _NAMED else ""
    return f"{count} items" + (f": {shown}{more}" if shown else "")


def _score(each: "Place") -> str:
    return "" if each.score is None else f"{each.score:.4g}"
