"""A decision for people: as Markdown and as HTML."""

from html import escape

from ml.gate.decision import Decision

_HEAD = ("check", "result", "measured", "bound", "")


def as_markdown(decision: Decision, version: str) -> str:
    """The decision with a table of its checks."""
    rows = [_HEAD, ("---",) * len(_HEAD), *_rows(decision)]
    return "\n\n".join(
        [
            f"# {_title(decision, version)}",
            decision.reason,
            "\n".join(f"| {' | '.join(row)} |" for row in rows),
            *decision.notes,
        ]
    )


def as_html(decision: Decision, version: str) -> str:
    """The same, for a page."""
    rows = [
        "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) + "</tr>"
        for tag, row in [("th", _HEAD), *(("td", row) for row in _rows(decision))]
    ]
    notes = "".join(f"<p>{escape(note)}</p>" for note in decision.notes)
    title = escape(_title(decision, version))
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title>"
        f"<h1>{title}</h1><p>{escape(decision.reason)}</p>"
        f"<table border='1' cellpadding='4'>{''.join(rows)}</table>{notes}</html>"
    )


def _title(decision: Decision, version: str) -> str:
    return f"Version {version} is {'promoted' if decision.promoted else 'rejected'}"


def _rows(decision: Decision) -> list[tuple[str, ...]]:
    return [
        (
            check.name,
            "passed" if check.passed else "failed",
            f"{check.measured:.4g}",
            f"{check.bound:.4g}",
            check.sentence,
        )
        for check in decision.checks
    ]
