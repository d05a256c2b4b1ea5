"""Synonyms as data: which words also find the products of others."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from streams.errors import ConfigurationError

Phrase = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=100)
]
"""One word or several, separated by spaces."""

_MAX_GROUPS = 20_000


class Synonyms(BaseModel):
    """What a file of synonyms holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    """Of this contract."""
    equivalent: Annotated[
        Sequence[Annotated[Sequence[Phrase], Field(min_length=2)]], Field(max_length=_MAX_GROUPS)
    ] = ()
    """Groups: each phrase finds the products of all others."""
    broader: Annotated[
        Mapping[Phrase, Annotated[Sequence[Phrase], Field(min_length=1)]],
        Field(max_length=_MAX_GROUPS),
    ] = Field(default_factory=dict)
    """A phrase finds the products of these as well, and not the other way round."""

    def others(self) -> dict[str, tuple[str, ...]]:
        """By phrase, the phrases whose products it finds beside its own."""
        found: dict[str, list[str]] = {}
        for group in self.equivalent:
            for phrase in group:
                found.setdefault(phrase, []).extend(other for other in group if other != phrase)
        for phrase, wider in self.broader.items():
            found.setdefault(phrase, []).extend(wider)
        return {phrase: tuple(dict.fromkeys(others)) for phrase, others in found.items()}


def read_synonyms(content: str) -> Synonyms:
    """A YAML or JSON file of synonyms.

    Raises:
        ConfigurationError: it breaks the contract; the message says where.
    """
    try:
        return Synonyms.model_validate(yaml.safe_load(content))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the synonyms are no YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        message = f"the synonyms break their contract: {place}: {first['msg']}"
        raise ConfigurationError(message) from error


@cache
def packaged_synonyms() -> Synonyms:
    """Those of the shop itself, for catalogues in English."""
    return read_synonyms(files(__package__).joinpath("synonyms.yaml").read_text(encoding="utf-8"))
