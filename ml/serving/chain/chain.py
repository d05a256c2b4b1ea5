"""The chain: candidates, filters, ranking and business order, as a shop configures them."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple, Self

from pydantic import PrivateAttr, ValidationError

from ml.serving import metrics
from ml.serving.chain.candidates import Candidate
from ml.serving.chain.context import Context
from ml.serving.chain.filters import (
    AnyFilter,
    Available,
    Bought,
    HiddenByRule,
    InCart,
    Rejected,
)
from ml.serving.chain.fusion import Weight, fuse
from ml.serving.chain.interleaving import Interleaving
from ml.serving.chain.merchandising import Placements
from ml.serving.chain.ranking import Ranking
from ml.serving.chain.reasons import with_reasons
from ml.serving.chain.sources import SOURCES, Source, SourceName
from ml.serving.chain.stage import Order
from ml.serving.dependency import Dependency
from streams.contracts import describe
from streams.errors import ConfigurationError

ListSource = SourceName | Literal["none"]
StepKind = Literal["source", "filter", "fusion", "order"]


class Step(NamedTuple):
    """What one stage did to one list."""

    kind: StepKind
    stage: str
    before: Sequence[Candidate]
    after: Sequence[Candidate]
    seconds: float


@dataclass(slots=True)
class MadeList:
    """A list, and how it came about, step by step."""

    source: ListSource
    """The first source that named something that the filters left; `none`."""
    candidates: Sequence[Candidate] = ()
    """Best first, at most as many as the request asked for."""
    steps: list[Step] = field(default_factory=list)
    left_out: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The items that each filter leaves out beforehand, by its name. What cannot be sold is not
    among them: the index lacks it."""


class Chain(Ranking):
    """The stages in their order. A stage that fails is passed over, and the log says so.

    Raises:
        ConfigurationError: from `read`.
    """

    filters: tuple[AnyFilter, ...] = (
        Available(),
        Bought(),
        InCart(),
        Rejected(),
        HiddenByRule(),
    )
    interleaved: Interleaving | None = None
    """An experiment: personal lists of shoppers with an account have a second ranking in them."""
    _guards: dict[str, Dependency] = PrivateAttr(default_factory=dict)

    @classmethod
    def read(cls, text: str, name: str = "RECSYS_CHAIN") -> Self:
        """The chain that a JSON text describes; the default one if it is empty.

        Args:
            text: of the setting or option.
            name: what the error calls it.
        """
        try:
            return cls.model_validate_json(text) if text else cls()
        except ValidationError as error:
            raise ConfigurationError(f"{name}: {describe(error)}") from error

    def make(self, context: Context) -> MadeList:
        """The list for a request."""
        run = _Run(context, self._guards)
        context.excluded = self._excluded(run)
        source, found = self._ranked(self, run)
        if not found:
            return MadeList("none", steps=run.steps, left_out=run.left_out)
        if self.interleaved and context.is_personal and context.shopper.user_id is not None:
            found = self._interleaved(self.interleaved, found, run)
        if self.interleaved:
            found = _ordered([each for each in self.order if _is_last(each)], found, run)
        explained = with_reasons(found[: context.limit], context)
        return MadeList(source, explained, run.steps, run.left_out)

    def _ranked(self, ranking: Ranking, run: "_Run") -> tuple[ListSource, Sequence[Candidate]]:
        """The list of one ranking and its source; of two, without what comes after both."""
        context = run.context
        context.fused = tuple(ranking.fused)
        for name in ranking.first_of:
            context.source = name
            found = self._named(name, run)
            if found:
                break
        else:
            return "none", ()
        if ranking.fused and context.is_personal:
            found = self._fused(ranking.fused, found, run)
        order = [each for each in ranking.order if not (self.interleaved and _is_last(each))]
        return name, _ordered(order, found, run)

    def _interleaved(
        self, interleaving: Interleaving, found: Sequence[Candidate], run: "_Run"
    ) -> Sequence[Candidate]:
        """The list with that of the other ranking in it."""
        context = run.context
        other = _Run(copy(context), self._guards, left_out=run.left_out)
        _, ranked = self._ranked(interleaving.other, other)
        if not ranked:
            return found
        run.steps += (each._replace(stage=f"b: {each.stage}") for each in other.steps)
        shopper, surface = context.shopper.user_id, context.surface
        draft = partial(
            interleaving.drafted,
            other=ranked,
            seed=f"{interleaving.experiment} {shopper} {surface}",
        )
        return run.step("order", "interleaved", lambda one, _: draft(one), found)

    @property
    def lets_buy_again(self) -> bool:
        """Whether a filter says of any category that its products are bought again."""
        return any(isinstance(each, Bought) and each.again_after_days for each in self.filters)

    def to_buy_again(self, context: Context) -> tuple[str, ...] | None:
        """What the shopper has paid for and is due again, the newest purchase first.

        It is due if a filter has a time for its category that has passed, and no filter leaves it
        out. None while it is not known what the shopper did.
        """
        if not self.lets_buy_again:
            return ()
        if context.met is None or not context.features_answered:
            return None
        out = context.excluded or self._excluded(_Run(context, self._guards))
        purchases = sorted(context.purchased.items(), key=lambda bought: bought[1], reverse=True)
        return tuple(item for item, _ in purchases if item not in out)

    def _excluded(self, run: "_Run") -> Collection[str]:
        """What all filters together leave out of a search."""
        run.left_out = self._left_out(run)
        return frozenset().union(*run.left_out.values())

    def _left_out(self, run: "_Run") -> Mapping[str, Collection[str]]:
        """What each filter leaves out of a search; the index itself lacks what is unavailable."""
        found: dict[str, Collection[str]] = {}
        for each in self.filters:
            started = time.perf_counter()
            out = run.guard(each.stage).call(partial(each.excluded, run.context)) or ()
            # Once per list: to look up a source's candidates in it takes next to nothing.
            metrics.stage_seconds(each.stage).observe(time.perf_counter() - started)
            if not isinstance(each, Available):
                metrics.excluded(each.stage).inc(len(out))
                known = found.get(each.stage)
                found[each.stage] = {*known, *out} if known else out
        return found

    def _named(self, name: SourceName, run: "_Run") -> Sequence[Candidate]:
        """What a source names and the filters leave."""
        found = run.step("source", name, lambda _, context: _within(SOURCES[name], context), ())
        metrics.named(name).inc(len(found))
        for each in self.filters:
            known = run.left_out.get(each.stage)
            out = each.excluded(run.context) if known is None else known
            found = run.without(each.stage, out, found)
        return found

    def _fused(
        self, sources: Mapping[SourceName, Weight], found: Sequence[Candidate], run: "_Run"
    ) -> Sequence[Candidate]:
        added = [(weight, self._named(name, run)) for name, weight in sources.items()]
        return run.step("fusion", "fused", lambda main, _: fuse([(1.0, main), *added]), found)


def _is_last(order: Order) -> bool:
    """Whether it puts products at places of the finished list, whoever has named them."""
    return isinstance(order, Placements)


def _ordered(
    orders: Sequence[Order], found: Sequence[Candidate], run: "_Run"
) -> Sequence[Candidate]:
    for each in orders:
        found = run.step("order", each.stage, each.ordered, found)
    return found


def _within(source: Source, context: Context) -> Sequence[Candidate]:
    """What a source names of the category that is asked for."""
    found, only = source(context), context.only
    return found if only is None else [each for each in found if each.item_id in only]


Work = Callable[[Sequence[Candidate], Context], Sequence[Candidate]]


@dataclass(slots=True)
class _Run:
    """The making of one list."""

    context: Context
    guards: dict[str, Dependency]
    steps: list[Step] = field(default_factory=list)
    left_out: Mapping[str, Collection[str]] = field(default_factory=dict)
    """What each filter leaves out, found once for all sources."""

    def step(
        self, kind: StepKind, stage: str, work: Work, before: Sequence[Candidate]
    ) -> Sequence[Candidate]:
        """Let a stage work on the candidates, and note what it did."""
        started = time.perf_counter()
        done = self.guard(stage).call(lambda: work(before, self.context))
        after = before if done is None else done
        took = time.perf_counter() - started
        metrics.stage_seconds(stage).observe(took)
        self.steps.append(Step(kind, stage, before, after, took))
        return after

    def without(
        self, stage: str, out: Collection[str], before: Sequence[Candidate]
    ) -> Sequence[Candidate]:
        """Those candidates that a filter leaves, in their order."""
        if not out or not before:
            self.steps.append(Step("filter", stage, before, before, 0.0))
            return before
        started = time.perf_counter()
        after = [each for each in before if each.item_id not in out]
        if len(after) < len(before):
            metrics.left_out(stage).inc(len(before) - len(after))
        took = time.perf_counter() - started
        self.steps.append(Step("filter", stage, before, after, took))
        return after

    def guard(self, stage: str) -> Dependency:
        """What keeps a failing stage from failing the request."""
        known = self.guards.get(stage)
        return known or self.guards.setdefault(stage, Dependency(f"stage {stage} of the chain"))
