"""The live history: a user's newest interactions, kept by the processor and served by Feast.

In Feast it is a list of JSON objects of the contract `Interaction`, oldest first.
"""

from collections.abc import Iterable, Sequence

import structlog

from streams.contracts import Interaction, MalformedEventError

log = structlog.get_logger()

HISTORY_LENGTH = 50
"""Maximum number of interactions per user."""

_WITHOUT = {"review_title": None, "review_content": None}
"""What a history leaves out: long texts that no reader of it needs."""


def extend(history: Sequence[Interaction], interaction: Interaction) -> list[Interaction]:
    """The history with one more interaction; one that it already holds changes nothing."""
    if any(past.interaction_id == interaction.interaction_id for past in history):
        return list(history)
    entry = interaction.model_copy(update=_WITHOUT)
    return sorted([*history, entry], key=lambda past: past.timestamp)[-HISTORY_LENGTH:]


def encode(history: Sequence[Interaction]) -> list[str]:
    """The newest entries as Feast stores them."""
    return [entry.encode().decode() for entry in history[-HISTORY_LENGTH:]]


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
