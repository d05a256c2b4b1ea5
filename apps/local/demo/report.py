"""The report of a demonstration: figures, and whether every step held."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, Field

from ml.data.fields import RejectedRow


class Check(BaseModel):
    """A condition, and whether it held."""

    name: str
    held: bool
    found: str


class ListChange(BaseModel):
    """A scripted shopper's list before and after the retraining."""

    user_id: str
    wanted: str
    """The category that the shopper likes."""
    before: list[str]
    after: list[str]
    matching_before: float
    """Share of the list that is in that category."""
    matching_after: float


class Report(BaseModel):
    """What a demonstration did; its JSON is the report that is written."""

    events_read: int = 0
    """Valid rows of the log or the data set, and events of the scripted shoppers."""
    events_acknowledged: int = 0
    events_in_postgres: int = 0
    """Without the view verdicts, which the processor derives."""
    events_distinct: int = 0
    view_verdicts: int = 0
    dlq: int = 0
    rejected: list[RejectedRow] = Field(default_factory=list)
    """Rows of the files that could not be read, with line and reason."""
    repaired: list[str] = Field(default_factory=list)
    """Values that were dropped from rows that are otherwise usable, with line and reason."""
    users: int = 0
    items: int = 0
    model_version: str | None = None
    users_with_top_k: int = 0
    held_out_users: int | None = None
    recall_at_20: float | None = None
    ndcg_at_20: float | None = None
    popularity_recall_at_20: float | None = None
    popularity_ndcg_at_20: float | None = None
    list_changes: list[ListChange] = Field(default_factory=list)
    seconds: dict[str, float] = Field(default_factory=dict)
    checks: list[Check] = Field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every check held."""
        return all(check.held for check in self.checks)

    def check(self, name: str, *, held: bool, found: object) -> None:
        """Note whether something holds."""
        self.checks.append(Check(name=name, held=held, found=str(found)))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time spent inside to `seconds`."""
        start = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds.get(name, 0.0) + time.monotonic() - start
            self.seconds[name] = round(spent, 2)
