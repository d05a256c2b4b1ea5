"""Checks: what was measured, the bound it must keep, and a sentence; as tables for people."""

from collections.abc import Sequence
from html import escape
from typing import Self

from pydantic import BaseModel, ConfigDict

_HEAD = ("check", "result", "measured", "bound", "")


class Check(BaseModel):
    """One thing that was measured against its bound."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    passed: bool
    measured: float
    bound: float
    sentence: str
    """What was found, in plain English."""

    @classmethod
    def at_most(cls, *, name: str, measured: float, bound: float, sentence: str) -> Self:
        """A check that passes where what was measured does not exceed its bound."""
        return cls(
            name=name, passed=measured <= bound, measured=measured, bound=bound, sentence=sentence
        )


def as_markdown(
    title: str, summary: str, checks: Sequence[Check], notes: Sequence[str] = ()
) -> str:
    """A page with a table of checks."""
    rows = [_HEAD, ("---",) * len(_HEAD), *map(_row, checks)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n\n".join([f"# {title}", summary, table, *notes])


def as_html(title: str, summary: str, checks: Sequence[Check], notes: Sequence[str] = ()) -> str:
    """The same as HTML."""
    rows = [
        "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) + "</tr>"
        for tag, row in [("th", _HEAD), *(("td", _row(check)) for check in checks)]
    ]
    paragraphs = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<h1>{escape(title)}</h1><p>{escape(summary)}</p>"
        f"<table border='1' cellpadding='4'>{''.join(rows)}</table>{paragraphs}</html>"
    )


def _row(check: Check) -> tuple[str, ...]:
    return (
        check.name,
        "passed" if check.passed else "failed",
        f"{check.measured:,.4g}",
        f"{check.bound:,.4g}",
        check.sentence,
    )
