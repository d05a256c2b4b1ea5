"""The cluster's topics and users against the contracts and the code that uses them."""

import pytest

from streams.contracts import CHANNELS, TOPICS
from streams.settings import PROCESSOR_GROUP
from streams.sink.connectors import SINKS
from support.pattern.charts import SIZES, manifests
from support.pattern.clustergroup import Manifest

Kafka = dict[tuple[str, str], Manifest]
"""By kind and name."""


@pytest.fixture(scope="module", params=SIZES)
def kafka(request: pytest.FixtureRequest) -> Kafka:
    return {
        (each["kind"], each["metadata"]["name"]): each for each in manifests("kafka", request.param)
    }


def topics(kafka: Kafka) -> dict[str, Manifest]:
    return {name: each["spec"] for (kind, name), each in kafka.items() if kind == "KafkaTopic"}


def rights(kafka: Kafka, user: str) -> dict[tuple[str, str], set[str]]:
    acls = kafka["KafkaUser", f"recsys-kafka-{user}"]["spec"]["authorization"]["acls"]
    return {
        (acl["resource"]["type"], acl["resource"]["name"]): set(acl["operations"]) for acl in acls
    }


def test_the_cluster_has_the_topics_of_the_contracts(kafka: Kafka) -> None:
    there = {
        name: (
            topic["partitions"],
            topic["config"]["retention.ms"],
            topic["config"]["max.message.bytes"],
        )
        for name, topic in topics(kafka).items()
    }
    assert there == {
        topic.name: (
            topic.partitions,
            int(topic.retention.total_seconds() * 1000),
            topic.max_record_bytes,
        )
        for topic in TOPICS
    }


def test_every_partition_has_three_replicas(kafka: Kafka) -> None:
    assert {topic["replicas"] for topic in topics(kafka).values()} == {3}
    assert kafka["KafkaNodePool", "broker"]["spec"]["replicas"] >= 3


def test_the_storefront_can_only_write_the_public_topics(kafka: Kafka) -> None:
    assert rights(kafka, "storefront") == {
        ("topic", channel.public.name): {"Describe", "Write"} for channel in CHANNELS
    }


def test_the_processor_can_read_and_write_all_topics_but_no_other_group(
    kafka: Kafka,
) -> None:
    expected = {("group", PROCESSOR_GROUP): {"Describe", "Read"}}
    for channel in CHANNELS:
        for topic in (channel.public, channel.valid, channel.dead_letters):
            expected["topic", topic.name] = {"Describe", "Read", "Write"}
        expected["group", f"connect-{channel.public.name}-sink"] = {"Describe"}
    assert rights(kafka, "processor") == expected


def test_connect_can_read_in_the_group_of_a_sink_for_every_channel(kafka: Kafka) -> None:
    expected = {
        ("topic", "recsys-connect-"): {"Create", "Describe", "DescribeConfigs", "Read", "Write"},
        ("group", "recsys-connect"): {"Describe", "Read"},
    }
    for channel in CHANNELS:
        expected["group", f"connect-{channel.public.name}-sink"] = {"Describe", "Read"}
        expected["topic", channel.valid.name] = {"Describe", "Read"}
        expected["topic", channel.dead_letters.name] = {"Describe", "Write"}
    assert rights(kafka, "connect") == expected
    assert {("group", sink.consumer_group) for sink in SINKS} <= expected.keys()


def test_the_analyst_can_read_every_topic_and_write_none(kafka: Kafka) -> None:
    mine = rights(kafka, "analyst")
    assert {name for kind, name in mine if kind == "topic"} == {topic.name for topic in TOPICS}
    assert set().union(*mine.values()) == {"Describe", "DescribeConfigs", "Read"}
