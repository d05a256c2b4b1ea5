"""A real Kafka broker that speaks nothing but mutual TLS."""

import base64
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from apps.local.distribution import Distribution, write_properties
from streams.errors import UnavailableError
from streams.provisioning import create_topics
from streams.settings import KafkaSettings
from support.authority import Authority
from support.laptop import free_ports, local_settings


@dataclass(frozen=True)
class Broker:
    """A running broker and the authority that it trusts."""

    address: str
    authority: Authority

    def client(self, name: str, signed_by: Authority | None = None) -> KafkaSettings:
        """A client that trusts the broker and shows a certificate, of the same authority or not."""
        identity = (signed_by or self.authority).issue(name)
        return KafkaSettings(
            kafka_bootstrap_servers=self.address,
            kafka_ca_file=self.authority.certificate,
            kafka_certificate_file=identity.certificate,
            kafka_key_file=identity.key,
        )


@contextmanager
def running_broker(folder: Path) -> Iterator[Broker]:
    """A broker with every topic, whose files lie in `folder`."""
    local = local_settings(folder)
    local.logs.mkdir()
    distribution = Distribution(local.distribution)
    distribution.install(lambda _done, _total: None)
    authority = Authority(folder / "authority")
    (folder / "broker.pem").write_text(authority.issue("broker").chain_with_key)
    port, controller = free_ports(2)
    listeners = f"TLS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}"
    write_properties(
        folder / "server.properties",
        {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "listeners": listeners,
            "advertised.listeners": listeners,
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "TLS",
            "listener.security.protocol.map": "TLS:SSL,CONTROLLER:PLAINTEXT",
            "listener.name.tls.ssl.client.auth": "required",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(folder / "broker.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(authority.certificate),
            "log.dirs": str(folder / "data"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.index.size.max.bytes": "1048576",
            "log.cleaner.dedupe.buffer.size": "16777216",
        },
    )
    cluster = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=").replace("-", "A")
    subprocess.run(
        [*distribution.java("kafka.tools.StorageTool", heap="256m", logs=local.logs), "format",
         "--standalone", f"--cluster-id={cluster}", f"--config={folder / 'server.properties'}"],
        check=True, capture_output=True,
    )  # fmt: skip
    process = subprocess.Popen(
        [
            *distribution.java("kafka.Kafka", heap="384m", logs=local.logs),
            folder / "server.properties",
        ],
        stdin=subprocess.DEVNULL,
        stdout=(folder / "kafka.log").open("wb"),
        stderr=subprocess.STDOUT,
    )
    running = Broker(f"127.0.0.1:{port}", authority)
    try:
        _make_topics(running.client("administrator"), process, folder / "kafka.log")
        yield running
    finally:
        process.terminate()
        process.wait(30)


def variables(kafka: KafkaSettings) -> dict[str, str]:
    """The variables by which a program of the project finds that Kafka."""
    return {f"RECSYS_{name.upper()}": str(value) for name, value in kafka.model_dump().items()}


def _make_topics(administrator: KafkaSettings, process: Any, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            create_topics(administrator, replicas=1)
        except UnavailableError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)
        else:
            return
