"""The pictures of a card; matplotlib is imported only when one is drawn."""

from collections.abc import Callable, Mapping
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.card.model_card import KNOWN_BY_LABELS, MODEL_LABELS, SEGMENT_LABELS, ModelCard
from ml.evaluation.estimates import Estimates, Interval
from ml.evaluation.findings import ColdStart, Validation
from ml.evaluation.metrics import METRICS, RECALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, which colour-blind readers can tell apart too.
_COLOURS = {
    "two_tower": "#0072B2",
    "popularity": "#999999",
    "item_knn": "#E69F00",
    "ease": "#009E73",
    "category_popularity": "#CC79A7",
    "category_history": "#D55E00",
    "random": "#000000",
}
_CURVES = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"))
"""Colour and marker of the curve of each metric; they repeat."""
STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "savefig.facecolor": "white",
    # The same figures give the same bytes.
    "svg.hashsalt": "card",
}
"""Of every picture."""


def draw(card: ModelCard, folder: Path) -> dict[str, str]:
    """Write the pictures that the card has figures for into `folder`, as SVG.

    Returns:
        What each shows, by the name of its file.
    """
    import matplotlib as mpl

    charts: dict[str, tuple[str, Callable[[], Figure]]] = {
        "learning_curves.svg": ("Learning curves", lambda: _learning_curves(card))
    }
    validation, cold_start = card.validation, card.cold_start
    if validation:
        charts["models.svg"] = ("Models on held-out items", lambda: _models(validation))
        charts["segments.svg"] = ("Recall by segment", lambda: _segments(validation))
    if cold_start and (cold_start.new_items or cold_start.new_users):
        charts["cold_start.svg"] = ("New items and new users", lambda: _cold_start(cold_start))
    with mpl.rc_context(STYLE):
        for name, (title, make) in charts.items():
            make().savefig(folder / name, metadata={"Date": None, "Title": title})
    return {name: title for name, (title, _) in charts.items()}


def _learning_curves(card: ModelCard) -> "Figure":
    validation = card.validation
    figure, (losses, *others) = new_figure(2 if validation else 1, height=3.6)
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
        for metric, (colour, marker) in zip(METRICS.values(), cycle(_CURVES), strict=False):
            values = [point[metric] for point in validation.curve]
            axes.plot(at, values, color=colour, marker=marker, label=metric.label)
        axes.set(
            xlabel="epoch",
            ylabel=f"{', '.join(each.label for each in METRICS.values())} at {validation.k}",
            title="Held-out items",
            ylim=(0, None),
        )
        _whole_epochs(axes)
        axes.legend()
    losses.legend()
    return figure


def _models(validation: Validation) -> "Figure":
    models = validation.models
    figure, panels = new_figure(len(METRICS), height=1.3 + 0.4 * len(models))
    for axes, metric in zip(panels, METRICS.values(), strict=True):
        found = {MODEL_LABELS[name]: {name: of[metric]} for name, of in models.items()}
        _intervals(axes, found, f"{metric.label} at {validation.k}")
    return figure


def _segments(validation: Validation) -> "Figure":
    kinds = list(dict.fromkeys(part.of for part in validation.segments))
    longest = max(sum(part.of == kind for part in validation.segments) for kind in kinds)
    height = 1.5 + 0.16 * longest * (len(validation.models) + 2)
    figure, every = new_figure(len(kinds), height=height)
    for axes, kind in zip(every, kinds, strict=True):
        groups = {
            part.name: {name: scores[RECALL] for name, scores in part.models.items()}
            for part in validation.segments
            if part.of == kind
        }
        _intervals(axes, groups, f"{RECALL.label} at {validation.k}")
        axes.set_title(SEGMENT_LABELS[kind])
    _legend(figure, validation.models)
    return figure


def _cold_start(found: ColdStart) -> "Figure":
    every: dict[str, dict[str, Estimates]] = {}
    if found.new_items:
        every[f"New items, ranked among {found.items}"] = {"content": found.new_items}
    if found.new_users:
        every["New users"] = {
            KNOWN_BY_LABELS[name].replace(" and ", "\nand "): of
            for name, of in found.new_users.items()
        }
    figure, panels = new_figure(len(every), height=3.4)
    models: dict[str, None] = {}
    for axes, (title, groups) in zip(panels, every.items(), strict=True):
        recalls = {
            group: {name: scores[RECALL] for name, scores in of.items()}
            for group, of in groups.items()
        }
        _intervals(axes, recalls, f"{RECALL.label} at {found.k}")
        axes.set_title(title)
        models |= dict.fromkeys(name for of in groups.values() for name in of)
    _legend(figure, models)
    return figure


def _intervals(axes: "Axes", groups: Mapping[str, Mapping[str, Interval]], label: str) -> None:
    """One row per group, and in it one dot with its interval per model."""
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
            Line2D([], [], color=_COLOURS[name], marker="o", label=MODEL_LABELS[name])
            for name in models
        ],
        loc="outside lower center",
        ncols=min(len(models), 4),
    )


def new_figure(panels: int, *, height: float) -> "tuple[Figure, list[Axes]]":
    """A figure with so many panels beside each other, `height` inches high."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * max(panels, 1), height), layout="constrained")
    return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def _whole_epochs(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
