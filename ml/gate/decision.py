"""What the gate decides: its checks, and the first of them that failed."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict

from ml.checks import Check
from ml.gate.bounds import Mode


class Decision(BaseModel):
    """Whether a version goes live."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    promoted: bool
    reason: str
    """One sentence: the first check that failed, or why there is nothing against it."""
    checks: Sequence[Check]
    evaluated_users: int
    notes: Sequence[str]
    """What could not be checked, and why; each is a sentence."""
    compared_with: str | None = None
    """The version that was live; None before the first one."""

    @classmethod
    def of(
        cls,
        checks: Sequence[Check],
        *,
        mode: Mode,
        evaluated_users: int,
        compared_with: str | None,
        notes: Sequence[str],
    ) -> Self:
        """Promote the version if every check passed, or if the gate only reports."""
        failed = [check for check in checks if not check.passed]
        if not failed:
            reason = " ".join(["Every check passed.", *notes])
        elif mode == "report":
            reason = (
                f"Promoted although a check failed, as the gate only reports: {failed[0].sentence}"
            )
        else:
            reason = failed[0].sentence
        return cls(
            promoted=not failed or mode == "report",
            reason=reason,
            checks=checks,
            evaluated_users=evaluated_users,
            compared_with=compared_with,
            notes=notes,
        )

    def title(self, version: str) -> str:
        """What is decided of a version, for a heading."""
        return f"Version {version} is {'promoted' if self.promoted else 'rejected'}"

    def figures(self) -> dict[str, float]:
        """What was measured, by check, for a table of metrics."""
        return {
            "promoted": float(self.promoted),
            "evaluated_users": float(self.evaluated_users),
            **{check.name: check.measured for check in self.checks},
        }
