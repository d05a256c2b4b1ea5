"""A chain whose lists are what the model says, for tests that compute them once more."""

import json
from pathlib import Path

_PLAIN = {"filters": [{"stage": "bought"}, {"stage": "viewed"}], "order": [{"stage": "spread"}]}


def plain_chain(folder: Path) -> Path:
    """The file of a chain that leaves out all that was met lately, and spreads."""
    path = folder / "chain.json"
    path.write_text(json.dumps(_PLAIN))
    return path
