"""The live history: a user's newest interactions, kept by the processor and served by Feast.

In Feast it is a list of texts, oldest first. Each is a JSON array with what a reader needs of an
interaction, at 45 to 60 bytes: its id in base64 (RFC 4648, section 4), its instant in microseconds
since 1970, its type as one letter, its item, and, where there are any, its quantity and rating.
"""

from base64 import b64decode
from binascii import b2a_base64
from collections.abc import Iterable, MutableSequence
from datetime import UTC, datetime, timedelta
from json import JSONEncoder
from typing import Annotated, Literal, NamedTuple, Self
from uuid import UUID

import structlog
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from streams.contracts import Interaction, InteractionType, describe

log = structlog.get_logger()

HISTORY_LENGTH = 50
"""Maximum number of interactions per user."""

_Letter = Literal["v", "c", "p", "r", "+", "-"]
_LETTERS: dict[InteractionType, _Letter] = {
    InteractionType.VIEW: "v",
    InteractionType.CART: "c",
    InteractionType.PURCHASE: "p",
    InteractionType.RATE: "r",
    InteractionType.POSITIVE_VIEW: "+",
    InteractionType.NEGATIVE_VIEW: "-",
}
_TYPES = {letter: kind for kind, letter in _LETTERS.items()}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BEFORE_ID = b'["'
_ID_LENGTH = 22
"""Of 16 bytes in base64, without the two signs that fill up."""


class _Written(NamedTuple):
    """What an entry's array has."""

    interaction_id: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9+/]{21}[AQgw]$")]
    microseconds: Annotated[int, Field(ge=0, lt=1 << 52)]
    letter: _Letter
    item_id: str
    quantity: int | None = None
    rating: float | None = None


_WRITTEN = TypeAdapter(_Written)
_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Entry(NamedTuple):
    """An interaction as a history has it."""

    interaction_id: bytes
    microseconds: int
    text: str

    @classmethod
    def of(cls, interaction: Interaction) -> Self:
        """The entry of an interaction."""
        interaction_id = b2a_base64(interaction.interaction_id.bytes, newline=False)[:_ID_LENGTH]
        microseconds = (interaction.timestamp - _EPOCH) // _MICROSECOND
        # The encoder takes five times as long for the whole array.
        text = (
            f'["{interaction_id.decode()}",{microseconds}'
            f',"{_LETTERS[interaction.interaction_type]}",{_encode(interaction.item_id)}'
        )
        if interaction.rating is not None:
            text += f",{_encode(interaction.quantity)},{_encode(interaction.rating)}"
        elif interaction.quantity is not None:
            text += f",{_encode(interaction.quantity)}"
        return cls(interaction_id, microseconds, f"{text}]")


def fresh(history: bytes, entries: Iterable[Entry]) -> list[Entry]:
    """The entries that an encoded history does not hold, each once."""
    # In a text inside of an entry, quotation marks have a backslash before them or end it.
    by_id = {each.interaction_id: each for each in entries}
    return [
        each
        for interaction_id, each in by_id.items()
        if b'%b%b"' % (_BEFORE_ID, interaction_id) not in history
    ]


def extend(history: MutableSequence[str], entries: Iterable[Entry]) -> None:
    """Add entries that the history does not hold; the newest `HISTORY_LENGTH` remain in order.

    None that it holds are looked at but those that are newer than an added one.
    """
    added = [(each.microseconds, each.text) for each in entries]
    oldest = min(microseconds for microseconds, _ in added)
    while history and (newest := _microseconds(history[-1])) is not None and newest > oldest:
        added.append((newest, history.pop()))
    added.sort(key=lambda pair: pair[0])
    history.extend(text for _, text in added)
    del history[:-HISTORY_LENGTH]


def decode(user_id: str, entries: Iterable[str]) -> tuple[Interaction, ...]:
    """The user's interactions by the entries that this version can read.

    Another version may have written the others during a rolling upgrade: they are logged and
    skipped.
    """
    history = []
    skipped: ValidationError | None = None
    for entry in entries:
        try:
            history.append(_interaction(user_id, _WRITTEN.validate_json(entry, strict=True)))
        except ValidationError as error:
            skipped = error
    if skipped:
        log.warning("entries of a live history cannot be read", reason=describe(skipped))
    return tuple(history)


def _interaction(user_id: str, written: _Written) -> Interaction:
    return Interaction(
        interaction_id=UUID(bytes=b64decode(f"{written.interaction_id}==")),
        user_id=user_id,
        item_id=written.item_id,
        timestamp=_EPOCH + written.microseconds * _MICROSECOND,
        interaction_type=_TYPES[written.letter],
        quantity=written.quantity,
        rating=written.rating,
    )


def _microseconds(entry: str) -> int | None:
    """An entry's instant; None if only another version can read it.

    Decoding the entry would take ten times as long.
    """
    try:
        return int(entry.split(",", 2)[1])
    except (IndexError, ValueError):
        return None
