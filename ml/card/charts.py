"""The pictures of a card; matplotlib is imported here alone, and only when one is drawn."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.card.model_card import ModelCard
from ml.card.names import KNOWN_BY, MODELS, SEGMENTS
from ml.evaluation.bootstrap import Interval
from ml.evaluation.findings import ColdStart, Estimates, Validation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart by colour-blind readers too.
_COLOURS = {
    "two_tower": "#0072B2",
    "popularity": "#999999",
    "item_knn": "#E69F00",
    "ease": "#009E73",
    "category_popularity": "#CC79A7",
    "category_history": "#D55E00",
    "random": "#000000",
}
_STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "savefig.facecolor": "white",
    # The same figures draw the same bytes.
    "svg.hashsalt": "card",
}


def draw(card: ModelCard, folder: Path) -> dict[str, str]:
    """Write the pictures that the card has figures for as SVG into `folder`.

    Returns:
        What each shows, by the file's name.
    """
    import matplotlib as mpl

    charts: dict[str, tuple[str, Callable[[], Figure]]] = {
        "learning_curves.svg": ("Learning curves", lambda: _learning_curves(card))
    }
    validation, newcomers = card.validation, card.cold_start
    if validation:
        charts["models.svg"] = ("Models on held-out items", lambda: _models(validation))
        charts["segments.svg"] = ("Recall by segment", lambda: _segments(validation))
    if newcomers and (newcomers.new_items or newcomers.new_users):
        charts["cold_start.svg"] = ("New items and new users", lambda: _cold_start(newcomers))
    with mpl.rc_context(_STYLE):
        for name, (title, make) in charts.items():
            make().savefig(folder / name, metadata={"Date": None, "Title": title})
    return {name: title for name, (title, _) in charts.items()}


def _learning_curves(card: ModelCard) -> "Figure":
    validation = card.validation
    figure, (losses, *others) = _figure(2 if validation else 1, height=3.6)
    epochs = range(1, len(card.losses) + 1)
    losses.plot(epochs, card.losses, color=_COLOURS["two_tower"], label="published model")
    losses.set(xlabel="epoch", ylabel="mean training loss", title="Loss")
    _whole_epochs(losses)
    if validation:
        losses.plot(
            range(1, len(validation.losses) + 1),
            validation.losses,
            color=_COLOURS["item_knn"],
            linestyle="--",
            label="validation model",
        )
        axes = others[0]
        at = [point.epoch for point in validation.curve]
        recall = [point.recall for point in validation.curve]
        ndcg = [point.ndcg for point in validation.curve]
        axes.plot(at, recall, color=_COLOURS["two_tower"], marker="o", label="recall")
        axes.plot(at, ndcg, color=_COLOURS["category_history"], marker="s", label="NDCG")
        axes.set(
            xlabel="epoch",
            ylabel=f"recall, NDCG at {validation.k}",
            title="Held-out items",
            ylim=(0, None),
        )
        _whole_epochs(axes)
        axes.legend()
    losses.legend()
    return figure


def _models(validation: Validation) -> "Figure":
    models = validation.models
    figure, (left, right) = _figure(2, height=1.3 + 0.4 * len(models))
    recalls = {MODELS[name]: {name: scores.recall} for name, scores in models.items()}
    gains = {MODELS[name]: {name: scores.ndcg} for name, scores in models.items()}
    _intervals(left, recalls, f"recall at {validation.k}")
    _intervals(right, gains, f"NDCG at {validation.k}")
    return figure


def _segments(validation: Validation) -> "Figure":
    kinds = list(dict.fromkeys(part.of for part in validation.segments))
    longest = max(sum(part.of == kind for part in validation.segments) for kind in kinds)
    height = 1.5 + 0.16 * longest * (len(validation.models) + 2)
    figure, every = _figure(len(kinds), height=height)
    for axes, kind in zip(every, kinds, strict=True):
        groups = {
            part.name: {name: scores.recall for name, scores in part.models.items()}
            for part in validation.segments
            if part.of == kind
        }
        _intervals(axes, groups, f"recall at {validation.k}")
        axes.set_title(SEGMENTS[kind])
    _legend(figure, validation.models)
    return figure


def _cold_start(newcomers: ColdStart) -> "Figure":
    every: dict[str, dict[str, Estimates]] = {}
    if newcomers.new_items:
        every[f"New items, ranked among {newcomers.items}"] = {"content": newcomers.new_items}
    if newcomers.new_users:
        every["New users"] = {
            KNOWN_BY[name].replace(" and ", "\nand "): of
            for name, of in newcomers.new_users.items()
        }
    figure, panels = _figure(len(every), height=3.4)
    models: dict[str, None] = {}
    for axes, (title, groups) in zip(panels, every.items(), strict=True):
        recalls = {
            group: {name: scores.recall for name, scores in of.items()}
            for group, of in groups.items()
        }
        _intervals(axes, recalls, f"recall at {newcomers.k}")
        axes.set_title(title)
        models |= dict.fromkeys(name for of in groups.values() for name in of)
    _legend(figure, models)
    return figure


def _intervals(axes: "Axes", groups: Mapping[str, Mapping[str, Interval]], label: str) -> None:
    """A row for each group, and in it a dot with its interval for each model."""
    for row, of in enumerate(groups.values()):
        step = 0.7 / max(len(of), 1)
        for place, (name, found) in enumerate(of.items()):
            at = row + step * (place - (len(of) - 1) / 2)
            axes.errorbar(
                [found.mean],
                [at],
                xerr=[[found.mean - found.low], [found.high - found.mean]],
                color=_COLOURS[name],
                marker="o",
                capsize=3,
                clip_on=False,
            )
    axes.set(xlabel=label, xlim=(0, None), ylim=(len(groups) - 0.5, -0.5))
    axes.set_yticks(range(len(groups)), list(groups))
    axes.grid(visible=False, axis="y")


def _legend(figure: "Figure", models: Mapping[str, object]) -> None:
    from matplotlib.lines import Line2D

    figure.legend(
        handles=[
            Line2D([], [], color=_COLOURS[name], marker="o", label=MODELS[name]) for name in models
        ],
        loc="outside lower center",
        ncols=min(len(models), 4),
    )


def _figure(panels: int, *, height: float) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * max(panels, 1), height), layout="constrained")
    return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def _whole_epochs(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
