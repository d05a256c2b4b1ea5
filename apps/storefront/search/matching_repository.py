"""SQL of full text: the products that hold the words of a text, and how well."""

from psycopg import sql

from apps.storefront.search.question import Form

MIN_MATCHES = 100
"""Products that match, from which on no wider condition is tried: a page at most."""
_WEIGHTS = "{0.2, 0.2, 0.6, 1}"
"""Of a word in the description, in nothing, in the category and in the name."""
_ONE_OCCURRENCE = 1.64493406685
"""By which PostgreSQL divides the rank of one word, so that it stays below 1."""

_NOTHING_MATCHES = sql.SQL(
    "matched as (select null::text as item_id, false as is_strict, 0 as text_score where false)"
)


def matched(form: Form) -> sql.Composable:
    """Common table expressions down to `matched`: what holds the words, each tier while it needs.

    A product may be in several tiers.
    """
    if not form.tiers:
        return _NOTHING_MATCHES
    score = _text_score(form)
    tiers = [
        sql.SQL("""
            {name} as materialized (
                select item_id, {is_strict} as is_strict, {score} as text_score from shop.products
                where {needed} and stems @@ to_tsquery(%(language)s::regconfig, {words})
                    and {condition}
            )
        """).format(
            name=_tier(number),
            is_strict=sql.Literal(number == 0),
            score=score,
            needed=sql.SQL(" and ").join(
                sql.SQL("(select count(*) < {} from {})").format(
                    sql.Literal(MIN_MATCHES), _tier(before)
                )
                for before in range(number)
            )
            if number
            else sql.SQL("true"),
            words=sql.Placeholder(f"tier_{number}"),
            condition=sql.SQL(form.condition),
        )
        for number in range(form.tiers)
    ]
    everything = sql.SQL(" union all ").join(
        sql.SQL("table {}").format(_tier(number)) for number in range(form.tiers)
    )
    return sql.SQL("{}, matched as ({})").format(sql.SQL(", ").join(tiers), everything)


def _tier(number: int) -> sql.Identifier:
    return sql.Identifier(f"tier_{number}")


def _text_score(form: Form) -> sql.Composable:
    """The weighted share of the groups that a product holds, 0 to 1."""
    if not form.groups:
        return sql.SQL("0")
    parts = [
        sql.SQL("{} * least(1, greatest({}))").format(
            sql.Placeholder(f"weight_{number}"),
            sql.SQL(", ").join(
                _rank(sql.Placeholder(f"group_{number}_{at}"), has_several_words=several)
                for at, several in enumerate(alternatives)
            ),
        )
        for number, alternatives in enumerate(form.groups)
    ]
    return sql.SQL("({}) / %(weights)s").format(sql.SQL(" + ").join(parts))


def _rank(words: sql.Placeholder, *, has_several_words: bool) -> sql.Composable:
    """How well a product holds words, 0 to 1; the rank of several words is that without help."""
    return sql.SQL(
        "{factor} * ts_rank({weights}::real[], stems, to_tsquery(%(language)s::regconfig, {words}))"
    ).format(
        factor=sql.Literal(1.0 if has_several_words else _ONE_OCCURRENCE),
        weights=sql.Literal(_WEIGHTS),
        words=words,
    )
