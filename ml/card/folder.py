"""A card as a folder: `card.json`, `README.md` and its pictures."""

from pathlib import Path

from ml.card.charts import draw
from ml.card.model_card import ModelCard
from ml.card.text import as_markdown

FOLDER = "card"
"""Where in a version's bundle its card lies."""
README = "README.md"
_JSON = "card.json"


def write_card(card: ModelCard, folder: Path) -> None:
    """Write all of it into `folder`, which is made where it is absent."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _JSON).write_text(f"{card.model_dump_json(indent=2)}\n", encoding="utf-8")
    pictures = draw(card, folder)
    (folder / README).write_text(as_markdown(card, pictures), encoding="utf-8")
