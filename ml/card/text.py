"""The card as Markdown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ml.card.model_card import KNOWN_BY_LABELS, MODEL_LABELS, SEGMENT_LABELS, ModelCard
from ml.evaluation.estimates import Estimate, Interval
from ml.evaluation.findings import BlendChoice, ColdStart, SegmentEstimates, Validation
from ml.evaluation.metrics import METRICS, RECALL

_IN_DAYS = {"proximity_half_life", "recency_half_life"}
_DAY_SECONDS = 86_400


def as_markdown(card: ModelCard, pictures: Mapping[str, str]) -> str:
    """The card for people; `pictures` are titles by the names of the files beside it."""
    shown = {name: f"![{title}]({name})" for name, title in pictures.items()}
    sections = [
        f"# Model card {card.version}",
        (
            f"Two towers, made {card.made_at:%Y-%m-%d %H:%M} UTC with seed {card.seed},"
            f" trained in {card.train_seconds:.0f} s. `card.json` holds the same in full."
        ),
        "## Intended use",
        card.intended_use,
        "## Limits",
        "\n".join(f"- {limit}" for limit in card.limits),
        "## Data",
        _data(card),
    ]
    if card.ranking:
        sections += ["## Ranking", *_ranking(card.ranking)]
    if card.validation:
        sections += _validation(card.validation, card.seed, shown)
    sections += ["## Learning curves", shown["learning_curves.svg"], _loss(card.losses)]
    if card.validation:
        sections += _segments(card.validation, shown)
    if card.cold_start:
        sections += _cold_start(card.cold_start, shown)
    sections += [
        "## Settings",
        *filter(None, [card.start_reason, card.encoder_reason]),
        _settings(card),
    ]
    return "\n\n".join(sections) + "\n"


def _data(card: ModelCard) -> str:
    data = card.data
    rows: list[tuple[str, str]] = [
        ("interactions", f"{data.interactions:,}"),
        *((f"of type {name}", f"{count:,}") for name, count in data.interaction_types.items()),
        ("users", f"{data.users:,}, {data.users_with_preferences:,} with preferences"),
        ("items", f"{data.items:,}, {data.items_with_interactions:,} with interactions"),
    ]
    if data.first and data.last:
        rows.append(("from", f"{data.first:%Y-%m-%d %H:%M} UTC"))
        rows.append(("to", f"{data.last:%Y-%m-%d %H:%M} UTC"))
    rows += [(f"{name} known", f"{share:.0%} of the items") for name, share in data.content.items()]
    rows.append(("SHA-256", f"`{data.sha256}`"))
    return _table(("", "value"), rows)


def _ranking(ranking: BlendChoice) -> list[str]:
    rows = [
        (
            MODEL_LABELS[name],
            f"{weight:.2f}",
            ", ".join(f"{key} {value}" for key, value in ranking.parameters.get(name, {}).items()),
        )
        for name, weight in ranking.weights.items()
    ]
    return [
        "The published lists are ranked by the weighted log ranks of these models:",
        _table(("model", "weight", "settings"), rows),
        ranking.reason,
    ]


def _validation(validation: Validation, seed: int, shown: Mapping[str, str]) -> list[str]:
    return [
        "## Held-out items",
        (
            "A second model with the same settings, the twin of the published one, was trained"
            f" without {_held_out(validation)} {validation.held_out_users:,} users,"
            f" {validation.training_interactions:,} training interactions, seed {seed}. The lists"
            " rank all items that the user has not seen. The numbers in brackets are 95 % bootstrap"
            " intervals over the users."
        ),
        _scores(
            "model",
            {MODEL_LABELS[name]: of for name, of in validation.models.items()},
            validation.k,
        ),
        shown["models.svg"],
    ]


def _held_out(validation: Validation) -> str:
    if validation.held_out_from is None:
        return (
            "a share of each user's items, drawn at random as the log has no times, and its lists"
            " were scored against these:"
        )
    chosen = (
        "viewed or bought since then, as few bought anything"
        if validation.counts_views
        else "bought since then (else put in the cart or rated well; else viewed)"
    )
    return (
        f"what happened from {validation.held_out_from:%Y-%m-%d %H:%M} UTC on. Its lists were"
        f" scored against what users whom it knows {chosen}, as far as it knows the item and it was"
        " new to the user:"
    )


def _loss(losses: Sequence[float]) -> str:
    return f"Mean loss {losses[0]:.4f} in the first epoch, {losses[-1]:.4f} in epoch {len(losses)}."


def _segments(validation: Validation, shown: Mapping[str, str]) -> list[str]:
    kinds = dict.fromkeys(part.of for part in validation.segments)
    tables = []
    for kind in kinds:
        parts = [part for part in validation.segments if part.of == kind]
        tables += [f"{SEGMENT_LABELS[kind]}, {RECALL.label} at {validation.k}:", _by_segment(parts)]
    return ["## Segments", *tables, shown["segments.svg"]]


def _by_segment(parts: Sequence[SegmentEstimates]) -> str:
    models = list(parts[0].models)
    rows = [
        (
            part.name,
            part.definition,
            f"{part.models[models[0]].users:,}",
            *(_interval(part.models[name][RECALL], RECALL.decimals) for name in models),
        )
        for part in parts
    ]
    return _table(("segment", "", "users", *(MODEL_LABELS[name] for name in models)), rows)


def _cold_start(found: ColdStart, shown: Mapping[str, str]) -> list[str]:
    sections = ["## Cold start"]
    if found.new_items or found.new_users:
        sections.append(
            f"A third model was trained without {found.items:,} items and"
            f" {found.users:,} users and without their interactions."
        )
    else:
        sections.append("Nothing could be held out for this evaluation.")
    if found.new_items:
        sections += [
            "New items, encoded from their content alone and ranked among themselves:",
            _scores(
                "ranked by",
                {MODEL_LABELS[name]: of for name, of in found.new_items.items()},
                found.k,
            ),
        ]
    if found.new_users:
        scores = {
            f"{KNOWN_BY_LABELS[known_by]}: {MODEL_LABELS[name]}": of
            for known_by, models in found.new_users.items()
            for name, of in models.items()
        }
        sections += [
            (
                "New users, encoded from what is known of them at first and scored against the rest"
                " of their items:"
            ),
            _scores("known by", scores, found.k),
        ]
    return [*sections, *([shown["cold_start.svg"]] if "cold_start.svg" in shown else [])]


def _settings(card: ModelCard) -> str:
    rows = list(_setting_rows(card.config.model_dump(mode="json")))
    return _table(("setting", "value"), rows)


def _setting_rows(settings: Mapping[str, Any], group: str = "") -> Iterator[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _setting_rows(value, f"{group}{name}.")
        elif value is None:
            yield f"{group}{name}", "not set"
        elif name in _IN_DAYS:
            yield f"{group}{name}", str(timedelta(seconds=round(value * _DAY_SECONDS)))
        else:
            numbers = value if isinstance(value, list) else [value]
            shown = (f"{each:g}" if isinstance(each, float) else str(each) for each in numbers)
            yield f"{group}{name}", ", ".join(shown)


def _scores(head: str, scores: Mapping[str, Estimate], k: int) -> str:
    metrics = METRICS.values()
    rows = [
        (name, f"{of.users:,}", *(_interval(of[metric], metric.decimals) for metric in metrics))
        for name, of in scores.items()
    ]
    return _table((head, "users", *(f"{metric.label}@{k}" for metric in metrics)), rows)


def _interval(found: Interval, decimals: int) -> str:
    mean, low, high = (f"{value:.{decimals}f}" for value in (found.mean, found.low, found.high))
    return f"{mean} ({low} to {high})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
