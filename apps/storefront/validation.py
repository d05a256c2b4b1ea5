"""Forms and queries, checked by pydantic, with messages that a shopper can read."""

import types
from collections.abc import Mapping, Sequence
from typing import TypeVar, Union, get_args, get_origin

from flask import abort
from pydantic import AfterValidator, BaseModel, ValidationError
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
    "multiple_of": "Choose whole or half stars.",
}
"""What to say for pydantic's types of error."""


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("This text contains a character that cannot be stored.")
    return value


Storable = AfterValidator(_without_nul)
"""Behind a text's other constraints: PostgreSQL can store it."""


class InvalidFormError(Exception):
    """A form was filled in wrongly.

    Attributes:
        messages: what to say beside each field; "" holds what concerns the whole form.
        values: what was sent, to be shown again.
    """

    def __init__(self, messages: dict[str, str], values: Mapping[str, object]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in messages.items()))
        self.messages = messages
        self.values = values


def read_form(model: type[M], sent: MultiDict[str, str]) -> M:
    """The form as its model.

    Raises:
        InvalidFormError: with a message a field.
    """
    values = _values(model, sent)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InvalidFormError(messages(error), values) from None


def read_query(model: type[M], sent: MultiDict[str, str]) -> M:
    """The query or the hidden fields as their model; anything wrong is answered with 400."""
    try:
        return model.model_validate(_values(model, sent))
    except ValidationError as error:
        abort(400, "; ".join(f"{field}: {text}" for field, text in messages(error).items()))


def messages(error: ValidationError) -> dict[str, str]:
    """The first message of each field, in a shopper's words."""
    found: dict[str, str] = {}
    for part in error.errors():
        found.setdefault(str(part["loc"][0]) if part["loc"] else "", _words(part))
    return found


def _values(model: type[BaseModel], sent: MultiDict[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        if _is_list(field.annotation):
            values[key] = sent.getlist(key)
        elif key in sent:
            values[key] = sent[key]
    return values


def _is_list(annotation: object) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return any(_is_list(option) for option in get_args(annotation))
    return isinstance(origin, type) and issubclass(origin, Sequence)


def _words(part: ErrorDetails) -> str:
    limits = part.get("ctx", {})
    if part["type"] == "value_error":
        return str(limits["error"])
    if part["type"] == "string_too_short" and limits["min_length"] == 1:
        return _WORDS["missing"]
    return _WORDS.get(part["type"], "This value is not valid.").format(**limits)
