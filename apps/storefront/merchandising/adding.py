"""New merchandising rules are checked against the catalogue and against the other rules."""

from typing import Any

from psycopg import Connection

from apps.storefront.catalog.repository import named
from apps.storefront.merchandising import repository
from ml.merchandising import MerchandisingRule, Target
from ml.registry.merchandising_rules import rules, target_items
from streams.errors import ContractError


def add_rule(connection: Connection[Any], rule: MerchandisingRule, created_by: str) -> None:
    """Store a rule; the caller commits.

    Raises:
        ContractError: as `check`.
    """
    repository.lock(connection)
    check(connection, rule)
    repository.add(connection, rule, created_by)


def check(connection: Connection[Any], rule: MerchandisingRule) -> None:
    """Accept a rule that could be stored.

    Raises:
        ContractError: it names what the shop does not have, its name is taken, or another rule pins
            the same place in a period that overlaps; the message says which.
    """
    target, department = rule.target, rule.audience.department
    known = {each.item_id for each in named(connection, target.items)}
    if unknown := [each for each in target.items if each not in known]:
        raise ContractError(f"the shop has no product with the id {', '.join(unknown)}")
    for category in filter(None, (target.category, department, rule.occasion.in_cart)):
        if not target_items(connection, Target(category=category)):
            raise ContractError(f"the shop has no products in the category {category}")
    if target.brand and not target_items(connection, target):
        raise ContractError(f"the shop has no products of the brand {target.brand}")
    for each in rules(connection):
        if each.name == rule.name:
            raise ContractError(f"there is a rule {each.name} already")
        if each.excludes(rule):
            raise ContractError(
                f"the rule {each.name} pins place {each.amount:g} in a period that overlaps"
            )
