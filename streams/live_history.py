"""The live history: a user's newest interactions, kept by the processor and served by Feast.

In Feast it is a list of JSON objects of the contract `Interaction`, oldest first.
"""

from collections.abc import Iterable, MutableSequence
from datetime import datetime

import structlog

from streams.contracts import Interaction, MalformedEventError

log = structlog.get_logger()

HISTORY_LENGTH = 50
"""Maximum number of interactions per user."""

_WITHOUT = {"review_title": None, "review_content": None}
"""What a history leaves out: long texts that no reader of it needs."""


def fresh(history: bytes, interactions: Iterable[Interaction]) -> list[Interaction]:
    """The interactions that an encoded history does not hold, each once."""
    by_id = {str(each.interaction_id): each for each in interactions}
    return [each for name, each in by_id.items() if name.encode() not in history]


def extend(entries: MutableSequence[str], interactions: Iterable[Interaction]) -> None:
    """Add interactions that the entries do not hold; the newest `HISTORY_LENGTH` remain in order.

    No entries are decoded but those that are newer than an interaction.
    """
    added = [(each.timestamp, encode(each)) for each in interactions]
    oldest = min(timestamp for timestamp, _ in added)
    while entries and (timestamp := _timestamp(entries[-1])) is not None and timestamp > oldest:
        added.append((timestamp, entries.pop()))
    added.sort(key=lambda pair: pair[0])
    entries.extend(entry for _, entry in added)
    del entries[:-HISTORY_LENGTH]


def encode(interaction: Interaction) -> str:
    """An entry as Feast stores it."""
    if interaction.review_title is not None or interaction.review_content is not None:
        interaction = interaction.model_copy(update=_WITHOUT)
    return interaction.encode().decode()


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
    """An entry's instant; None if only another version can read it.

    Decoding the entry would take ten times as long. A quotation mark inside of a JSON text has a
    backslash before it, so the first one behind ends the instant.
    """
    _, _, rest = entry.partition('"timestamp":"')
    try:
        return datetime.fromisoformat(rest[: rest.find('"')])
    except ValueError:
        return None
