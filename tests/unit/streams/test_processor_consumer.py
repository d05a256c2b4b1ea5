from collections import defaultdict

from aiokafka.structs import ConsumerRecord
from faust.types import TP

from streams.processor.consumer import Run, RunConsumer

PARTITION = TP("interactions", 2)


def run(first: int, last: int) -> Run:
    return Run(
        PARTITION,
        [
            ConsumerRecord(*PARTITION, offset, 1_000, 0, b"k", b"v%d" % offset, None, 1, 2, ())
            for offset in range(first, last + 1)
        ],
        generation_id=7,
    )


def test_a_run_has_the_records_of_a_fetch_and_the_offset_of_the_last() -> None:
    message = run(4, 6)
    assert (message.topic, message.partition, message.offset) == ("interactions", 2, 6)
    assert (message.tp, message.generation_id, message.timestamp) == (PARTITION, 7, 1.0)
    assert [(each.offset, each.value) for each in message.records] == [
        (4, b"v4"),
        (5, b"v5"),
        (6, b"v6"),
    ]


def test_what_is_committed_is_behind_the_newest_run_that_is_done() -> None:
    consumer = RunConsumer.__new__(RunConsumer)
    consumer._acked, consumer._acked_index = defaultdict(list), defaultdict(set)
    assert consumer._new_offset(PARTITION) is None
    for message in (run(0, 9), run(10, 99)):  # run(100, 200) is under way
        consumer._acked[PARTITION].append(message.offset)
        consumer._acked_index[PARTITION].add(message.offset)
    assert consumer._new_offset(PARTITION) == 100
    assert consumer._new_offset(PARTITION) is None
