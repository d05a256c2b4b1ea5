"""The gate: compares a new version with the live one, and decides."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ml.checks import Check
from ml.dataset import Dataset
from ml.evaluation.popularity import popularity_lists
from ml.evaluation.protocol import K, Lists
from ml.evaluation.splits import sample_users
from ml.evaluation.validation import HeldOutPart, hold_out
from ml.gate.bounds import GateBounds, Mode
from ml.gate.catalogue import keeps_items
from ml.gate.comparison import lists_of
from ml.gate.decision import Decision
from ml.gate.lists import agrees_with_twin, coverage_holds, differ_by_user, is_finite
from ml.gate.live import LiveVersion
from ml.gate.quality import against_popularity, not_worse_than_live, not_worse_than_twin
from ml.gate.segments import no_segment_falls
from ml.ranking.ranker import Ranker

_SAMPLE = 1000
"""Users whose lists the published model makes for the gate."""


def judge(
    ranker: Ranker,
    twin: Ranker | None,
    live: LiveVersion | None,
    dataset: Dataset,
    bounds: GateBounds,
    *,
    mode: Mode,
    seed: int,
) -> Decision:
    """Decide whether a version may replace the live one.

    The twins of both versions rank after the histories that end at the instant from which on the
    new twin knows nothing, on the same users and against the same held-out items.

    With too few evaluated users recall and NDCG are not compared. The first version of a shop is
    promoted so, as the shop would otherwise have none; a later one only if the live version was
    not measured either: a shop that once had enough users has lost most of its data.

    Args:
        ranker: what would be published.
        twin: its evaluated twin; None where nothing was held out.
        live: what it would replace; None before the first version.
        dataset: that the version was trained on.
        bounds: what it must keep.
        mode: whether a failed check rejects it.
        seed: of samples and of intervals.
    """
    part = hold_out(dataset) if twin else None
    case = _Case(ranker, twin, live, dataset, part, bounds, seed)
    checks = list(case.checks())
    return Decision.of(
        checks,
        mode=mode,
        evaluated_users=len(part.held_out) if part else 0,
        compared_with=live.version if live else None,
        notes=case.notes,
    )


@dataclass
class _Case:
    ranker: Ranker
    twin: Ranker | None
    live: LiveVersion | None
    dataset: Dataset
    part: HeldOutPart | None
    bounds: GateBounds
    seed: int
    notes: list[str] = field(default_factory=list)

    def checks(self) -> Iterator[Check]:
        """Those that are possible, what is plainest first."""
        if self.live:
            items = self.dataset.items["item_id"]
            yield keeps_items(set(items), self.live.item_ids, self.bounds)
        else:
            self.notes.append("It is the first version, so there is none to compare it with.")
        yield is_finite(self.ranker, self.dataset)
        users = len(self.part.held_out) if self.part else 0
        if self.part and users >= self.bounds.min_users:
            yield from self._measured(self.part)
        else:
            yield from self._unmeasured(users)
        yield from self._published()

    def _measured(self, part: HeldOutPart) -> Iterator[Check]:
        held_out, seed = part.held_out, self.seed
        popular = popularity_lists(part.earlier.interactions, list(held_out), K)
        must_beat = self.live is not None and self.live.beat_popularity
        yield from against_popularity(
            self._of_twin, popular, held_out, self.bounds, must_beat=must_beat, seed=seed
        )
        if self.live is None:
            return
        if self.live.twin is None:
            self.notes.append(
                f"The live version {self.live.version} has no twin to compare with, so popularity"
                " alone was the measure."
            )
            return
        of_live = lists_of(self.live.twin, part.earlier, held_out)
        yield from not_worse_than_live(self._of_twin, of_live, held_out, self.bounds, seed=seed)
        yield from no_segment_falls(
            self._of_twin, of_live, part.earlier, held_out, self.bounds, seed=seed
        )
        yield coverage_holds(self._of_twin, of_live, self.bounds)

    def _unmeasured(self, users: int) -> Iterator[Check]:
        needed = self.bounds.min_users
        self.notes.append(
            f"{users:,} evaluated users are too few to measure recall and NDCG: {needed:,} are"
            " needed."
        )
        if self.live:
            before = self.live.evaluated_users
            was_measured = before >= needed
            yield Check(
                name="evaluated_users",
                passed=not was_measured,
                measured=users,
                bound=needed if was_measured else 0,
                sentence=(
                    f"{users:,} users could be evaluated, of the live version {before:,}: a version"
                    f" that was {'' if was_measured else 'not '}measured"
                    f" {'may not' if was_measured else 'may'} be replaced by one that was not."
                ),
            )

    def _published(self) -> Iterator[Check]:
        """What the published model itself does, on a sample of the users."""
        if self.part and self.twin:
            sample = sample_users(self.part.held_out, seed=self.seed, max_users=_SAMPLE)
            lists = lists_of(self.ranker, self.part.earlier, sample)
            yield differ_by_user(lists, self.bounds)
            yield from agrees_with_twin(lists, self._of_twin, self.bounds)
            yield not_worse_than_twin(lists, self._of_twin, sample, self.bounds, seed=self.seed)
            return
        # Of whom nothing is known, who would rightly have one list, do not count.
        active = self.dataset.interactions["user_id"].unique()
        everyone = {str(user): set[str]() for user in active}
        sample = sample_users(everyone, seed=self.seed, max_users=_SAMPLE)
        yield differ_by_user(lists_of(self.ranker, self.dataset, sample), self.bounds)

    @cached_property
    def _of_twin(self) -> Lists:
        assert self.twin, "asked for where there is a twin"
        assert self.part, "it has a twin"
        return lists_of(self.twin, self.part.earlier, self.part.held_out)
