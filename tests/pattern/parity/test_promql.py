"""Alerts and dashboards use metrics, labels and values that exist."""

import re
from typing import get_args

import pytest

from ml.serving.chain.sources import SourceName
from streams.settings import PROCESSOR_GROUP
from streams.sink.connectors import SINKS
from support.checkout import REPOSITORY
from support.pattern.promql import expressions, groupings, metrics, parts, rules, selectors

VALUES = {
    "source": {*get_args(SourceName), "newest"},
    "outcome": {"valid", "dead_letter", "hit", "miss"},
    "way": {"kafka", "outbox"},
    "kind": {"items", "texts", "pictures"},
    "audience": {"shopper", "visitor"},
}


def test_expressions_use_metrics_labels_and_values_that_exist() -> None:
    known = metrics()
    for where, expression in expressions():
        read = selectors(expression)
        assert read, where
        for selector in read:
            assert selector.name in known, where
            for matcher in selector.matchers.matchers:
                assert matcher.name in known[selector.name], where
                named = set(matcher.value.split("|"))
                assert named <= VALUES.get(matcher.name, named), where


def test_expressions_group_by_labels_that_exist() -> None:
    known = metrics()
    for where, expression in expressions():
        labels = {label for each in selectors(expression) for label in known[each.name or ""]}
        for grouping in groupings(expression):
            assert grouping <= labels, where


def test_descriptions_use_labels_that_the_alert_has() -> None:
    known = metrics()
    for rule in rules("production"):
        used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["description"]))
        left = groupings(rule["expr"]) or [known[s.name or ""] for s in selectors(rule["expr"])]
        assert used <= set.intersection(*left), rule["alert"]


def test_consumer_groups_are_those_of_the_code() -> None:
    groups = {PROCESSOR_GROUP, *(sink.consumer_group for sink in SINKS)}
    named = {
        pattern
        for _, expression in expressions()
        for selector in selectors(expression)
        for matcher in selector.matchers.matchers
        if matcher.name == "consumergroup"
        for pattern in matcher.value.split("|")
    }
    matched = {
        pattern: {group for group in groups if re.fullmatch(pattern, group)} for pattern in named
    }
    assert all(matched.values())
    assert set().union(*matched.values()) == groups


def test_the_page_on_serving_has_the_labels_of_the_metrics() -> None:
    page = (REPOSITORY / "docs/serving.md").read_text()
    (section,) = re.findall(r"^## Metrics\n(.+?)^## ", page, re.MULTILINE | re.DOTALL)
    known = metrics()
    rows = re.findall(r"^\| `(\w+)` \| ([\w, ]*)\|", section, re.MULTILINE)
    assert len(rows) > 5
    for name, labels in rows:
        named = set(re.findall(r"\w+", labels))
        assert named == known.get(name, known.get(f"{name}_count")), name


@pytest.mark.parametrize("wrong", ["sum(rate(x[5m])", "rate(x)", "x{a=b}", "sum by (a) x y"])
def test_invalid_promql_is_found(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parts(wrong)


def test_an_unknown_metric_is_found() -> None:
    (selector,) = selectors("sum(rate(recsys_evnts_processed_total[5m]))")
    assert selector.name not in metrics()
