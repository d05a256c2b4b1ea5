"""Kafka Connect: one distributed worker with the JDBC sink, and what restarts its failed tasks."""

import sys
from contextlib import closing

from apps.local import restarter
from apps.local.component import Component
from apps.local.distribution import Distribution, write_properties
from apps.local.kafka import bootstrap_servers
from apps.local.settings import LocalSettings
from streams.errors import RecsysError
from streams.sink.connect import Connect, TaskState
from streams.sink.connectors import PLUGIN


def url(settings: LocalSettings) -> str:
    """Address of Connect's REST API."""
    return f"http://127.0.0.1:{settings.connect_port}"


def initialise(settings: LocalSettings, distribution: Distribution) -> None:
    """Write the worker's configuration."""
    write_properties(
        settings.state_dir / "connect" / "worker.properties",
        {
            "bootstrap.servers": bootstrap_servers(settings),
            "group.id": "recsys-connect",
            "config.storage.topic": "_connect-configs",
            "offset.storage.topic": "_connect-offsets",
            "status.storage.topic": "_connect-status",
            "config.storage.replication.factor": "1",
            "offset.storage.replication.factor": "1",
            "status.storage.replication.factor": "1",
            "offset.storage.partitions": "2",
            "status.storage.partitions": "2",
            "key.converter": "org.apache.kafka.connect.storage.StringConverter",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "value.converter.schemas.enable": "false",
            "listeners": url(settings),
            "rest.advertised.host.name": "127.0.0.1",
            "plugin.path": str(distribution.plugins),
            "plugin.discovery": "service_load",
            "offset.flush.interval.ms": "2000",
            "scheduled.rebalance.max.delay.ms": "0",
            # The members of a killed worker leave their group after this time.
            "session.timeout.ms": "10000",
            "consumer.session.timeout.ms": "10000",
            "heartbeat.interval.ms": "3000",
            "connector.client.config.override.policy": "All",
        },
    )


def component(settings: LocalSettings, distribution: Distribution) -> Component:
    """The worker; healthy when the sink can be installed and no task has failed."""
    return Component(
        name="connect",
        command=(
            *distribution.java(
                "org.apache.kafka.connect.cli.ConnectDistributed",
                heap=settings.jvm_heap,
                logs=settings.logs,
                # Of what a row costs, two thirds are code of the worker; this halves them.
                optimise=True,
            ),
            str(settings.state_dir / "connect" / "worker.properties"),
        ),
        address=url(settings),
        ports={"RECSYS_CONNECT_PORT": settings.connect_port},
        is_healthy=lambda: _answers(url(settings)),
        log=settings.logs / "connect.log",
    )


def _answers(address: str) -> bool:
    try:
        with closing(Connect(address)) as connect:
            return PLUGIN in connect.plugins() and not any(
                task.has_failed for task in connect.tasks()
            )
    except RecsysError:
        return False


def restarting(settings: LocalSettings) -> Component:
    """What restarts failed tasks; healthy when it looks at them."""
    return Component(
        name="restarter",
        command=(sys.executable, "-m", "apps.local.restarter"),
        address=str(restarter.file_in(settings.state_dir)),
        ports={},
        is_healthy=lambda: restarter.is_watching(settings.state_dir),
        log=settings.logs / "restarter.log",
    )


def tasks(settings: LocalSettings) -> list[TaskState]:
    """Every connector and task; none while Connect does not answer."""
    try:
        with closing(Connect(url(settings))) as connect:
            return connect.tasks()
    except RecsysError:
        return []
