"""`recsys model`: the versions of the model, which one is live, and switches between them."""

from collections.abc import Mapping
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from apps.cli.connections import ml_settings, running_stack
from apps.cli.progress import local_time, out
from streams.errors import ConfigurationError, UnavailableError

if TYPE_CHECKING:
    from ml.registry.repository import Connection, Live, ModelVersion

_SWITCHES_SHOWN = 10
_USERS_COMPARED = 1000

Version = Annotated[str, typer.Argument(metavar="VERSION", help="As `recsys model list` names it.")]
Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="Why; it is kept with the switch.", show_default=False)
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    model = typer.Typer(no_args_is_help=True, help="The versions of the model.")
    model.command(name="list")(list_versions)
    model.command()(show)
    model.command()(promote)
    model.command()(rollback)
    model.command()(compare)
    model.command()(sync)
    cli.add_typer(model, name="model")


def list_versions() -> None:
    """Show the versions, newest first, and why some were rejected; the champion is live."""
    from ml.registry import registry_sync

    with _connection() as connection:
        live, versions = _read(connection)
        registry = registry_sync.state(connection)
    table = Table(Column("version", no_wrap=True), "data until", "recall@20", "NDCG@20", "place")
    for each in versions:
        figures = [each.metrics.get(f"{name}_at_20") for name in ("recall", "ndcg")]
        shown = [_figure(value) for value in figures]
        table.add_row(each.version, local_time(each.data_until), *shown, _place(each, live))
    out.print(table)
    for each in versions:
        if each.decision and not each.decision["promoted"]:
            out.print(f"{each.version} was rejected: {each.decision['reason']}", soft_wrap=True)
    if registry and registry.behind_since:
        out.print(
            f"the model registry lacks changes since {local_time(registry.behind_since)}"
            f"{f': {registry.error}' if registry.error else ''}; copy them with: recsys model sync",
            soft_wrap=True,
        )


def show(version: Version) -> None:
    """Show how a version was made, what it reaches, and when it was live."""
    from ml.registry.repository import switches

    with _connection() as connection:
        live, versions = _read(connection)
        chosen = _named(version, versions)
        every = switches(connection, _SWITCHES_SHOWN, version)
    table = Table("version", chosen.version)
    table.add_row("place", _place(chosen, live))
    table.add_row("data until", local_time(chosen.data_until))
    table.add_row("registered", local_time(chosen.created_at))
    table.add_row("published", local_time(chosen.published_at))
    for name, value in chain(chosen.parameters.items(), chosen.metrics.items()):
        table.add_row(name, _figure(value))
    out.print(table)
    if chosen.decision:
        decided = "promoted" if chosen.decision["promoted"] else "rejected"
        out.print(f"{decided} by the gate: {chosen.decision['reason']}", soft_wrap=True)
    for each in every:
        out.print(
            f"{local_time(each.switched_at)}: {each.previous or 'nothing'} -> {each.version},"
            f" {each.reason}, by {each.switched_by}",
            soft_wrap=True,
        )


def promote(version: Version, *, reason: Reason = "promoted by hand") -> None:
    """Make a version live; its vectors and lists are there, so it takes a moment."""
    with _connection() as connection:
        _, versions = _read(connection)
        _switch(connection, _named(version, versions).version, reason)
    _tell_registry()


def rollback(*, reason: Reason = "rollback") -> None:
    """Make the version live that was live before."""
    with _connection() as connection:
        live, _ = _read(connection)
        if live is None or live.previous is None:
            raise ConfigurationError("there is no version to go back to; see: recsys model list")
        _switch(connection, live.previous, reason)
    _tell_registry()


def sync() -> None:
    """Copy the versions to the model registry that RECSYS_MODEL_REGISTRY_URL names.

    A run of the pipeline and a switch do it too; this catches up where the registry was away.
    """
    from ml.registry.model_registry import copy_versions

    copied = copy_versions(ml_settings(running_stack()))
    if copied.error:
        raise UnavailableError(str(copied))
    out.print(str(copied), soft_wrap=True)


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A version.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another version.")],
) -> None:
    """Show where two versions differ: parameters, metrics, and how much their lists share."""
    from ml.features.online import OnlineFeatures

    stack = running_stack()
    with _connection() as connection:
        _, versions = _read(connection)
    one, other = (_named(name, versions) for name in (first, second))
    table = Table("", one.version, other.version, "difference")
    for a, b in ((one.parameters, other.parameters), (one.metrics, other.metrics)):
        for name in sorted(a.keys() | b.keys()):
            if a.get(name) != b.get(name):
                table.add_row(name, _figure(a.get(name)), _figure(b.get(name)), _step(a, b, name))
    out.print(table)
    with closing(OnlineFeatures(ml_settings(stack))) as features:
        lists = features.sample_lists(one.version, _USERS_COMPARED)
        others = features.top_k_of(other.version, list(lists))
    shared = [
        len(set(lists[user]) & set(items)) / max(len(lists[user]), len(items), 1)
        for user, items in others.items()
    ]
    if shared:
        out.print(f"their lists share {sum(shared) / len(shared):.0%}, over {len(shared):,} users")


def _connection() -> "Connection":
    import psycopg

    return psycopg.connect(running_stack().database_url)


def _read(connection: "Connection") -> tuple["Live | None", list["ModelVersion"]]:
    from ml.registry import repository

    return repository.live(connection), repository.versions(connection)


def _named(name: str, versions: list["ModelVersion"]) -> "ModelVersion":
    for each in versions:
        if each.version == name:
            return each
    raise ConfigurationError(f"there is no version {name}; see: recsys model list")


def _switch(connection: "Connection", version: str, reason: str) -> None:
    from ml.registry import publication_lock, repository

    repository.switch_live(
        connection, version, by=publication_lock.owner(), reason=reason, to_older=True
    )
    out.print(f"version {version} is live")


def _tell_registry() -> None:
    """Copy the switch to the model registry, if there is one; the switch holds without it."""
    from ml.registry.model_registry import copy_versions

    settings = ml_settings(running_stack())
    if settings.model_registry_url:
        out.print(str(copy_versions(settings)), soft_wrap=True)


def _place(version: "ModelVersion", live: "Live | None") -> str:
    from ml.registry.registration import alias_of

    if version.published_at is None:
        return "not published"
    alias = alias_of(version, live)
    return "" if alias == "none" else alias


def _step(a: Mapping[str, Any], b: Mapping[str, Any], name: str) -> str:
    match a.get(name), b.get(name):
        case (int() | float()) as before, (int() | float()) as after:
            return f"{after - before:+.4g}"
    return ""


def _figure(value: object) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.4f}" if abs(value) < 1 else f"{value:,.1f}"
    return str(value)
