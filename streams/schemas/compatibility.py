"""Which changes of the published contracts break somebody.

Producers break when something that they send is refused, consumers when something that they rely on
is gone. Old events stay on the topics for their retention, so the same holds for them. What may be
done at any time: add an optional field, add an enum member, widen a limit. Consumers must therefore
ignore fields and enum members that they do not know, and take limits for those of today.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_FIXED = ("type", "format", "pattern", "const", "if", "then", "else")


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What breaks somebody between two AsyncAPI documents, one line for each."""
    return [*_topics(old, new)]


def _topics(old: Schema, new: Schema) -> Iterator[str]:
    for name, channel in old["channels"].items():
        if name not in new["channels"]:
            yield f"{name}: the topic is gone"
            continue
        now = new["channels"][name]
        if _partitions(now) != _partitions(channel):
            yield f"{name}: another number of partitions, which gives keys other partitions"
        for message in channel["messages"]:
            if message not in now["messages"]:
                yield f"{name}: {message} is gone"
    for message, content in old["components"]["messages"].items():
        if message in new["components"]["messages"]:
            now = new["components"]["messages"][message]
            yield from _Comparison(old, new).schemas(content["payload"], now["payload"], message)


def _partitions(channel: Schema) -> int:
    return int(channel["bindings"]["kafka"]["partitions"])


class _Comparison:
    """Of schemas that refer into two documents."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new

    def schemas(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """What breaks somebody at a path."""
        before, was_nullable = _without_null(_resolved(old, self._old))
        after, is_nullable = _without_null(_resolved(new, self._new))
        before, after = _resolved(before, self._old), _resolved(after, self._new)
        if was_nullable and not is_nullable:
            yield f"{path}: null is no longer allowed"
        if is_nullable and not was_nullable:
            yield f"{path}: may now be null"
        if "anyOf" in before or "anyOf" in after:
            if before != after:
                yield f"{path}: is another union of types"
            return
        for word in _FIXED:
            if before.get(word) != after.get(word):
                yield f"{path}: {word} was {before.get(word)}, and is {after.get(word)}"
        yield from _narrower(before, after, path)
        yield from self._members(before, after, path)
        if "items" in before and "items" in after:
            yield from self.schemas(before["items"], after["items"], f"{path}[]")

    def _members(self, before: Schema, after: Schema, path: str) -> Iterator[str]:
        fields, now = before.get("properties", {}), after.get("properties", {})
        required, now_required = set(before.get("required", ())), set(after.get("required", ()))
        for name in sorted(now_required - required):
            yield f"{path}.{name}: is now required"
        for name in fields:
            if name not in now:
                yield f"{path}.{name}: is gone"
                continue
            if name in required - now_required:
                yield f"{path}.{name}: is no longer always there"
            yield from self.schemas(fields[name], now[name], f"{path}.{name}")


def _narrower(before: Schema, after: Schema, path: str) -> Iterator[str]:
    """What a producer could send and can no longer."""
    for word in _UPPER_LIMITS:
        if word in after and after[word] < before.get(word, float("inf")):
            yield f"{path}: {word} is lowered to {after[word]}"
    for word in _LOWER_LIMITS:
        if word in after and after[word] > before.get(word, float("-inf")):
            yield f"{path}: {word} is raised to {after[word]}"
    step = after.get("multipleOf")
    if step is not None and before.get("multipleOf", step / 2) % step:
        yield f"{path}: has to be a multiple of {step}"
    if "enum" in after:
        gone = [each for each in before.get("enum", ()) if each not in after["enum"]]
        if gone or "enum" not in before:
            yield f"{path}: only {after['enum']} are left"
    if after.get("additionalProperties", True) is False and "additionalProperties" not in before:
        yield f"{path}: unknown fields are refused"


def _resolved(schema: Schema, document: Schema) -> Schema:
    """The schema that a reference inside the document stands for."""
    while "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def _without_null(schema: Schema) -> tuple[Schema, bool]:
    """The schema apart from null, and whether it allows null."""
    variants = schema.get("anyOf", [schema])
    others = [each for each in variants if each.get("type") != "null"]
    if len(others) == 1:
        return others[0], len(others) < len(variants)
    return schema, False
