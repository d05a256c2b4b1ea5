"""What the interactions are made of: who, what, when, and how views were judged."""

from collections.abc import Iterator, Mapping

import pandas as pd

from ml.checks import Check
from ml.data_validation.bounds import DataBounds
from ml.dataset import Dataset
from streams.contracts import InteractionType

POSITIVE_VERDICTS = "positive_verdict_share"
"""The figure by which runs are compared."""


def known_ids(dataset: Dataset, bounds: DataBounds) -> Iterator[Check]:
    """Whether enough interactions are with items of the catalogue, and by users who signed up."""
    log = dataset.interactions
    if len(log) < bounds.min_interactions:
        return
    for ids, known, bound, told in (
        (
            "item_id",
            dataset.items["item_id"],
            bounds.max_unknown_items,
            "an item that is not in the catalogue",
        ),
        (
            "user_id",
            dataset.users["user_id"],
            bounds.max_unknown_users,
            "a user who has not signed up",
        ),
    ):
        share = float((~log[ids].isin(known)).mean())
        yield Check.at_most(
            name=f"unknown {ids.removesuffix('_id')}s",
            measured=share,
            bound=bound,
            sentence=(
                f"{share:.1%} of the interactions are those of {told}; at most {bound:.0%} may be."
            ),
        )


def concentration(dataset: Dataset, bounds: DataBounds) -> Iterator[Check]:
    """Whether no user and no item has too large a share, of all and of each recent day."""
    log = dataset.interactions
    if len(log) < bounds.min_interactions:
        return
    age = log["timestamp"].max() - log["timestamp"]
    recent = log.loc[age < pd.Timedelta(days=bounds.recent_days), ["user_id", "item_id"]]
    recent = recent.assign(day=age // pd.Timedelta(days=1))
    sizes = recent.groupby("day")["day"].transform("size")
    recent = recent[sizes >= bounds.min_day_interactions]
    for what, ids, of_all, of_day in (
        ("user", "user_id", bounds.max_user_share, bounds.max_user_day_share),
        ("item", "item_id", bounds.max_item_share, bounds.max_item_day_share),
    ):
        yield _share_of_one(what, "all", int(log[ids].value_counts().iloc[0]), len(log), of_all)
        if len(recent):
            days = recent.groupby("day")[ids]
            largest, sizes = days.agg(lambda day: day.value_counts().iloc[0]), days.size()
            most, rows = max(
                zip(largest.tolist(), sizes.tolist(), strict=True),
                key=lambda each: each[0] / each[1],
            )
            yield _share_of_one(what, "one day's", most, rows, of_day)


def _share_of_one(what: str, of: str, most: int, rows: int, bound: float) -> Check:
    share = most / rows
    return Check.at_most(
        name=f"largest {what}, {of}",
        measured=share,
        bound=bound,
        sentence=(
            f"One {what} has {most:,} of {of} {rows:,} interactions, {share:.1%}; no {what} may"
            f" have more than {bound:.0%}."
        ),
    )


def positive_verdicts(dataset: Dataset, bounds: DataBounds) -> float | None:
    """The share of positive verdicts on views; None where there are too few verdicts."""
    counts = dataset.interactions["interaction_type"].value_counts()
    positive = int(counts.get(InteractionType.POSITIVE_VIEW, 0))
    verdicts = positive + int(counts.get(InteractionType.NEGATIVE_VIEW, 0))
    return positive / verdicts if verdicts >= bounds.min_interactions else None


def verdict_mix(
    share: float | None, before: Mapping[str, float], bounds: DataBounds
) -> Iterator[Check]:
    """Whether views are judged as they usually are.

    Args:
        share: of positive verdicts.
        before: figures of the live version's run.
        bounds: what is allowed.
    """
    if share is None:
        return
    yield Check.at_most(
        name="positive verdicts",
        measured=share,
        bound=bounds.max_positive_verdicts,
        sentence=(
            f"{share:.1%} of the judged views are positive; at most"
            f" {bounds.max_positive_verdicts:.0%} may be."
        ),
    )
    if (usual := before.get(POSITIVE_VERDICTS)) is None:
        return
    change = abs(share - usual)
    yield Check.at_most(
        name="change of the verdicts",
        measured=change,
        bound=bounds.max_verdict_change,
        sentence=(
            f"{share:.1%} of the judged views are positive, and {usual:.1%} were in the run of the"
            f" live version; they may differ by {100 * bounds.max_verdict_change:.0f} percentage"
            " points."
        ),
    )
