"""Forms and queries, checked by pydantic, with messages that a shopper can read."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, Union, get_args, get_origin

from flask import abort
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

M = TypeVar("M", bound=BaseModel)

_WORDS = {
    "missing": "Please fill in this field.",
    "string_too_short": "Use at least {min_length} characters.",
    "string_too_long": "Use at most {max_length} characters.",
    "too_long": "Choose at most {max_length}.",
    "int_parsing": "Enter a whole number.",
    "int_parsing_size": "Enter a smaller number.",
    "float_parsing": "Enter a number.",
    "greater_than_equal": "Enter {ge:g} or more.",
    "less_than_equal": "Enter {le:g} or less.",
    "nul_character": "This text contains a character that cannot be stored.",
    "multiple_of": "Choose whole or half stars.",
}
"""What to say for pydantic's types of error."""


@dataclass(frozen=True, slots=True)
class FormState:
    """What a form shows: what was sent, and what is wrong with it. A new form has neither."""

    values: Mapping[str, object] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    """A message per field; "" holds what concerns the whole form."""


def read_form(model: type[M], sent: MultiDict[str, str]) -> M | FormState:
    """The form as its model, or what to show beside each field that is wrong."""
    values = _values(model, sent)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        return FormState(values, messages(error))


def read_or_abort(model: type[M], sent: MultiDict[str, str]) -> M:
    """A query, or a form without a page of its own; anything wrong is answered with 400."""
    read = read_form(model, sent)
    if isinstance(read, FormState):
        abort(400, "; ".join(f"{name}: {text}" for name, text in read.errors.items()))
    return read


def messages(error: ValidationError) -> dict[str, str]:
    """The first message of each field, in a shopper's words."""
    found: dict[str, str] = {}
    for detail in error.errors():
        found.setdefault(str(detail["loc"][0]) if detail["loc"] else "", _words(detail))
    return found


def _values(model: type[BaseModel], sent: MultiDict[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        if _is_list(info.annotation):
            values[key] = sent.getlist(key)
        elif key in sent:
            values[key] = sent[key]
    return values


def _is_list(annotation: object) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(_is_list(option) for option in get_args(annotation))
    return isinstance(origin, type) and issubclass(origin, Sequence)


def _words(detail: ErrorDetails) -> str:
    limits = detail.get("ctx", {})
    if detail["type"] == "value_error":
        return str(limits["error"])
    if detail["type"] == "string_too_short" and limits["min_length"] == 1:
        return _WORDS["missing"]
    return _WORDS.get(detail["type"], "This value is not valid.").format(**limits)
