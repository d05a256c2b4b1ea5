"""Explains the list that a shopper would get now."""

from apps.storefront.accounts import repository as accounts
from apps.storefront.catalog import repository as catalog
from apps.storefront.explain.explanation import Explanation, explanation, items_of
from apps.storefront.recommendations.recommendation_list import LENGTHS, SLACK
from apps.storefront.recommender import Recommender
from ml.merchandising import Surface
from streams.database import Database


def explain(
    database: Database, recommender: Recommender, user: str, surface: Surface, shown: int
) -> Explanation:
    """Make the list as a page makes it, and say how.

    Args:
        database: of the shop.
        recommender: makes the list.
        user: an id, an e-mail address or a name.
        surface: the page.
        shown: products that are shown of each list at most.

    Raises:
        ConfigurationError: no user, or several, fit `user`.
    """
    with database.connection() as connection:
        who = accounts.known(connection, accounts.only_id_of(connection, user))
    length = LENGTHS[surface]
    context, made = recommender.explain(
        who.user_id, who.preferences, length + SLACK, surface=surface
    )
    with database.connection() as connection:
        products = catalog.named(connection, sorted(items_of(context, made)))
    names = {each.item_id: each.product_name for each in products}
    return explanation(context, made, who, names, surface=surface, length=length, shown=shown)
