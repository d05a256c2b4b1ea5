"""The live history: a user's newest interactions, kept by the processor and served by Feast.

In Feast it is a list of JSON objects of the contract `Interaction`, oldest first.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog

from streams.contracts import Interaction, MalformedEventError

log = structlog.get_logger()

HISTORY_LENGTH = 50
"""Maximum number of interactions per user."""

_WITHOUT = {"review_title": None, "review_content": None}
"""What a history leaves out: long texts that no reader of it needs."""


def extend(entries: Sequence[str], interactions: Iterable[Interaction]) -> list[str]:
    """The entries with more interactions, the newest `HISTORY_LENGTH` of them in order.

    An interaction that they already hold changes nothing. The entries are not decoded but for those
    that are newer than an interaction.
    """
    held = "\n".join(entries)
    fresh = {
        each.interaction_id: each for each in interactions if str(each.interaction_id) not in held
    }
    if not fresh:
        return list(entries)
    added = [(each.timestamp, encode(each)) for each in fresh.values()]
    oldest = min(timestamp for timestamp, _ in added)
    older = list(entries)
    while older and (timestamp := _timestamp(older[-1])) is not None and timestamp > oldest:
        added.append((timestamp, older.pop()))
    added.sort(key=lambda pair: pair[0])
    return [*older, *(entry for _, entry in added)][-HISTORY_LENGTH:]


def encode(interaction: Interaction) -> str:
    """An entry as Feast stores it."""
    return interaction.model_copy(update=_WITHOUT).encode().decode()


def decode(entries: Iterable[str]) -> tuple[Interaction, ...]:
    """The entries that this version can read.

    Another version may have written the others during a rolling upgrade: they are logged and
    skipped.
    """
    history = []
    skipped: MalformedEventError | None = None
    for entry in entries:
        try:
            history.append(Interaction.decode(entry.encode()))
        except MalformedEventError as error:
            skipped = error
    if skipped:
        log.warning("entries of a live history cannot be read", reason=str(skipped))
    return tuple(history)


def _timestamp(entry: str) -> datetime | None:
    """An entry's instant; None if only another version can read it."""
    try:
        return datetime.fromisoformat(json.loads(entry)["timestamp"])
    except (ValueError, KeyError, TypeError):
        return None
