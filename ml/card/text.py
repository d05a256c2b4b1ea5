"""The card as Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from ml.card.model_card import ModelCard
from ml.card.names import KNOWN_BY, MODELS, SEGMENTS
from ml.evaluation.bootstrap import Interval
from ml.evaluation.estimate import Estimate
from ml.evaluation.findings import ColdStart, SegmentEstimates, Validation


def as_markdown(card: ModelCard, pictures: Mapping[str, str]) -> str:
    """The card for people; `pictures` are titles by the names of files that lie beside it."""
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
    if card.validation:
        sections += _validation(card.validation, card.seed, shown)
    sections += ["## Learning curves", shown["learning_curves.svg"], _loss(card.losses)]
    if card.validation:
        sections += _segments(card.validation, shown)
    if card.cold_start:
        sections += _cold_start(card.cold_start, shown)
    sections += ["## Settings", _settings(card)]
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


def _validation(validation: Validation, seed: int, shown: Mapping[str, str]) -> list[str]:
    return [
        "## Held-out items",
        (
            "A second model, with the same settings, was trained without the last item that each"
            " user took to (bought; else put in the cart or rated well; else viewed) and asked for"
            f" it: {validation.held_out_users:,} users,"
            f" {validation.training_interactions:,} interactions left to learn from, seed {seed}."
            " Ranked are all items, without those that the user has met."
            " In brackets: 95 % bootstrap intervals over the users."
        ),
        _scores(
            "model", {MODELS[name]: of for name, of in validation.models.items()}, validation.k
        ),
        shown["models.svg"],
    ]


def _loss(losses: Sequence[float]) -> str:
    return f"Mean loss {losses[0]:.4f} in the first epoch, {losses[-1]:.4f} in epoch {len(losses)}."


def _segments(validation: Validation, shown: Mapping[str, str]) -> list[str]:
    kinds = dict.fromkeys(part.of for part in validation.segments)
    tables = []
    for kind in kinds:
        parts = [part for part in validation.segments if part.of == kind]
        tables += [f"{SEGMENTS[kind]}, recall at {validation.k}:", _by_segment(parts)]
    return ["## Segments", *tables, shown["segments.svg"]]


def _by_segment(parts: Sequence[SegmentEstimates]) -> str:
    models = list(parts[0].models)
    rows = [
        (
            part.name,
            part.definition,
            f"{part.models[models[0]].users:,}",
            *(_interval(part.models[name].recall) for name in models),
        )
        for part in parts
    ]
    return _table(("segment", "", "users", *(MODELS[name] for name in models)), rows)


def _cold_start(newcomers: ColdStart, shown: Mapping[str, str]) -> list[str]:
    sections = ["## Cold start"]
    if newcomers.new_items or newcomers.new_users:
        sections.append(
            f"A third model was trained without {newcomers.items:,} items and"
            f" {newcomers.users:,} users, with all that they did."
        )
    else:
        sections.append("Nothing could be held out to measure it.")
    if newcomers.new_items:
        sections += [
            "New items, encoded by their content alone and ranked among themselves:",
            _scores(
                "ranked by",
                {MODELS[name]: of for name, of in newcomers.new_items.items()},
                newcomers.k,
            ),
        ]
    if newcomers.new_users:
        scores = {
            f"{KNOWN_BY[known_by]}: {MODELS[name]}": of
            for known_by, models in newcomers.new_users.items()
            for name, of in models.items()
        }
        sections += [
            (
                "New users, encoded by what is known of them at first and asked for the rest of"
                " their items:"
            ),
            _scores("known by", scores, newcomers.k),
        ]
    return [*sections, *([shown["cold_start.svg"]] if "cold_start.svg" in shown else [])]


def _settings(card: ModelCard) -> str:
    rows = [(name, f"`{value}`") for name, value in card.config.model_dump(mode="json").items()]
    return _table(("setting", "value"), rows)


def _scores(head: str, scores: Mapping[str, Estimate], k: int) -> str:
    rows = [
        (name, f"{of.users:,}", _interval(of.recall), _interval(of.ndcg))
        for name, of in scores.items()
    ]
    return _table((head, "users", f"recall@{k}", f"NDCG@{k}"), rows)


def _interval(found: Interval) -> str:
    return f"{found.mean:.4f} ({found.low:.4f} to {found.high:.4f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
