"""The live history: a user's newest interactions, kept by the processor and served by Feast.

In Feast it is a list of JSON objects of the contract `Interaction`, oldest first.
"""

from collections.abc import Iterable, MutableSequence
from datetime import datetime
from typing import NamedTuple, Self

import structlog

from streams.contracts import Interaction, MalformedEventError

log = structlog.get_logger()

HISTORY_LENGTH = 50
"""Maximum number of interactions per user."""

_BEFORE_ID = b'{"interaction_id":"'
_ID_LENGTH = 36
_ID = slice(len(_BEFORE_ID), len(_BEFORE_ID) + _ID_LENGTH)
_WITHOUT = {"review_title": None, "review_content": None}
"""What a history leaves out: long texts that no reader of it needs."""


class Entry(NamedTuple):
    """An interaction as a history has it."""

    interaction_id: bytes
    timestamp: datetime
    text: str

    @classmethod
    def of(cls, interaction: Interaction, encoded: bytes) -> Self:
        """The entry of an interaction and its encoding, which begins with its id."""
        if interaction.review_title is not None or interaction.review_content is not None:
            encoded = interaction.model_copy(update=_WITHOUT).encode()
        return cls(encoded[_ID], interaction.timestamp, encoded.decode())


def fresh(history: bytes, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that an encoded history does not hold, each once."""
    # In a JSON text inside of an entry, quotation marks have a backslash before them.
    held = {entry[:_ID_LENGTH] for entry in history.split(_BEFORE_ID)}
    by_id = {each.interaction_id: each for each in entries}
    return [each for interaction_id, each in by_id.items() if interaction_id not in held]


def extend(history: MutableSequence[str], entries: Iterable[Entry]) -> None:
    """Add entries that the history does not hold; the newest `HISTORY_LENGTH` remain in order.

    None that it holds are decoded but those that are newer than an added one.
    """
    added = [(each.timestamp, each.text) for each in entries]
    oldest = min(timestamp for timestamp, _ in added)
    while history and (timestamp := _timestamp(history[-1])) is not None and timestamp > oldest:
        added.append((timestamp, history.pop()))
    added.sort(key=lambda pair: pair[0])
    history.extend(text for _, text in added)
    del history[:-HISTORY_LENGTH]


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
