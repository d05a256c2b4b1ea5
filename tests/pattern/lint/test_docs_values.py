"""The values that the documentation names are values that a chart or the framework reads."""

import importlib
import re

import pytest
from jsonschema.validators import validator_for

from streams.contracts import dead_letter
from support.checkout import REPOSITORY
from support.docs.files import is_file
from support.docs.hosts import used
from support.docs.pages import Page, commented_values, pages
from support.docs.settings import (
    exists,
    keys,
    override_files,
    roots,
    schema,
    with_override,
)
from support.pattern.charts import CHARTS

PAGES = [*pages(), *commented_values()]
DOTTED = re.compile(r"^([A-Za-z_]\w*(?:\.[\w<>*-]+)+)(?:: .*)?$")
CAMEL = re.compile(r"^([a-z]+[A-Z]\w*)(?:: .*)?$")
OF_CHART = re.compile(r"((?:`[^`]+`(?:,| and| or)?\s+)+)of\s+the\s+chart\s+(\w+)")
OVERRIDE = re.compile(r"(?:overrides/)?([a-z]+)\.yaml")
TABLE = re.compile(r"^(shop|events|ml|feast)\.\w+$")
MIGRATIONS = "".join(file.read_text() for file in REPOSITORY.glob("apps/migrations/versions/*.py"))
HEADERS = {dead_letter.TOPIC, dead_letter.STAGE, dead_letter.REASON, dead_letter.SIZE}
OTHERS = {
    "gitops.applicationHealthCheckEnabled": "a setting of the patterns operator",
    "max.message.bytes": "a setting of Kafka",
    "min.insync.replicas": "a setting of Kafka",
    "operation.sync": "a field of an Application",
    "apiVersion": "a field of every object",
    "generateName": "a field of every object",
}
"""Names with a dot or with a capital within, of something else than values, code and files."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_values_exist(page: Page) -> None:
    wrong = [span for span in page.spans if DOTTED.match(span) and not _is_known(span)]
    wrong += [
        span
        for span in page.spans
        if (match := CAMEL.match(span)) and match[1] not in keys() | OTHERS.keys()
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_values_of_a_chart_are_that_charts(page: Page) -> None:
    wrong = [
        f"{name} of the chart {chart}"
        for names, chart in OF_CHART.findall(page.prose)
        for name in re.findall(r"`([^`:]+)(?::[^`]*)?`", names)
        if "." not in chart and (chart not in CHARTS or not exists(name, chart))
    ]
    assert wrong == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_examples_of_overrides_are_accepted(page: Page) -> None:
    for block in page.blocks:
        files = OVERRIDE.findall(block.before)
        if block.language == "yaml" and files and files[-1] in CHARTS:
            chart = files[-1]
            validator = validator_for(schema(chart))(schema(chart))
            faults = [
                error.message for error in validator.iter_errors(with_override(chart, block.text))
            ]
            assert faults == [], block.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_overrides_have_a_name_that_is_read(page: Page) -> None:
    named = re.findall(r"overrides/([\w-]+\.yaml)", page.prose)
    known = {*override_files(), *(file.name for file in REPOSITORY.glob("overrides/*.yaml"))}
    former = {"streams.yaml"} if page.name == "docs/day-2.md" else set()
    assert set(named) - known - former == set()


def test_examples_and_values_are_read() -> None:
    """The tests above read something."""
    assert sum(bool(DOTTED.match(span)) for page in pages() for span in page.spans) > 20
    assert sum(len(OF_CHART.findall(page.prose)) for page in pages()) > 4
    assert any("brokers" in block.text for page in pages() for block in page.blocks)


@pytest.mark.parametrize(
    "path", ["plugin.repository", "sizes.<size>.brokerz", "global.sizes", "plugin.archive"]
)
def test_a_wrong_value_is_found(path: str) -> None:
    assert not _is_known(path)


def _is_known(span: str) -> bool:
    name = DOTTED.match(span)
    assert name
    path = name[1]
    if path.split(".")[0] in roots() and exists(path):
        return True
    return (
        path in OTHERS
        or path in HEADERS
        or is_file(path)
        or path in used()
        or (TABLE.match(path) is not None and _is_made(path))
        or _is_code(path)
    )


def _is_made(relation: str) -> bool:
    return any(
        made in MIGRATIONS for made in (f"create table {relation} (", f"create view {relation} as")
    )


def _is_code(path: str) -> bool:
    module, _, name = path.rpartition(".")
    if module.split(".")[0] not in ("apps", "ml", "pipelines", "streams", "tests", "support"):
        return False
    try:
        importlib.import_module(path)
    except ImportError:
        return hasattr(importlib.import_module(module), name)
    return True
