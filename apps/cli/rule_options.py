"""A merchandising rule as options of a command, or as a JSON file."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from apps.cli.inputs import FILE, deadline
from ml.merchandising import Action, MerchandisingRule, Surface
from ml.occasion import Weekday
from streams.contracts import describe
from streams.errors import ContractError

_TIME = {"parser": deadline, "metavar": "TIME"}


def takes_rule(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a rule; it gets the rule as its argument `rule`."""
    others = [each for each in _parameters(command) if each.name != "rule"]
    options = _parameters(_rule)

    @wraps(command)
    def run(**given: Any) -> None:
        rule = _rule(**{each.name: given.pop(each.name) for each in options})
        command(rule=rule, **given)

    # Typer reads both.
    signature = inspect.Signature([*others, *options])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()}
    return run


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def _rule(
    *,
    file: Annotated[
        Path | None,
        typer.Option(help="The rule as JSON, instead of the options below.", **FILE),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What the rule is called.")] = None,
    action: Annotated[Action | None, typer.Option(help="What it does.")] = None,
    amount: Annotated[
        float | None,
        typer.Option(
            help="Of a pin the place, of a promotion how many products at most, of boost and bury"
            " the factor; hide has none."
        ),
    ] = None,
    item: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A product; repeatable.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(metavar="PATH", help="All products of a category and below it.")
    ] = None,
    brand: Annotated[str | None, typer.Option(help="All products of a brand.")] = None,
    new_days: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Products that arrived in so many days.")
    ] = None,
    discounted: Annotated[
        bool, typer.Option("--discounted", help="Products below their list price.")
    ] = False,
    min_margin: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Products of whose price the shop keeps so much: 0.4 is 40 %."
        ),
    ] = None,
    department: Annotated[
        str | None, typer.Option(help="Only for shoppers who have stated that they like it.")
    ] = None,
    surface: Annotated[Surface | None, typer.Option(help="Only on this page.")] = None,
    min_age: Annotated[
        int | None, typer.Option(help="Only for shoppers who are known to be so old.")
    ] = None,
    max_age: Annotated[
        int | None, typer.Option(help="Only for shoppers who are not known to be older.")
    ] = None,
    weekday: Annotated[
        list[Weekday] | None, typer.Option(help="Only on this day of the week; repeatable.")
    ] = None,
    hours: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="FROM TO", help="Only in these hours of the day: 17 20."),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Of weekdays and hours; by default UTC."),
    ] = None,
    in_cart: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Only if the cart has a product of this category."),
    ] = None,
    starts_at: Annotated[
        datetime | None, typer.Option("--from", help="When it starts; by default now.", **_TIME)
    ] = None,
    ends_at: Annotated[
        datetime | None,
        typer.Option("--until", help="When it ends: 2026-12-27T00:00, or 14d from now.", **_TIME),
    ] = None,
) -> MerchandisingRule:
    target = {
        "items": item,
        "category": category,
        "brand": brand,
        "new_days": new_days,
        "discounted": discounted or None,
        "min_margin": min_margin,
    }
    audience = {
        "department": department,
        "surface": surface,
        "min_age": min_age,
        "max_age": max_age,
    }
    occasion = {"weekdays": weekday, "hours": hours, "time_zone": time_zone, "in_cart": in_cart}
    options = {
        "name": name,
        "action": action,
        "amount": amount,
        "target": _given(target),
        "audience": _given(audience),
        "occasion": _given(occasion),
        "starts_at": starts_at or (None if file else datetime.now(UTC)),
        "ends_at": ends_at,
    }
    given = {key: value for key, value in options.items() if value not in (None, {})}
    try:
        if file is None:
            return MerchandisingRule.model_validate({"target": {}, **given})
        if given:
            raise ContractError(f"the file says all of the rule; leave out {', '.join(given)}")
        return MerchandisingRule.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise ContractError(f"this is no rule: {describe(error, 'rule')}") from None


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value}
