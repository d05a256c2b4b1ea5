"""What is under way between the shop and PostgreSQL."""

import dataclasses
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from confluent_kafka.admin import AdminClient

from apps.local.event_progress import EventTracker
from apps.storefront.events import repository
from apps.storefront.events.publishing import record
from streams.contracts import INTERACTIONS
from streams.lag import Lag
from streams.provisioning import create_topics
from support.interactions import interaction

pytestmark = pytest.mark.integration


def test_the_offsets_of_topics_that_were_just_created_are_told(stack: Any) -> None:
    topics = [dataclasses.replace(INTERACTIONS.public, name=f"fresh-{uuid4()}") for _ in range(20)]
    with closing(Lag(stack.kafka)) as lag:
        for topic in topics:
            create_topics(stack.kafka, replicas=1, topics=[topic])
            assert lag.records(topic) == 0
    administrator = AdminClient(stack.kafka.librdkafka)
    for deleted in administrator.delete_topics([topic.name for topic in topics]).values():
        deleted.result()


def test_an_event_in_the_outbox_is_under_way(stack: Any) -> None:
    """As long as this test has the relay's lock, the shop sends nothing of the outbox."""
    event = interaction("waits", "x", "cart", datetime.now(UTC))
    with closing(EventTracker(stack.kafka, stack.database_url)) as tracker:
        with psycopg.connect(stack.database_url) as connection:
            while not repository.lock(connection):
                pass
            with psycopg.connect(stack.database_url) as other:
                repository.add(other, [record(event)])
            progress = tracker.progress()
            assert progress.unpublished >= 1
            assert not progress.is_complete
        tracker.wait_until_stored(60, lambda _: None)
        with psycopg.connect(stack.database_url) as connection:
            stored = connection.execute(
                "select from events.interactions where interaction_id = %s", [event.interaction_id]
            )
            assert stored.rowcount == 1
