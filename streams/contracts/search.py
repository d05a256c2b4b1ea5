"""What a shopper searched for, without what may tell more about them than what they want."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from streams.contracts.event import Event
from streams.contracts.identifier import EventId
from streams.contracts.instant import Instant
from streams.contracts.text import Key, Storable

MAX_QUERY_LENGTH = 200
"""In characters."""
E_MAIL = "[e-mail]"
NUMBER = "[number]"
"""What stands for an address, and for a number as long as that of a telephone or a card."""

_E_MAIL = re.compile(r"\S+@\S+")
_NUMBER = re.compile(r"(?<!\w)\+?\(?\d(?:[ ()./-]{0,2}\d){6,}(?!\w)")


def normalised(query: str) -> str:
    """A query as events hold it: one spelling of the same words, and no address or long number.

    Compatibility forms and letter case are folded (Unicode TR 15, NFKC, and case folding), spaces
    are single ones. The result may be empty.
    """
    folded = unicodedata.normalize("NFKC", query.replace("\x00", "")).casefold()
    words = " ".join(unicodedata.normalize("NFKC", folded).split())
    return _NUMBER.sub(NUMBER, _E_MAIL.sub(E_MAIL, words))[:MAX_QUERY_LENGTH].strip()


def _is_normalised(query: str) -> str:
    if query != normalised(query):
        raise ValueError("the query is not normalised")
    return query


class Search(Event):
    """One search of a shopper and how much it found, on topic `searches`."""

    search_id: EventId
    """UUIDv7; sending the same id again adds nothing."""
    user_id: Key
    timestamp: Instant
    query: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_QUERY_LENGTH),
        Storable,
        AfterValidator(_is_normalised),
    ]
    """Case folded, with single spaces, and without e-mail addresses and long numbers."""
    result_count: Annotated[int, Field(ge=0, le=1_000_000_000)]
    """Products that were found, on all pages of the result."""
    surface: Key
    """Where it was answered."""
    session_id: Key | None = None

    @property
    def key(self) -> str:
        """The user, so that all their events keep their order."""
        return self.user_id

    @property
    def occurred_at(self) -> datetime:
        """Its timestamp."""
        return self.timestamp
