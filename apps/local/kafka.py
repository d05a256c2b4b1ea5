"""Kafka: one KRaft node that is broker and controller at once."""

import base64
import subprocess
import uuid

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from apps.local.component import Component
from apps.local.distribution import Distribution, write_properties
from apps.local.settings import LocalSettings
from streams.errors import ConfigurationError
from streams.settings import KafkaSettings


def bootstrap_servers(settings: LocalSettings) -> str:
    """Kafka's address."""
    return f"127.0.0.1:{settings.kafka_port}"


def connection(settings: LocalSettings) -> KafkaSettings:
    """How the project's own programs reach it: in plain text, whatever the environment says."""
    return KafkaSettings(
        kafka_bootstrap_servers=bootstrap_servers(settings),
        kafka_ca_file=None,
        kafka_certificate_file=None,
        kafka_key_file=None,
    )


def initialise(settings: LocalSettings, distribution: Distribution) -> None:
    """Write the broker's configuration and format its storage unless that is done.

    Raises:
        ConfigurationError: the storage cannot be formatted; the message is Kafka's.
    """
    controller = f"127.0.0.1:{settings.kafka_controller_port}"
    folder = settings.state_dir / "kafka"
    write_properties(
        folder / "server.properties",
        {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": controller,
            "listeners": f"PLAINTEXT://{bootstrap_servers(settings)},CONTROLLER://{controller}",
            "advertised.listeners": (
                f"PLAINTEXT://{bootstrap_servers(settings)},CONTROLLER://{controller}"
            ),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(folder / "data"),
            "auto.create.topics.enable": "false",
            "default.replication.factor": "1",
            "min.insync.replicas": "1",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.index.size.max.bytes": "1048576",
            "num.network.threads": "2",
            "num.io.threads": "2",
            "log.cleaner.dedupe.buffer.size": "16777216",
        },
    )
    if (folder / "data" / "meta.properties").exists():
        return
    command = distribution.java("kafka.tools.StorageTool", heap="256m", logs=settings.logs)
    result = subprocess.run(
        [
            *command,
            "format",
            "--standalone",
            f"--cluster-id={_cluster_id()}",
            f"--config={folder / 'server.properties'}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise ConfigurationError(
            f"Kafka's storage cannot be formatted: {result.stdout}{result.stderr}"
        )


def component(settings: LocalSettings, distribution: Distribution) -> Component:
    """The broker."""
    return Component(
        name="kafka",
        command=(
            *distribution.java("kafka.Kafka", heap=settings.jvm_heap, logs=settings.logs),
            str(settings.state_dir / "kafka" / "server.properties"),
        ),
        address=bootstrap_servers(settings),
        ports={
            "RECSYS_KAFKA_PORT": settings.kafka_port,
            "RECSYS_KAFKA_CONTROLLER_PORT": settings.kafka_controller_port,
        },
        is_healthy=lambda: _answers(connection(settings)),
        log=settings.logs / "kafka.log",
    )


def _cluster_id() -> str:
    """Kafka's form of a UUID: 22 characters, none of which makes it look like an option."""
    identifier = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return identifier.replace("-", "A")


def _answers(kafka: KafkaSettings) -> bool:
    admin = AdminClient({**kafka.librdkafka, "log_level": 0})
    try:
        return bool(admin.list_topics(timeout=2).brokers)
    except KafkaException:
        return False
