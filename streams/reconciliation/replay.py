"""Sends missing records to their topics again."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from itertools import islice

from streams.contracts import TOPICS
from streams.publisher import Publisher
from streams.reconciliation.reading import RecordReader
from streams.reconciliation.records import Record
from streams.settings import KafkaSettings

_BATCH = 2000


def replay(kafka: KafkaSettings, missing: Iterable[Record]) -> int:
    """Send the record of each event once; returns how many were acknowledged.

    A record keeps its event's id, so sending it twice makes one row. An event that is missing on
    the public topic is not sent to the validated one, where the processor will write it.

    Args:
        kafka: of an identity that may write to the topics.
        missing: where the records are; public topics before validated ones.

    Raises:
        UnavailableError: Kafka does not answer. What was sent may be sent again.
    """
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    known: set[str] = set()
    for record in missing:
        if record.event_id is None or record.event_id not in known:
            places[record.topic].append((record.partition, record.offset))
        if record.event_id is not None:
            known.add(record.event_id)
    topics = {topic.name: topic for topic in TOPICS}
    sent = 0
    with closing(RecordReader(kafka)) as reader, closing(Publisher(kafka)) as publisher:
        for name, at in places.items():
            records = reader.at(topics[name], at)
            while batch := list(islice(records, _BATCH)):
                sent += publisher.publish_copies(name, batch)
    return sent
