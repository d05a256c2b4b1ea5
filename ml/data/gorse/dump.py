"""The file that Gorse's master answers at `GET /api/dump`, and takes at `POST /api/restore`.

Each record is its length (int64, little endian) and a message of Gorse's `protocol.proto`. In place
of a length, -1, -2 and -3 say that users, items or feedback follow, and 0 is the end.
"""

import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import DESCRIPTOR as TIMESTAMP_FILE

from ml.data.gorse.records import Feedback, Item, Record, User
from streams.errors import ContractError

_LENGTH = struct.Struct("<q")
_END = 0
_MAX_RECORD_BYTES = 64 * 1024 * 1024
_FIELDS = {
    "User": {"user_id": 1, "labels": 2, "comment": 3},
    "Item": {
        "item_id": 2, "is_hidden": 3, "categories": 4, "timestamp": 5, "labels": 6, "comment": 7
    },
    "Feedback": {"feedback_type": 2, "user_id": 3, "item_id": 4, "timestamp": 5, "comment": 6},
}  # fmt: skip
"""Numbers of the fields in protocol.proto."""


def is_dump(path: Path) -> bool:
    """Whether a file begins as a dump does."""
    with path.open("rb") as file:
        return file.read(_LENGTH.size) in map(_LENGTH.pack, (_END, *_STREAMS))


def read_dump(path: Path) -> Iterator[Record]:
    """The records of a dump in its order.

    Raises:
        ContractError: the file is no dump, or it ends before its end.
    """
    with path.open("rb") as file:
        read: Callable[[bytes], Record] | None = None
        while (length := _length(file)) != _END:
            if length in _STREAMS:
                read = _STREAMS[length]
            elif read is None or not 0 < length <= _MAX_RECORD_BYTES:
                raise ContractError(f"{path.name} is no dump of Gorse")
            else:
                yield _record(file, length, read)


def _length(file: BinaryIO) -> int:
    found = file.read(_LENGTH.size)
    if len(found) < _LENGTH.size:
        raise ContractError(f"{Path(file.name).name} ends before the end of the dump")
    return int(_LENGTH.unpack(found)[0])


def _record(file: BinaryIO, length: int, read: Callable[[bytes], Record]) -> Record:
    encoded = file.read(length)
    if len(encoded) < length:
        raise ContractError(f"{Path(file.name).name} ends before the end of the dump")
    try:
        return read(encoded)
    except (DecodeError, UnicodeDecodeError, ValueError, OverflowError) as error:
        raise ContractError(
            f"{Path(file.name).name} has a record that cannot be read: {error}"
        ) from error


def messages() -> dict[str, type[Message]]:
    """The classes of `User`, `Item` and `Feedback`, with the fields that are read here."""
    kinds = FieldDescriptorProto
    types = {
        "labels": kinds.TYPE_BYTES,
        "is_hidden": kinds.TYPE_BOOL,
        "timestamp": kinds.TYPE_MESSAGE,
    }
    file = FileDescriptorProto(
        name="recsys_gorse.proto", package="recsys.gorse", syntax="proto3",
        dependency=[TIMESTAMP_FILE.name],
    )  # fmt: skip
    for message, fields in _FIELDS.items():
        added = file.message_type.add(name=message)
        for name, number in fields.items():
            is_list = name == "categories"
            added.field.add(
                name=name,
                number=number,
                label=kinds.LABEL_REPEATED if is_list else kinds.LABEL_OPTIONAL,
                type=types.get(name, kinds.TYPE_STRING),
                type_name=".google.protobuf.Timestamp" if name == "timestamp" else None,
            )
    pool = DescriptorPool()
    pool.AddSerializedFile(TIMESTAMP_FILE.serialized_pb)
    pool.Add(file)
    return {
        name: GetMessageClass(pool.FindMessageTypeByName(f"recsys.gorse.{name}"))
        for name in _FIELDS
    }


_MESSAGES = messages()


def _user(encoded: bytes) -> User:
    found: Any = _MESSAGES["User"].FromString(encoded)
    return User(UserId=found.user_id, Comment=found.comment)


def _item(encoded: bytes) -> Item:
    found: Any = _MESSAGES["Item"].FromString(encoded)
    return Item(
        ItemId=found.item_id,
        IsHidden=found.is_hidden,
        Categories=tuple(found.categories),
        Timestamp=_instant(found.timestamp),
        Labels=json.loads(found.labels or b"null"),
        Comment=found.comment,
    )


def _feedback(encoded: bytes) -> Feedback:
    found: Any = _MESSAGES["Feedback"].FromString(encoded)
    return Feedback(
        FeedbackType=found.feedback_type,
        UserId=found.user_id,
        ItemId=found.item_id,
        Timestamp=_instant(found.timestamp),
    )


def _instant(timestamp: Any) -> datetime:
    # Go's instant of none is in the year 1, which ToDatetime also takes.
    found: datetime = timestamp.ToDatetime(tzinfo=UTC)
    return found


_STREAMS: dict[int, Callable[[bytes], Record]] = {-1: _user, -2: _item, -3: _feedback}
