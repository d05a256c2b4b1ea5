"""The keys that values files can have: of each chart, and of the cluster group."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from support.checkout import REPOSITORY
from support.pattern.charts import CHARTS, SIZES
from support.pattern.values import FILES, Values, merge, read

SECRETS = "tests/pattern/lint/values-secret.schema.json"
SIZE = re.compile(r"<size>")


@cache
def of_chart(chart: str) -> Values:
    """A chart's values, as its values.yaml has them."""
    values: Values = yaml.safe_load((CHARTS[chart] / "values.yaml").read_text())
    return values


@cache
def schema(chart: str) -> dict[str, Any]:
    """The schema of a chart's values."""
    described: dict[str, Any] = json.loads((CHARTS[chart] / "values.schema.json").read_text())
    return described


@cache
def of_group() -> Values:
    """The values of the cluster group, with those of every file in `overrides`."""
    return read(*FILES, *sorted(REPOSITORY.glob("overrides/values-*.yaml")))


@cache
def roots() -> set[str]:
    """The first keys of all values files."""
    return {*of_group(), *(key for chart in CHARTS for key in of_chart(chart))}


def exists(path: str, *charts: str) -> bool:
    """Whether the values of a chart, or else of any chart or of the group, have the key."""
    paths = [SIZE.sub(size, path) for size in SIZES] if "<size>" in path else [path]
    values = [of_chart(chart) for chart in charts or CHARTS]
    if not charts:
        values.append(of_group())
    schemas = [schema(chart) for chart in charts or CHARTS]
    return all(
        any(_has(each, name.split(".")) for each in values)
        or any(_allows(each, each, name.split(".")) for each in schemas)
        for name in paths
    )


@cache
def keys() -> set[str]:
    """All keys at any depth, of values files and schemas, and the values of enumerations."""
    secrets = json.loads((REPOSITORY / SECRETS).read_text())
    nodes = [of_group(), secrets, *map(of_chart, CHARTS), *map(schema, CHARTS)]
    return {key for node in nodes for key in _keys(node)}


def with_override(chart: str, text: str) -> Values:
    """The chart's values with those of a text in YAML."""
    return merge(of_chart(chart), yaml.safe_load(text))


def override_files() -> Iterator[str]:
    """The names of the files in `overrides` that a chart reads, without a platform."""
    for application in of_group()["clusterGroup"]["applications"].values():
        for file in application.get("extraValueFiles", []):
            if "{{" not in file:
                yield Path(file).name


def _has(node: Any, keys: list[str]) -> bool:
    if not keys or keys == ["*"]:
        return True
    return isinstance(node, dict) and keys[0] in node and _has(node[keys[0]], keys[1:])


def _allows(root: dict[str, Any], node: Any, keys: list[str]) -> bool:
    """Whether a closed part of the schema has the key, which may be without a default."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    if not keys or keys == ["*"]:
        return True
    properties = node.get("properties", {}) if isinstance(node, dict) else {}
    return keys[0] in properties and _allows(root, properties[keys[0]], keys[1:])


def _keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            if key == "enum":
                yield from (each for each in value if isinstance(each, str))
            yield from _keys(value)
    elif isinstance(node, list):
        for each in node:
            yield from _keys(each)
