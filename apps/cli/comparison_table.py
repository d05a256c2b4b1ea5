"""The table of models of `recsys evaluate`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from apps.cli.progress import err

if TYPE_CHECKING:
    from ml.evaluation.comparison import Column


def comparison_table(
    figures: Mapping[str, Mapping[str, Any]], columns: Sequence["Column"], title: str
) -> Table:
    """One row per model; the best value of a column is bold."""
    measured = [found for found in figures.values() if "error" not in found]
    shown = columns if measured else ()
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("model", no_wrap=True)
    for column in shown:
        heading = column.key.replace("seconds", "s").replace("_", " ").replace("@", " @")
        table.add_column(heading.replace(" ", "\n"), justify="right", vertical="bottom")
    for name, found in figures.items():
        if "error" in found:
            table.add_row(name, *(["failed"] * min(1, len(shown))))
            continue
        cells = []
        for column in shown:
            value = found[column.key]
            best = (max if column.higher_is_better else min)(each[column.key] for each in measured)
            text = f"{value:.{column.decimals}f}"
            cells.append(f"[bold]{text}[/bold]" if value == best else text)
        table.add_row(name, *cells)
    return table


def comment(name: str, found: Mapping[str, Any]) -> None:
    """Say why a model failed, or what it says of itself."""
    if "error" in found:
        err.print(f"{name}: {found['error']}", style="red", markup=False, soft_wrap=True)
    if "note" in found:
        err.print(f"{name}: {found['note']}", markup=False, highlight=False, soft_wrap=True)
