"""Makes the topics of the contracts; running it again changes nothing."""

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from streams.contracts import TOPICS
from streams.errors import UnavailableError
from streams.settings import KafkaSettings

_TIMEOUT_SECONDS = 30


def create_topics(kafka: KafkaSettings, *, replicas: int) -> None:
    """Make every topic that is not there.

    Raises:
        UnavailableError: if Kafka does not answer or refuses.
    """
    admin = AdminClient(kafka.librdkafka)
    wanted = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=replicas,
            config={"retention.ms": str(int(topic.retention.total_seconds() * 1000))},
        )
        for topic in TOPICS
    ]
    for name, future in admin.create_topics(wanted, request_timeout=_TIMEOUT_SECONDS).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise UnavailableError(f"topic {name} cannot be made: {error}") from error
