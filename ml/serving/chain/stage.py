"""What is common to the stages: their configuration is their fields."""

from abc import abstractmethod
from collections.abc import Collection, Sequence

from pydantic import BaseModel, ConfigDict

from ml.serving.chain.candidates import Candidate
from ml.serving.chain.context import Context


class _Configured(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    """The name by which the configuration, metrics and `recsys explain` call it."""


class Filter(_Configured):
    """Says which items a list leaves out, whichever source names them. It never waits."""

    @abstractmethod
    def excluded(self, context: Context) -> Collection[str]:
        """Item ids that the shopper is not shown; `in` must be fast for it."""


class Order(_Configured):
    """Puts candidates into another order, and may take some away. It never waits."""

    @abstractmethod
    def ordered(self, candidates: Sequence[Candidate], context: Context) -> Sequence[Candidate]:
        """The candidates, best first."""
