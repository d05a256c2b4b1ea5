"""The picture of what retraining is worth; matplotlib is imported only when it is drawn."""

from pathlib import Path

from ml.card.charts import STYLE, new_figure
from ml.evaluation.metrics import METRICS
from ml.evaluation.retraining import (
    NEVER_RETRAINED,
    POPULARITY,
    RECENT_POPULARITY,
    RETRAINED,
    WARM_START,
    Retraining,
)

_LOOKS = {
    RETRAINED: ("retrained", "#0072B2", "o"),
    WARM_START: ("retrained, warm start", "#009E73", "^"),
    NEVER_RETRAINED: ("never retrained", "#D55E00", "s"),
    POPULARITY: ("popularity", "#999999", "D"),
    RECENT_POPULARITY: ("popularity in the period before", "#E69F00", "v"),
}
"""Label, colour (Okabe and Ito's palette) and marker of each model."""
_OFFSET = 0.06
"""Between the models of a period, in periods, so that their intervals do not hide each other."""


def draw_retraining(found: Retraining, path: Path) -> None:
    """Write each model's metrics by period, with 95 % intervals, as the suffix of `path` says.

    The same figures give the same SVG, to the byte.
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure, panels = new_figure(len(METRICS), height=4.2)
        starts = [period.start for period in found.periods]
        for axes, metric in zip(panels, METRICS.values(), strict=True):
            for number, name in enumerate(found.overall):
                label, colour, marker = _LOOKS[name]
                values = [period.models[name][metric] for period in found.periods]
                means = [value.mean for value in values]
                axes.errorbar(
                    [place + (number - 2) * _OFFSET for place in range(len(starts))],
                    means,
                    yerr=[
                        [value.mean - value.low for value in values],
                        [value.high - value.mean for value in values],
                    ],
                    color=colour,
                    marker=marker,
                    capsize=2,
                    label=label,
                )
            axes.set_xticks(range(len(starts)), [f"{start:%d %b}" for start in starts])
            axes.set(
                xlabel="start of the scored period",
                ylabel=f"{metric.label} at {found.k}",
                ylim=(0, None),
            )
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
        title = "Retraining after each period"
        metadata = {"Date": None, "Title": title} if path.suffix == ".svg" else {"Title": title}
        figure.savefig(path, metadata=metadata)
