"""How much data there is, by itself and against the run of the live version."""

from collections.abc import Iterator, Mapping

from ml.checks import Check
from ml.data_validation.bounds import DataBounds
from ml.dataset import Dataset

TABLES = ("interactions", "users", "items")


def not_empty(dataset: Dataset) -> Iterator[Check]:
    """Whether there is anything to learn from and to recommend."""
    for name, what in (("interactions", "learn from"), ("items", "recommend")):
        rows = len(getattr(dataset, name))
        yield Check(
            name=f"some {name}",
            passed=rows > 0,
            measured=rows,
            bound=1,
            sentence=(f"There are {rows:,} {name}." if rows else f"There are no {name} to {what}."),
        )


def volumes(
    figures: Mapping[str, float], before: Mapping[str, float], bounds: DataBounds
) -> Iterator[Check]:
    """Whether no table has lost too many rows since the run of the live version.

    Args:
        figures: rows by table.
        before: the same of that run; a table that it does not tell is not compared.
        bounds: what is allowed.
    """
    for name in TABLES:
        if not before.get(name):
            continue
        fall = max(1 - figures[name] / before[name], 0.0)
        yield Check.at_most(
            name=f"number of {name}",
            measured=fall,
            bound=bounds.max_fall,
            sentence=(
                f"There are {figures[name]:,.0f} {name} and were {before[name]:,.0f} in the run of"
                f" the live version: {f'{fall:.0%} fewer' if fall else 'not fewer'}; at most"
                f" {bounds.max_fall:.0%} may be missing."
            ),
        )
