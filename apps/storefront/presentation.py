"""How values look on a page."""

import re
from datetime import UTC, datetime, timedelta

from flask import Flask, url_for

from apps.storefront.accounts import session
from apps.storefront.cart import repository as cart
from apps.storefront.catalog.tile import tile
from apps.storefront.services import Services
from apps.storefront.settings import StorefrontSettings

_NEW_FOR = timedelta(days=30)
_STARS = 5
_INNER_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def install(app: Flask, settings: StorefrontSettings) -> None:
    """Give the templates their filters and globals."""
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

    def money(amount: float) -> str:
        return f"{settings.currency_symbol}{amount:,.2f}"

    app.add_template_filter(money, "money")
    for function in (label, path, halves, day, is_new, plain_stars):
        app.add_template_filter(function)
    app.add_template_global(tile)
    app.add_template_global(cart_pieces)
    app.add_template_global(product_url)
    app.add_template_global(session.visitor)
    app.add_template_global(settings.shop_name, "shop_name")  # type: ignore[arg-type]


def label(category: str) -> str:
    """A category's own name: `Electronics|HDMICables` becomes `HDMI Cables`."""
    name = category.rpartition("|")[2]
    spaced = _INNER_WORD.sub(" ", name.replace("_", " "))
    return " & ".join(part.strip() for part in spaced.split("&"))


def path(category: str) -> list[str]:
    """All paths from the root to a category, the root first."""
    parts = category.split("|") if category else []
    return ["|".join(parts[: depth + 1]) for depth in range(len(parts))]


def halves(stars: float) -> list[str]:
    """The five stars as `full`, `half` or `empty`."""
    count = round(stars * 2)
    return [
        "full" if count >= 2 * place else "half" if count == 2 * place - 1 else "empty"
        for place in range(1, _STARS + 1)
    ]


def plain_stars(stars: float) -> str:
    """A rating without needless decimals: 4, 4.5, 4.2."""
    return f"{stars:.1f}".removesuffix(".0")


def day(instant: datetime) -> str:
    """A date such as 3 March 2026."""
    return f"{instant.day} {instant:%B %Y}"


def is_new(arrival: datetime) -> bool:
    """Whether a product arrived within the last 30 days."""
    return timedelta(0) <= datetime.now(UTC) - arrival < _NEW_FOR


def cart_pieces() -> int:
    """How many pieces the shopper's cart holds."""
    shopper = session.visitor()
    if shopper is None:
        return 0
    with Services.of_this_app().database.connection() as connection:
        return cart.pieces(connection, shopper.user_id)


def product_url(
    item_id: str,
    surface: str | None = None,
    position: int | None = None,
    version: str | None = None,
) -> str:
    """A link to a product that says from which list it was followed."""
    parameters = {"from": surface, "pos": position, "v": version}
    named = {name: value for name, value in parameters.items() if value is not None}
    return url_for("catalog.product", item_id=item_id, **named)  # type: ignore[arg-type]
