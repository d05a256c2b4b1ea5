import copy
from collections.abc import Callable
from typing import Any

import pytest

from streams.schemas.asyncapi import document
from streams.schemas.compatibility import breaking_changes

Schema = dict[str, Any]
Change = Callable[[Schema], object]


def interaction(schemas: Schema) -> Schema:
    found: Schema = schemas["Interaction"]
    return found


def field(schemas: Schema, name: str) -> Schema:
    found: Schema = interaction(schemas)["properties"][name]
    return found


def plain(schemas: Schema, name: str) -> Schema:
    """An optional field's schema apart from null."""
    found: Schema = field(schemas, name)["anyOf"][0]
    return found


BREAKING: dict[str, tuple[str, Change]] = {
    "a field is removed": (
        "Interaction.surface: is gone",
        lambda s: interaction(s)["properties"].pop("surface"),
    ),
    "a required field is removed": (
        "Interaction.item_id: is gone",
        lambda s: (
            interaction(s)["properties"].pop("item_id"),
            interaction(s)["required"].remove("item_id"),
        ),
    ),
    "a field is renamed": (
        "Interaction.surface: is gone",
        lambda s: interaction(s)["properties"].update(
            page=interaction(s)["properties"].pop("surface")
        ),
    ),
    "a new field is required": (
        "Interaction.shop: is now required",
        lambda s: (
            interaction(s)["properties"].update(shop={"type": "string"}),
            interaction(s)["required"].append("shop"),
        ),
    ),
    "an optional field becomes required": (
        "Interaction.session_id: is now required",
        lambda s: interaction(s)["required"].append("session_id"),
    ),
    "a required field becomes optional": (
        "Interaction.item_id: is no longer always there",
        lambda s: interaction(s)["required"].remove("item_id"),
    ),
    "a type changes": (
        "Interaction.user_id: type",
        lambda s: field(s, "user_id").update(type="integer"),
    ),
    "a type becomes wider": (
        "Interaction.quantity: type",
        lambda s: plain(s, "quantity").update(type="number"),
    ),
    "a field becomes a union": (
        "Interaction.user_id",
        lambda s: field(s, "user_id").update(anyOf=[{"type": "string"}, {"type": "integer"}]),
    ),
    "null is no longer allowed": (
        "Interaction.quantity: null",
        lambda s: field(s, "quantity").update(anyOf=[plain(s, "quantity")]),
    ),
    "null becomes possible": (
        "Interaction.user_id: may now be null",
        lambda s: interaction(s)["properties"].update(
            user_id={"anyOf": [field(s, "user_id"), {"type": "null"}]}
        ),
    ),
    "a text becomes shorter": (
        "Interaction.user_id: maxLength",
        lambda s: field(s, "user_id").update(maxLength=64),
    ),
    "a number becomes smaller": (
        "Interaction.quantity: maximum",
        lambda s: plain(s, "quantity").update(maximum=99),
    ),
    "a number becomes larger": (
        "Interaction.position: minimum",
        lambda s: plain(s, "position").update(minimum=1),
    ),
    "a limit is new": (
        "Interaction.position: exclusiveMaximum",
        lambda s: plain(s, "position").update(exclusiveMaximum=5),
    ),
    "halves become whole numbers": (
        "Interaction.rating: has to be",
        lambda s: plain(s, "rating").update(multipleOf=1),
    ),
    "steps are new": (
        "Interaction.quantity: has to be",
        lambda s: plain(s, "quantity").update(multipleOf=2),
    ),
    "a pattern is new": (
        "Interaction.user_id: pattern",
        lambda s: field(s, "user_id").update(pattern="^u"),
    ),
    "a format changes": (
        "Interaction.timestamp: format",
        lambda s: field(s, "timestamp").update(format="date"),
    ),
    "an enum member is removed": (
        "Interaction.interaction_type: only",
        lambda s: s["InteractionType"]["enum"].remove("cart"),
    ),
    "a text becomes an enum": (
        "Interaction.surface: only",
        lambda s: plain(s, "surface").update(enum=["home"]),
    ),
    "another field becomes required with it": (
        "Interaction: then",
        lambda s: interaction(s)["then"]["required"].append("review_title"),
    ),
    "unknown fields are refused": (
        "Interaction: unknown fields",
        lambda s: interaction(s).update(additionalProperties=False),
    ),
}

COMPATIBLE: dict[str, Change] = {
    "nothing": lambda _: None,
    "an optional field is added": lambda s: interaction(s)["properties"].update(
        shop={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    ),
    "an enum member is added": lambda s: s["InteractionType"]["enum"].append("wish"),
    "a limit becomes wider": lambda s: plain(s, "quantity").update(maximum=20_000, minimum=0),
    "a limit goes": lambda s: field(s, "user_id").pop("maxLength"),
    "halves become quarters": lambda s: plain(s, "rating").update(multipleOf=0.25),
    "steps go": lambda s: plain(s, "rating").pop("multipleOf"),
    "other words": lambda s: interaction(s).update(description="What somebody did."),
    "a contract is added": lambda s: s.update(Return={"type": "object"}),
}


def changed(change: Change) -> Schema:
    new = copy.deepcopy(document())
    change(new["components"]["schemas"])
    return new


@pytest.mark.parametrize(("expected", "change"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_producers_or_consumers_is_found(expected: str, change: Change) -> None:
    (found,) = breaking_changes(document(), changed(change))
    assert found.startswith(expected)


@pytest.mark.parametrize("change", COMPATIBLE.values(), ids=COMPATIBLE)
def test_what_breaks_nobody_is_not(change: Change) -> None:
    assert breaking_changes(document(), changed(change)) == []


def test_topics_stay_with_their_messages_and_partitions() -> None:
    old, new = document(), copy.deepcopy(document())
    del new["channels"]["new-users"]
    new["channels"]["interactions"]["bindings"]["kafka"]["partitions"] += 3
    new["channels"]["interactions-valid"]["messages"] = {"Other": {}}
    assert [change.split(":")[0] for change in breaking_changes(old, new)] == [
        "interactions",
        "interactions-valid",
        "new-users",
    ]
    assert breaking_changes(new, new) == []


def test_a_new_topic_breaks_nobody() -> None:
    new = copy.deepcopy(document())
    new["channels"]["returns"] = new["channels"]["interactions"]
    assert breaking_changes(document(), new) == []
