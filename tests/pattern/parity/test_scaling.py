"""The processor's scaling knows the topics, the partitions and the group of the contracts."""

import yaml

from streams.contracts import CHANNELS
from streams.settings import PROCESSOR_GROUP
from support.pattern.charts import CHARTS, manifests


def test_partitions_are_those_of_the_contracts() -> None:
    values = yaml.safe_load((CHARTS["processor"] / "values.yaml").read_text())
    assert values["partitions"] == min(channel.public.partitions for channel in CHANNELS)


def test_the_lag_that_scales_is_the_processors() -> None:
    scaled = next(m for m in manifests("processor", "production") if m["kind"] == "ScaledObject")
    triggers = [trigger["metadata"] for trigger in scaled["spec"]["triggers"]]
    assert [trigger["topic"] for trigger in triggers] == [each.public.name for each in CHANNELS]
    assert {trigger["consumerGroup"] for trigger in triggers} == {PROCESSOR_GROUP}
