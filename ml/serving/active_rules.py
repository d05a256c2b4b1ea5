"""The merchandising rules of the moment, with the products that they concern."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ml.merchandising import Action, MerchandisingRule
from ml.registry.merchandising_rules import rules, target_items
from ml.registry.repository import Connection


@dataclass(frozen=True, slots=True)
class ActiveRule:
    """A rule and its products."""

    rule: MerchandisingRule
    items: Mapping[str, None]
    """Those that the shop has: as the rule names them, else the newest first."""

    @property
    def places(self) -> bool:
        """Whether it puts products at places, also such as no source has named."""
        return self.rule.action in (Action.PIN, Action.PROMOTE)

    @property
    def moves(self) -> bool:
        """Whether it moves products within the list."""
        return self.rule.action in (Action.BOOST, Action.BURY)


def with_items(connection: Connection, rule: MerchandisingRule) -> ActiveRule:
    """A rule with its products as of now."""
    return ActiveRule(rule, target_items(connection, rule.target))


def active_rules(
    connection: Connection, known: Sequence[ActiveRule] = ()
) -> tuple[ActiveRule, ...]:
    """The rules of the moment by name; the products of `known` ones are not read again."""
    before = {each.rule: each for each in known}
    return tuple(
        before.get(rule) or with_items(connection, rule) for rule in rules(connection, active=True)
    )
