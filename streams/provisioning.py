"""Creates the topics of the contracts and gives them their partitions."""

import base64
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, TopicCollection, Uuid
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from streams.contracts import TOPICS, Topic
from streams.errors import UnavailableError
from streams.settings import KafkaSettings

_TIMEOUT_SECONDS = 30


def create_topics(kafka: KafkaSettings, *, replicas: int, topics: Sequence[Topic] = TOPICS) -> None:
    """Create every topic that is missing, and add the partitions that an existing one lacks.

    Running it again changes nothing. A topic never loses partitions.

    Raises:
        UnavailableError: Kafka does not answer or refuses.
    """
    admin = AdminClient(kafka.librdkafka)
    existing = _create(admin, topics, replicas)
    if existing:
        _add_partitions(admin, existing)


def topic_ids(admin: AdminClient, topics: Sequence[Topic]) -> dict[str, UUID]:
    """Kafka's ids of topics (KIP-516), by name.

    Raises:
        UnavailableError: Kafka does not answer, or lacks a topic.
    """
    wanted = TopicCollection([topic.name for topic in topics])
    described = admin.describe_topics(wanted, request_timeout=_TIMEOUT_SECONDS)
    try:
        return {name: _uuid(future.result().topic_id) for name, future in described.items()}
    except KafkaException as error:
        raise UnavailableError(f"Kafka does not describe its topics: {error}") from error


def _uuid(topic_id: Uuid) -> UUID:
    return UUID(bytes=base64.urlsafe_b64decode(f"{topic_id}=="))


def _create(admin: AdminClient, topics: Sequence[Topic], replicas: int) -> list[Topic]:
    """Create the topics; returns those that exist already."""
    new = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=replicas,
            config=_config(topic),
        )
        for topic in topics
    ]
    answers = admin.create_topics(new, request_timeout=_TIMEOUT_SECONDS)
    refused = _refused(answers, KafkaError.TOPIC_ALREADY_EXISTS)
    return [topic for topic in topics if topic.name in refused]


def _config(topic: Topic) -> dict[str, str]:
    return {
        "retention.ms": str(int(topic.retention.total_seconds() * 1000)),
        "max.message.bytes": str(topic.max_record_bytes),
    }


def _add_partitions(admin: AdminClient, topics: Sequence[Topic]) -> None:
    try:
        known = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
    except KafkaException as error:
        raise UnavailableError(f"Kafka does not list its topics: {error}") from error
    growing = [
        NewPartitions(topic.name, topic.partitions)
        for topic in topics
        if topic.name in known and len(known[topic.name].partitions) < topic.partitions
    ]
    if growing:
        # Another process may have added them meanwhile: Kafka then calls the number invalid.
        answers = admin.create_partitions(growing, request_timeout=_TIMEOUT_SECONDS)
        _refused(answers, KafkaError.INVALID_PARTITIONS)


def _refused(answers: Mapping[str, "Future[None]"], expected: int) -> set[str]:
    """The topics that Kafka refuses with the expected code, which means: nothing is to be done."""
    refused = set()
    for name, future in answers.items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != expected:
                raise UnavailableError(f"topic {name} cannot be created: {error}") from error
            refused.add(name)
    return refused
