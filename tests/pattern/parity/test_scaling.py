"""The processor's scaling against the topics, partitions and consumer group of the code."""

from streams.contracts import CHANNELS, TOPICS
from streams.settings import PROCESSOR_GROUP
from support.pattern.charts import fork, manifests, template


def test_the_partitions_that_limit_the_workers_are_those_of_the_contracts() -> None:
    (partitions,) = {topic.partitions for topic in TOPICS}
    assert fork("production").values["global"]["partitions"] == partitions
    more = f"sizes.production.maxReplicas={partitions + 1}"
    refused = template("processor", "production", "--set", more)
    assert f"{partitions + 1} workers for {partitions} partitions" in refused.stderr


def test_workers_are_scaled_by_the_lag_of_the_processor() -> None:
    scaled = next(m for m in manifests("processor", "production") if m["kind"] == "ScaledObject")
    triggers = [trigger["metadata"] for trigger in scaled["spec"]["triggers"]]
    assert [trigger["topic"] for trigger in triggers] == [each.public.name for each in CHANNELS]
    assert {trigger["consumerGroup"] for trigger in triggers} == {PROCESSOR_GROUP}
