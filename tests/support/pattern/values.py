"""Values files as Helm reads them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from support.checkout import REPOSITORY

Values = dict[str, Any]

FILES = ("values-global.yaml", "values-hub.yaml")
"""The values files that every installation reads."""


def read(*files: Path | str) -> Values:
    """Values files of this checkout, merged in their order."""
    merged: Values = {}
    for file in files:
        merged = merge(merged, yaml.safe_load((REPOSITORY / file).read_text()))
    return merged


def merge(base: Values, over: Values) -> Values:
    """Merge values as Helm does: maps are merged, other values replaced, keys with null removed."""
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = merge(merged[key], dict(value))
        else:
            merged[key] = value
    return merged


def expand(template: str, values: Values) -> str:
    """The template with its references to values resolved; any other action is an error."""

    def value_of(reference: re.Match[str]) -> str:
        value: Any = values
        for key in reference[1].split("."):
            value = value[key]
        return text(value)

    expanded = re.sub(r"{{-?\s*\$?\.Values\.([\w.]+)\s*-?}}", value_of, template)
    if "{{" in expanded:
        raise ValueError(f"not a reference to a value: {template}")
    return expanded


def text(value: object) -> str:
    """A value as YAML text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def strings(mapping: Values | None) -> dict[str, str]:
    """Labels or annotations, with every value as a string."""
    return {key: text(value) for key, value in (mapping or {}).items()}
