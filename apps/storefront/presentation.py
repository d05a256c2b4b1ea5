"""How values look on a page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flask import Flask, url_for

from apps.storefront.accounts import authentication
from apps.storefront.catalog.label import label
from apps.storefront.events.attribution import Attribution
from apps.storefront.pictures.picture import kind_picture, picture_of
from apps.storefront.recommendations.routes import popular_shelves
from apps.storefront.settings import StorefrontSettings
from apps.storefront.submissions.submission import new_form_id
from streams.contracts import category

_NEW_FOR = timedelta(days=30)
_STARS = 5


def install(app: Flask, settings: StorefrontSettings) -> None:
    """Give the templates their filters and globals."""
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

    def money(amount: Decimal) -> str:
        return f"{settings.currency_symbol}{amount:,.2f}"

    app.add_template_filter(money, "money")
    app.add_template_filter(category.ancestors, "path")
    for function in (label, halves, day, is_new, plain_stars):
        app.add_template_filter(function)
    app.add_template_global(picture_of)
    app.add_template_global(kind_picture)
    app.add_template_global(product_url)
    app.add_template_global(new_form_id)
    app.add_template_global(authentication.visitor)
    app.add_template_global(popular_shelves)
    app.add_template_global(settings.shop_name, "shop_name")  # type: ignore[arg-type]
    app.add_template_global(settings.currency_symbol, "currency")  # type: ignore[arg-type]


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


def product_url(
    item_id: str,
    surface: str | None = None,
    position: int | None = None,
    version: str | None = None,
    experiment: str | None = None,
) -> str:
    """A link to a product that says from which list it was followed.

    Raises:
        ValidationError: an interaction that follows from the link could not name the list.
    """
    attribution = Attribution(
        surface=surface, position=position, model_version=version, experiment=experiment
    )
    return url_for("product.index", item_id=item_id, **attribution.parameters)  # type: ignore[arg-type]
