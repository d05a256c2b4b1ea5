"""Validates the data of a run, and reports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from ml.checks import Check
from ml.data_validation.bounds import DataBounds
from ml.data_validation.clocks import Clocks, clock_checks
from ml.data_validation.contents import (
    POSITIVE_VERDICTS,
    concentration,
    known_ids,
    positive_verdicts,
    verdict_mix,
)
from ml.data_validation.schemas import schema_checks
from ml.data_validation.volumes import TABLES, not_empty, volumes
from ml.dataset import Dataset


class DataReport(BaseModel):
    """What was found in the data of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: Sequence[Check]
    figures: Mapping[str, float]
    """With which the next run compares its own; the registry keeps them with the version."""

    @property
    def failed(self) -> list[Check]:
        """The checks that failed."""
        return [check for check in self.checks if not check.passed]

    @property
    def summary(self) -> str:
        """One sentence: that all is well, or the first check that failed."""
        return self.failed[0].sentence if self.failed else "Every check passed."

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        *,
        until: datetime,
        clocks: Clocks,
        before: Mapping[str, float],
        bounds: DataBounds,
    ) -> Self:
        """Validate a dataset.

        Args:
            dataset: what the run would train on.
            until: the instant up to which it was read.
            clocks: what the database knows of time.
            before: `figures` of the live version's run; empty before the first one.
            bounds: what the data must keep.
        """
        checks = [*not_empty(dataset), *schema_checks(dataset)]
        if not all(check.passed for check in checks):
            # Of tables that are empty or broken, the other checks would say nothing that is true.
            return cls(checks=checks, figures={})
        figures: dict[str, float] = {name: len(getattr(dataset, name)) for name in TABLES}
        figures["users"] = len(dataset.known_users())
        checks += clock_checks(dataset, until, clocks, bounds)
        checks += volumes(figures, before, bounds)
        checks += known_ids(dataset, bounds)
        checks += concentration(dataset, bounds)
        if (share := positive_verdicts(dataset, bounds)) is not None:
            figures[POSITIVE_VERDICTS] = share
        checks += verdict_mix(share, before, bounds)
        return cls(checks=checks, figures=figures)
