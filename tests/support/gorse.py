"""A small shop as Gorse exports it, in both of its forms."""

import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ml.data.gorse.dump import messages

USERS: list[dict[str, Any]] = [
    {"UserId": "ada", "Labels": None, "Subscribe": None, "Comment": "Ada"},
    {"UserId": "ben", "Labels": {"city": "Bath"}, "Comment": ""},
    {"UserId": "idle", "Labels": [], "Comment": ""},
]
ITEMS: list[dict[str, Any]] = [
    {
        "ItemId": "kettle",
        "IsHidden": False,
        "Categories": ["Home", "Kitchen"],
        "Timestamp": "2026-03-01T10:00:00.123456789Z",
        "Labels": {"words": ["boils", "water"], "size": 2},
        "Comment": "Kettle",
    },
    {
        "ItemId": "lamp",
        "IsHidden": False,
        "Categories": None,
        "Timestamp": "2026-03-02T10:00:00+02:00",
        "Labels": None,
        "Comment": "",
    },
    {
        "ItemId": "gone",
        "IsHidden": True,
        "Categories": [],
        "Timestamp": "2026-03-02T10:00:00Z",
        "Labels": None,
        "Comment": "",
    },
]
FEEDBACK: list[dict[str, Any]] = [
    {"FeedbackType": kind, "UserId": user, "ItemId": item, "Value": 1, "Timestamp": at,
     "Comment": ""}
    for kind, user, item, at in (
        ("star", "ada", "kettle", "2026-04-03T10:00:00Z"),
        ("read", "ada", "lamp", "2026-04-02T10:00:00Z"),
        ("purchase", "ben", "lamp", "2026-04-01T10:00:00Z"),
        ("read", "ben", "kettle", "0001-01-01T00:00:00Z"),
    )
]  # fmt: skip


def write_lines(folder: Path) -> Path:
    for name, rows in (("users", USERS), ("items", ITEMS), ("feedback", FEEDBACK)):
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


def write_dump(file: Path) -> Path:
    """As Gorse's master writes it, with what it appends after the end."""
    parts: list[bytes] = []
    tables: tuple[tuple[int, str, list[dict[str, Any]]], ...] = (
        (-1, "User", USERS),
        (-2, "Item", ITEMS),
        (-3, "Feedback", FEEDBACK),
    )
    for flag, name, rows in tables:
        parts.append(struct.pack("<q", flag))
        for row in rows:
            encoded = _message(name, row)
            parts += [struct.pack("<q", len(encoded)), encoded]
    file.write_bytes(b"".join([*parts, struct.pack("<q", 0), b'{"Users":3}']))
    return file


def _message(name: str, row: dict[str, Any]) -> bytes:
    made: Any = messages()[name]()
    names = {field.name.replace("_", ""): field.name for field in made.DESCRIPTOR.fields}
    for key, value in row.items():
        field = names.get(key.lower())
        if field == "labels":
            made.labels = json.dumps(value).encode()
        elif field == "timestamp":
            made.timestamp.FromDatetime(datetime.fromisoformat(value).astimezone(UTC))
        elif field == "categories":
            made.categories.extend(value or ())
        elif field:
            setattr(made, field, value)
    return bytes(made.SerializeToString())
