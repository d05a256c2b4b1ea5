"""What is on a topic, read as bytes and JSON: without the project's own readers and contracts."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition

from support.laptop import RunningStack

_PAUSE = timedelta(minutes=30)
_ACTIONS = ("cart", "purchase", "rate")

View = tuple[str, str, datetime]
"""User, item and instant."""


def events(stack: RunningStack, topic: str) -> dict[str, dict[str, Any]]:
    """Every event of the topic now, by its id; those that are there twice, once."""
    consumer = Consumer({**stack.kafka.librdkafka, "group.id": str(uuid4())})
    found = {event["interaction_id"]: event for event in _read(consumer, topic)}
    consumer.close()
    return found


def _read(consumer: Consumer, topic: str) -> Iterator[dict[str, Any]]:
    for partition in consumer.list_topics(topic, timeout=30).topics[topic].partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
        consumer.assign([TopicPartition(topic, partition, low)])
        while low < high:
            for message in consumer.consume(10_000, 1.0):
                assert message.error() is None, message.error()
                offset = message.offset()
                assert offset is not None
                low = offset + 1
                try:
                    event = json.loads(message.value() or b"")
                except (ValueError, RecursionError):  # broken on purpose, by another test
                    continue
                if isinstance(event, dict) and "interaction_id" in event:
                    yield event


def verdicts(log: list[dict[str, Any]]) -> dict[View, list[str]]:
    """The verdict on each view, by the definition in docs/events.md, written anew.

    A view is positive if its shopper does more with the product in the same session, at the same
    instant or later. A session is what they do under one session id without a pause of more than 30
    minutes.
    """
    by_session: dict[tuple[str, str], list[tuple[datetime, str, str]]] = {}
    for event in log:
        at = datetime.fromisoformat(event["timestamp"])
        key = event["user_id"], event.get("session_id") or ""
        by_session.setdefault(key, []).append((at, event["interaction_type"], event["item_id"]))
    found: dict[View, list[str]] = {}
    for (user, _), happened in by_session.items():
        happened.sort()
        pauses = [
            later for (at, *_), (later, *_) in pairwise(happened)
            if later - at > _PAUSE
        ]  # fmt: skip
        for at, kind, item in happened:
            if kind != "view":
                continue
            wanted = any(
                other_kind in _ACTIONS
                and other_item == item
                and other_at >= at
                and not any(at < pause <= other_at for pause in pauses)
                for other_at, other_kind, other_item in happened
            )
            verdict = "positive_view" if wanted else "negative_view"
            found.setdefault((user, item, at), []).append(verdict)
    return {view: sorted(each) for view, each in found.items()}
