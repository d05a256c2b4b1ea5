"""Why a shopper gets a list: what was known of them, and what each stage of the chain did."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from apps.storefront.accounts.repository import KnownUser
from apps.storefront.recommendations.reasons import named_items, words
from apps.storefront.recommendations.recommendation_list import followed, list_reason
from ml.merchandising import Surface
from ml.serving.chain.candidates import Candidate
from ml.serving.chain.chain import ListSource, MadeList, Step, StepKind
from ml.serving.chain.context import Context
from ml.serving.chain.sources import obstacle_to_live
from streams.contracts import InteractionType

_NEWEST = 10
"""Events of the live history that are shown, and items of what was bought and seen."""
_TAKEN = 5
"""Candidates that are shown of those that a filter took."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Product(_Frozen):
    """A product; the name is empty where the shop no longer has it."""

    item_id: str
    name: str


class Event(_Frozen):
    """What the shopper did."""

    kind: InteractionType
    product: Product
    at: datetime


class Place(_Frozen):
    """A product in a list."""

    product: Product
    source: str
    score: float | None
    was: int | None = None
    """Its place before the stage, from 1; None: it was not in the list."""
    reason: str = ""
    rule: str = ""
    experiment: str = ""


class Stage(_Frozen):
    """What one stage did to the candidates."""

    kind: StepKind
    name: str
    milliseconds: float
    before: int
    after: int
    note: str = ""
    taken: Sequence[Product] = ()
    """The first ones that it took away."""
    first: Sequence[Place] = ()
    """The beginning of the list after it."""

    @property
    def moved(self) -> int:
        """How many of the first ones have another place than before."""
        return sum(each.was != place for place, each in enumerate(self.first, start=1))


class Explanation(_Frozen):
    """All that a person asks who wonders about a list."""

    user_id: str
    user_name: str
    at: datetime
    surface: Surface
    model_version: str | None
    source: ListSource
    reason: str
    """What the page says of the whole list."""
    preferences: Sequence[str]
    history: Sequence[Event]
    """Of the live history, newest first."""
    history_length: int
    listed: int | None
    """Length of the shopper's list of the version; None: there is none."""
    acted_since: bool
    """Whether the shopper did something that the list does not know."""
    bought: Sequence[Product]
    bought_items: int
    seen: Sequence[Product]
    """What the shopper has met and not bought, the newest first."""
    seen_items: int
    notes: Sequence[str]
    """What was not known, and why."""
    left_out: Mapping[str, int]
    """How many items each filter leaves out of a search, whichever source searches."""
    stages: Sequence[Stage]
    places: Sequence[Place]
    """The list."""


def items_of(context: Context, made: MadeList) -> set[str]:
    """The items whose names an explanation needs, and some more."""
    lists = [step.after for step in made.steps] + [step.before for step in made.steps]
    found = {each.item_id for listed in lists for each in listed}
    found.update(event.item_id for event in context.shopper.history[-_NEWEST:])
    found.update([*context.bought, *context.viewed, *named_items(made.candidates)])
    return found


def explanation(
    context: Context,
    made: MadeList,
    who: KnownUser,
    names: Mapping[str, str],
    *,
    surface: Surface,
    length: int,
    shown: int,
) -> Explanation:
    """What a finished request did, in terms that a page or a table shows.

    Args:
        context: of the request.
        made: its list.
        who: the shopper.
        names: of the products that the shop has, by item id.
        surface: where the list is shown.
        length: of the list there.
        shown: products that are shown of each list at most.
    """
    catalogue = _Names(names)
    history = context.shopper.history
    follows = followed(context.shopper.preferences, from_history=bool(history))
    reason = list_reason(made.source, follows)
    listed = made.candidates[: min(length, shown)]
    own_reasons = words(listed, names)
    return Explanation(
        user_id=who.user_id,
        user_name=who.user_name,
        at=context.now,
        surface=surface,
        model_version=context.model.version if context.model else None,
        source=made.source,
        reason=reason,
        preferences=context.shopper.preferences,
        history=[
            Event(
                kind=event.interaction_type,
                product=catalogue.product(event.item_id),
                at=event.timestamp,
            )
            for event in reversed(history[-_NEWEST:])
        ],
        history_length=len(history),
        listed=None if context.listed is None else len(context.listed),
        acted_since=context.acted_since,
        bought=catalogue.first(sorted(context.bought, key=context.bought.__getitem__)[::-1]),
        bought_items=len(context.bought),
        seen=catalogue.first(context.viewed),
        seen_items=len(context.viewed),
        notes=list(_notes(context)),
        left_out={stage: len(items) for stage, items in made.left_out.items()},
        stages=[catalogue.stage(step, context, shown) for step in made.steps],
        places=[
            catalogue.place(each, reason=own_reasons.get(each.item_id, reason)) for each in listed
        ],
    )


def _notes(context: Context) -> Iterator[str]:
    if not context.features_answered:
        yield "Feast's online store did not answer: list and live history are not known."
    if context.met is None:
        if context.listed is None or context.acted_since:
            yield "PostgreSQL did not answer what the shopper has bought and rejected."
        else:
            yield "What is stored of the shopper was not read: their list knows it."
    if context.model is None:
        yield "No model is live."
    elif context.towers is None:
        yield "The version's files are not loaded."


@dataclass(frozen=True, slots=True)
class _Names:
    names: Mapping[str, str]

    def product(self, item_id: str) -> Product:
        return Product(item_id=item_id, name=self.names.get(item_id, ""))

    def first(self, item_ids: Iterable[str], limit: int = _NEWEST) -> list[Product]:
        return [self.product(each) for each in list(item_ids)[:limit]]

    def place(self, each: Candidate, *, reason: str = "", was: int | None = None) -> Place:
        return Place(
            product=self.product(each.item_id),
            source=each.source,
            score=each.score,
            was=was,
            reason=reason,
            rule=each.rule,
            experiment=each.experiment,
        )

    def stage(self, step: Step, context: Context, shown: int) -> Stage:
        left = {each.item_id for each in step.after}
        taken = [each.item_id for each in step.before if each.item_id not in left]
        places = {each.item_id: place for place, each in enumerate(step.before, start=1)}
        is_obstacle = step.stage == "live" and not step.after
        return Stage(
            kind=step.kind,
            name=step.stage,
            milliseconds=step.seconds * 1000,
            before=len(step.before),
            after=len(step.after),
            note=obstacle_to_live(context) if is_obstacle else "",
            taken=self.first(taken, _TAKEN) if step.kind == "filter" else (),
            first=[]
            if step.kind == "filter"
            else [self.place(each, was=places.get(each.item_id)) for each in step.after[:shown]],
        )
