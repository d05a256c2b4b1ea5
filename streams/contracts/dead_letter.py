"""What became of a record that is no valid event."""

from pydantic import BaseModel, ConfigDict

from streams.contracts.event import Instant


class DeadLetter(BaseModel):
    """A refused record with everything needed to mend it and send it again."""

    model_config = ConfigDict(frozen=True)

    topic: str
    partition: int
    offset: int
    reason: str
    payload: str
    """The record's value; bytes that are no UTF-8 are replaced by backslash escapes."""
    failed_at: Instant

    def encode(self) -> bytes:
        """The letter as UTF-8 JSON."""
        return self.model_dump_json().encode()
