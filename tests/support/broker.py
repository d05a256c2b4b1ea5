"""A Kafka broker of a test's own that can be stopped and started again."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
)

from apps.local import kafka
from apps.local.distribution import Distribution
from streams.provisioning import create_topics
from streams.settings import KafkaSettings
from support.laptop import local_settings

_START_SECONDS = 60
_LIMIT = "max.message.bytes"


class Broker:
    """A broker whose files lie in `folder`; it keeps its address and its records."""

    def __init__(self, folder: Path) -> None:
        settings = local_settings(folder)
        settings.logs.mkdir(parents=True)
        distribution = Distribution(settings.distribution)
        distribution.install(lambda _done, _total: None)
        kafka.initialise(settings, distribution)
        self._component = kafka.component(settings, distribution)
        self._process: Any = None
        self.kafka: KafkaSettings = kafka.connection(settings)

    @property
    def address(self) -> str:
        """Where it answers."""
        return self.kafka.kafka_bootstrap_servers

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            self._component.command,
            stdin=subprocess.DEVNULL,
            stdout=self._component.log.open("ab"),
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self._component.is_healthy():
            assert self._process.poll() is None, self._component.log.read_text()
            assert time.monotonic() < deadline, self._component.log.read_text()
            time.sleep(0.1)

    def ensure_running(self) -> None:
        """Make good what a test has left."""
        if self._process.poll() is None:
            self.thaw()
        else:
            self.start()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Let it keep its connections and answer nothing."""
        self._process.send_signal(signal.SIGSTOP)
        # On a busy machine a thread may answer once more before all of them have stopped.
        while psutil.Process(self._process.pid).status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker with every topic."""
    broker = Broker(folder)
    broker.start()
    try:
        create_topics(broker.kafka, replicas=1)
        yield broker
    finally:
        broker.kill()


def limit_records(kafka: KafkaSettings, topic: str, size: int) -> None:
    """Let a topic refuse batches of more than `size` bytes."""
    _configure(
        kafka,
        topic,
        ConfigEntry(_LIMIT, str(size), incremental_operation=AlterConfigOpType.SET),
    )


def default_records(kafka: KafkaSettings, topic: str) -> None:
    """Let a topic take batches of the broker's usual size again."""
    _configure(
        kafka, topic, ConfigEntry(_LIMIT, None, incremental_operation=AlterConfigOpType.DELETE)
    )


def _configure(kafka: KafkaSettings, topic: str, entry: ConfigEntry) -> None:
    admin = AdminClient(kafka.librdkafka)
    resource = ConfigResource("topic", topic, incremental_configs=[entry])
    for done in admin.incremental_alter_configs([resource]).values():
        done.result()
