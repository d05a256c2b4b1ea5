"""docs/extending.md names files and constants that exist."""

import importlib
import re

import pytest

from support.checkout import REPOSITORY

PAGE = (REPOSITORY / "docs/extending.md").read_text()
NAMED = re.findall(r"`([^`\n]+)`", PAGE)
ROOTS = ("apps", "charts", "docs", "ml", "overrides", "pipelines", "streams", "tests")
FILES = sorted(
    {
        name
        for name in NAMED
        if name.split("/")[0] in ROOTS and "/" in name and "NAME" not in name and " " not in name
    }
    | {"values-global.yaml", "values-hub.yaml"}
)
CONSTANTS = {
    "streams.contracts": ("CHANNELS", "PARTITIONS", "Interaction", "Event", "Product"),
    "streams.sink.connectors": ("SINKS", "Sink"),
    "ml.evaluation.metrics": ("METRICS", "Metric"),
    "ml.serving.chain.filters": ("AnyFilter",),
    "ml.dataset": ("ITEM_COLUMNS",),
    "ml.features.definitions": ("ITEM_FEATURES", "_WITHOUT"),
    "ml.towers.preprocessing": ("_NUMBERS", "_LOGARITHMIC", "_numbers"),
    "ml.data.event_log": ("LogFormat",),
    "ml.data.text_table": ("TextTable",),
    "ml.data.log_table": ("_read_texts",),
    "pipelines.retrain.pipeline": ("TRAINING_TASKS",),
    "pipelines.retrain.local": ("Parameters",),
    "apps.storefront.submissions.submission": ("submitted_once",),
}


@pytest.mark.parametrize("name", FILES)
def test_every_named_file_exists(name: str) -> None:
    assert name in PAGE
    assert (REPOSITORY / name).exists()


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in CONSTANTS.items() for name in names]
)
def test_every_named_constant_exists(module: str, name: str) -> None:
    assert name in NAMED, "the page no longer names it"
    assert hasattr(importlib.import_module(module), name)
