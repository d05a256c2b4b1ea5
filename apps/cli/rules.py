"""`recsys rules`: what the shop decides about the order of its lists, and previews of it."""

from contextlib import closing
from datetime import UTC, datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from apps.cli.connections import serving_settings, shop_database_url
from apps.cli.progress import local_time, out
from apps.cli.rule_options import takes_rule
from apps.cli.shoppers import UserOrVisitor
from ml.merchandising import MerchandisingRule, Surface
from ml.occasion import ALWAYS
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from psycopg import Connection

    from ml.serving.chain.candidates import Candidate

_LOADING_SECONDS = 30.0

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `recsys rules list` names it.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    rules = typer.Typer(no_args_is_help=True, help="Merchandising rules: the shop's own order.")
    rules.command(name="list")(list_rules)
    rules.command()(show)
    rules.command()(takes_rule(add))
    rules.command()(remove)
    rules.command()(takes_rule(preview))
    cli.add_typer(rules, name="rules")


def list_rules() -> None:
    """Show all rules, and which of them work now.

    The database of these commands is that of RECSYS_DATABASE_URL, else the running stack's.
    """
    from ml.registry.merchandising_rules import rules

    with _connection() as connection:
        found = rules(connection)
    table = Table("name", "what it does", "products", "for", "from", "until", "now")
    for each in found:
        table.add_row(
            escape(each.name),
            each.effect,
            escape(str(each.target)),
            escape(", ".join(filter(None, map(str, (each.audience, each.occasion))))),
            local_time(each.starts_at),
            local_time(each.ends_at),
            "yes" if each.is_active(datetime.now(UTC)) else "no",
        )
    out.print(table)


def show(name: Name) -> None:
    """Show a rule as JSON, as `recsys rules add --file` takes it, and who added it."""
    from apps.storefront.merchandising.repository import origin
    from ml.registry.merchandising_rules import rules

    with _connection() as connection:
        found = next((each for each in rules(connection) if each.name == name), None)
        added = origin(connection, name)
    if found is None or added is None:
        raise _unknown(name)
    print(found.model_dump_json(exclude_defaults=True, indent=2))
    out.print(f"added {local_time(added[0])} by {escape(added[1])}", soft_wrap=True)


def add(rule: MerchandisingRule) -> None:
    """Store a rule after it was checked; lists follow it within about two seconds."""
    from apps.storefront.merchandising.adding import add_rule
    from ml.registry.publication_lock import owner

    with _connection() as connection:
        add_rule(connection, rule, owner())
    out.print(
        f"the rule {escape(rule.name)} works from {local_time(rule.starts_at)}"
        f" until {local_time(rule.ends_at)}",
        soft_wrap=True,
    )


def remove(name: Name) -> None:
    """Remove a rule; lists forget it within about two seconds."""
    from apps.storefront.merchandising.repository import remove as remove_rule

    with _connection() as connection:
        if not remove_rule(connection, name):
            raise _unknown(name)
    out.print(f"the rule {escape(name)} is removed", soft_wrap=True)


def preview(
    *,
    user: UserOrVisitor = None,
    rule: MerchandisingRule,
    length: Annotated[int, typer.Option(min=1, max=100, help="Products in a list.")] = 20,
) -> None:
    """Show a shopper's list without and with a rule, which is not stored.

    The rule counts as if its period had begun and its occasion were now. Rules that work now count
    in both lists.
    """
    from apps.storefront.accounts.repository import only_id_of
    from apps.storefront.catalog.repository import named
    from apps.storefront.merchandising.adding import check
    from ml.registry.shoppers import preferences as stated_preferences
    from ml.registry.shoppers import reached_age
    from ml.serving.active_rules import active_rules, with_items
    from ml.serving.recommender import Recommender

    surface = rule.audience.surface or Surface.HOME
    with _connection() as connection, closing(Recommender(serving_settings())) as recommender:
        check(connection, rule)
        user_id = only_id_of(connection, user) if user else None
        preferences = stated_preferences(connection, user_id) if user_id else ()
        age = reached_age(connection, user_id) if user_id else None
        active, tried = (
            active_rules(connection),
            with_items(connection, rule.model_copy(update={"occasion": ALWAYS})),
        )
        recommender.wait_until_loaded(_LOADING_SECONDS)
        without, with_rule = (
            recommender.explain(user_id, preferences, length, surface=surface, rules=rules)[1]
            for rules in (active, (*active, tried))
        )
        listed = [each.item_id for each in (*without.candidates, *with_rule.candidates)]
        names = {each.item_id: each.product_name for each in named(connection, listed)}
    table = Table(
        Column("", justify="right"),
        Column("without the rule", ratio=1, no_wrap=True),
        Column("with the rule", ratio=1, no_wrap=True),
        Column("rules", max_width=16, no_wrap=True),
        title=f"{user_id or 'a visitor'}, {surface}, list: {with_rule.source}",
        expand=True,
    )
    pairs = zip_longest(without.candidates, with_rule.candidates)
    for place, (before, after) in enumerate(pairs, start=1):
        touched = escape(after.rule) if after else ""
        table.add_row(str(place), _product(before, names), _product(after, names), touched)
    out.print(table)
    if not rule.audience.has(preferences, surface, age):
        out.print(f"the rule is not for this shopper: it is for {escape(str(rule.audience))}")
    elif list(without.candidates) == list(with_rule.candidates):
        out.print("the rule changes nothing in this list")


def _connection() -> "Connection[Any]":
    import psycopg

    return psycopg.connect(shop_database_url())


def _product(candidate: "Candidate | None", names: dict[str, str]) -> str:
    if candidate is None:
        return ""
    return escape(f"{candidate.item_id} {names.get(candidate.item_id, '')}")


def _unknown(name: str) -> ConfigurationError:
    return ConfigurationError(f"there is no rule {name}; see: recsys rules list")
