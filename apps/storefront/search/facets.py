"""How many of the products that a search found have which category, attribute, rating and price."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

MAX_VALUES = 12
"""Of a facet: those that most products have."""
_MIN_BRAND = 2
"""Products, or the first word of the name is hardly a brand."""

FACETS = sql.SQL("""(
    select jsonb_agg(jsonb_build_array(name, value, products)) from (
        select name, value, count(*) as products
        from found join shop.products using (item_id), lateral (
            select split_part(each, '=', 1), substr(each, strpos(each, '=') + 1)
            from unnest(attributes) as each
            union all
            select 'category', array_to_string(
                (string_to_array(category, '|'))[:%(facet_depth)s], '|') where category <> ''
            union all
            select 'rating', star::text from generate_series(1, 4) as star where stars >= star
            union all
            select 'in_stock', 'true' where stock is distinct from 0
        ) as facet (name, value)
        group by name, value
    ) as counted
)""")
"""Of the rows of `found`. Needs the parameter `facet_depth`."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value, and how many of the products found have it."""

    value: str
    products: int


def facets(counted: Iterable[Sequence[object]]) -> Mapping[str, Sequence[FacetValue]]:
    """By facet its most frequent values, in this order; ratings from the best down.

    Args:
        counted: facet, value and number of products.
    """
    found: dict[str, list[FacetValue]] = {}
    for name, value, products in counted:
        assert isinstance(products, int)
        if name != "brand" or products >= _MIN_BRAND:
            found.setdefault(str(name), []).append(FacetValue(str(value), products))
    return {
        name: sorted(
            values,
            key=lambda each: (each.value if name == "rating" else "", each.products),
            reverse=True,
        )[:MAX_VALUES]
        for name, values in sorted(found.items())
    }
