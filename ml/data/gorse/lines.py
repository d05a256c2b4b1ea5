"""The three files of Gorse's dashboard: `users.jsonl`, `items.jsonl` and `feedback.jsonl`.

Its master answers them at `GET /api/bulk/users`, `/api/bulk/items` and `/api/bulk/feedback`.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ml.data.fields import RejectedRow
from ml.data.gorse.records import Feedback, Item, Record, User
from streams.contracts import describe
from streams.errors import ContractError

_FILES: dict[str, type[Record]] = {
    "users.jsonl": User,
    "items.jsonl": Item,
    "feedback.jsonl": Feedback,
}


def read_lines(folder: Path) -> Iterator[tuple[str, int, Record] | RejectedRow]:
    """The records with the names of their files and their lines; users, items, then feedback.

    Raises:
        ContractError: a file is missing.
    """
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise ContractError(f"{folder.name} lacks {', '.join(missing)}")
    for name, contract in _FILES.items():
        with (folder / name).open("rb") as file:
            for line, text in enumerate(file, start=1):
                if not text.strip():
                    continue
                try:
                    yield name, line, contract.model_validate_json(text)
                except ValidationError as error:
                    yield RejectedRow(name, line, describe(error))
