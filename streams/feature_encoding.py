"""How Feast's online store encodes keys and values, for who reads it without Feast's SDK.

The SDK brings pandas and Arrow into a process, 140 MB. Keys are those of
`entity_key_serialization_version` 3, values are messages of Feast's `feast/types/Value.proto`.
"""

import struct

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_NUMBER = struct.Struct("<I")
_STRING = _NUMBER.pack(2)
"""The number of the type in Value.proto."""
_STRING_LIST_FIELD = 12


def entity_key(**values: str) -> bytes:
    """The key of a row by the names and values of its entities."""
    names = sorted(values)
    return b"".join(
        (
            _NUMBER.pack(len(names)),
            *(_STRING + _text(name) for name in names),
            *(_STRING + _text(values[name]) for name in names),
        )
    )


def table(project: str, view: str) -> str:
    """The name of the table with a view's rows."""
    return f"{project}_{view}"


def strings(value: bytes) -> tuple[str, ...]:
    """The texts of an encoded list of texts; none of a value that is absent or of another type."""
    return tuple(_VALUE.FromString(value).string_list_val.val)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _NUMBER.pack(len(encoded)) + encoded


def _value_message() -> type[Message]:
    """What is read here of Value.proto, under a name of its own beside Feast's."""
    file = FileDescriptorProto(name="recsys_value.proto", package="recsys", syntax="proto3")
    kinds = FieldDescriptorProto
    file.message_type.add(name="StringList").field.add(
        name="val", number=1, label=kinds.LABEL_REPEATED, type=kinds.TYPE_STRING
    )
    file.message_type.add(name="Value").field.add(
        name="string_list_val",
        number=_STRING_LIST_FIELD,
        label=kinds.LABEL_OPTIONAL,
        type=kinds.TYPE_MESSAGE,
        type_name=".recsys.StringList",
    )
    pool = DescriptorPool()
    pool.Add(file)
    message: type[Message] = GetMessageClass(pool.FindMessageTypeByName("recsys.Value"))
    return message


_VALUE = _value_message()
