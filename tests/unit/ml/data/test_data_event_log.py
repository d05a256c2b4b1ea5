import shutil
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.data.event_log import read_event_log
from ml.data.fields import RejectedRow
from streams.contracts import Interaction, InteractionType
from streams.errors import ContractError

HEADER = b"timestamp,user_id,event,item_id\n"
GOOD = b"1430623510,u1,view,i1\n"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "events.csv"
    path.write_bytes(content)
    return path


def read(folder: Path, content: bytes) -> tuple[list[Interaction], dict[int, str]]:
    rows = list(read_event_log(write(folder, content)))
    return (
        [row for row in rows if isinstance(row, Interaction)],
        {row.line: row.reason for row in rows if isinstance(row, RejectedRow)},
    )


def test_a_row_becomes_an_interaction(tmp_path: Path) -> None:
    [only], rejected = read(tmp_path, HEADER + b"1430623510,u1,addtocart,i1\n")
    assert rejected == {}
    assert (only.user_id, only.item_id) == ("u1", "i1")
    assert only.interaction_type is InteractionType.CART
    assert only.timestamp == datetime(2015, 5, 3, 3, 25, 10, tzinfo=UTC)
    assert (only.rating, only.quantity, only.session_id) == (None, None, None)


def test_a_row_from_the_future_is_rejected(tmp_path: Path) -> None:
    now = datetime.now(UTC).timestamp()
    content = HEADER + b"%d,u,view,soon\n%d,u,view,later\n" % (now + 200, now + 400)
    [only], rejected = read(tmp_path, content)
    assert only.item_id == "soon"
    assert rejected.keys() == {3}
    assert "lies in the future" in rejected[3]


def test_the_three_events_are_translated(tmp_path: Path) -> None:
    lines = b"".join(
        b"1430623510,u,%s,i\n" % name for name in (b"view", b"addtocart", b"transaction")
    )
    good, _ = read(tmp_path, HEADER + lines)
    assert [row.interaction_type.value for row in good] == ["view", "cart", "purchase"]


def test_columns_come_in_any_order_and_others_are_ignored(tmp_path: Path) -> None:
    content = (
        b"item_id,note,session_id,quantity,event,rating,user_id,timestamp\n"
        b"i1,hello,s1,2,transaction,4.5,u1,1430623510.25\n"
        b"i2,,,,view,,u1,1430623511\n"
    )
    (first, second), rejected = read(tmp_path, content)
    assert rejected == {}
    assert (first.item_id, first.user_id, first.session_id) == ("i1", "u1", "s1")
    assert (first.quantity, first.rating) == (2, 4.5)
    assert first.timestamp.microsecond == 250_000
    assert (second.quantity, second.rating, second.session_id) == (None, None, None)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + HEADER + GOOD,
        HEADER.replace(b"\n", b"\r\n") + GOOD.replace(b"\n", b"\r\n"),
        HEADER + GOOD.rstrip(),
        b"\n" + HEADER + b"\n\r\n  \n" + GOOD + b"\n",
        b'"timestamp","user_id","event","item_id"\n"1430623510","u1","view","i1"\n',
        b" timestamp , user_id,event, item_id\n1430623510, u1 , view, i1\n",
    ],
    ids=["byte order mark", "crlf", "no last line end", "empty lines", "quoted", "spaces"],
)
def test_equivalent_files_give_the_same_interaction(tmp_path: Path, content: bytes) -> None:
    [only], rejected = read(tmp_path, content)
    assert rejected == {}
    assert (only.user_id, only.interaction_type, only.item_id) == ("u1", "view", "i1")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1430623510,u1,view", "3 fields, but the header has 4"),
        (b"1430623510,u1,view,i1,x", "5 fields, but the header has 4"),
        (b"yesterday,u1,view,i1", "timestamp 'yesterday' is not a number"),
        (b",u1,view,i1", "timestamp '' is not a number"),
        (b"nan,u1,view,i1", "timestamp 'nan' is not a number"),
        (b"inf,u1,view,i1", "timestamp 'inf' is not a number"),
        (b"1_430_623_510,u1,view,i1", "is not a number"),
        (b"1.43062E+09,u1,view,i1", "is not a number"),
        (b"1430623510000,u1,view,i1", "outside the years 1990 to 2099"),
        (b"-5,u1,view,i1", "outside the years 1990 to 2099"),
        (
            b"1430623510,u1,wishlist,i1",
            "event 'wishlist' is not one of view, addtocart, transaction",
        ),
        (b"1430623510,,view,i1", "user_id"),
        (b"1430623510,u1,view, ", "item_id"),
        (b"1430623510," + b"u" * 129 + b",view,i1", "user_id"),
        (b"1430623510,u\x00,view,i1", "a NUL character"),
        (b"1430623510,u\xff,view,i1", "not UTF-8 at byte 13"),
        (b'1430623510,"u1,view,i1', "broken quoting"),
        (b'1430623510,"u"1,view,i1', "broken quoting"),
        (b"1430623510,u\r1,view,i1", "broken quoting"),
        (b"1430623510," + b"u" * (1 << 21) + b",view,i1", "more than 1 MiB"),
    ],
)
def test_a_bad_line_is_rejected_alone(tmp_path: Path, line: bytes, reason: str) -> None:
    good, rejected = read(tmp_path, HEADER + GOOD + line + b"\n" + GOOD)
    assert len(good) == 2
    assert list(rejected) == [3]
    assert reason in rejected[3]
    assert len(rejected[3]) < 200


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (b"4.3,,", "rating"),
        (b"six,,", "rating 'six' is not a number"),
        (b",1.5,", "quantity '1.5' is not a whole number"),
        (b",0,", "quantity"),
        (b",," + b"s" * 200, "session_id"),
    ],
)
def test_a_bad_optional_field_rejects_its_row(tmp_path: Path, fields: bytes, reason: str) -> None:
    header = HEADER.rstrip() + b",rating,quantity,session_id\n"
    good, rejected = read(tmp_path, header + b"1430623510,u1,view,i1," + fields + b"\n")
    assert good == []
    assert reason in rejected[2]


def test_a_quantity_written_as_a_fraction_of_zero_is_whole(tmp_path: Path) -> None:
    [only], _ = read(tmp_path, HEADER.rstrip() + b",quantity\n1430623510,u1,transaction,i1,2.0\n")
    assert only.quantity == 2


def test_line_numbers_count_physical_lines_across_quoted_line_breaks(tmp_path: Path) -> None:
    content = (
        HEADER.rstrip() + b",comment\n"
        b'1430623510,u1,view,i1,"three\nlines\n""here"""\n'
        b"bad,u1,view,i1,\n"
        b"1430623511,u1,view,i2,fine\n"
    )
    good, rejected = read(tmp_path, content)
    assert [row.item_id for row in good] == ["i1", "i2"]
    assert list(rejected) == [5]


def test_an_unclosed_quote_rejects_only_its_line_even_if_a_later_quote_would_close_it(
    tmp_path: Path,
) -> None:
    content = HEADER + b'1430623510,u1,view,"i1\n' + GOOD * 3 + b'1430623510,u1,view,i1"\n' + GOOD
    good, rejected = read(tmp_path, content)
    assert len(good) == 5
    assert good[-2].item_id == 'i1"'
    assert list(rejected) == [2]


def test_a_reason_does_not_quote_a_value_at_length(tmp_path: Path) -> None:
    _, rejected = read(tmp_path, HEADER + b"someone@example.org " * 20 + b",u1,view,i1\n")
    assert rejected[2] == "timestamp 'someone@example.org some' and more is not a number"


def ids_of(path: Path) -> list[UUID]:
    """Of a log of which no row is rejected."""
    rows = list(read_event_log(path))
    interactions = [row for row in rows if isinstance(row, Interaction)]
    assert len(interactions) == len(rows)
    return [row.interaction_id for row in interactions]


def test_reading_again_a_copy_or_a_grown_log_gives_the_same_ids(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + GOOD * 2)
    ids = ids_of(path)
    copy = Path(shutil.copy(path, tmp_path / "other.csv"))
    copy.write_bytes(copy.read_bytes() + GOOD)
    grown = ids_of(copy)
    assert grown[:2] == ids
    assert len(set(grown)) == 3
    assert all(each.version == 7 for each in grown)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + GOOD * 50_000)
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_event_log(path))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 50_000
    assert peak < 500_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: it needs a header with timestamp, user_id, event, item_id"),
        (b"\n\n", "is empty"),
        (GOOD, "lacks the columns timestamp, user_id, event, item_id; it has 1430623510, u1"),
        (b"timestamp;user_id;event;item_id\n", "it has timestamp;user_id;event;item_id"),
        (b"timestamp,user_id,visitor\n", "lacks the columns event, item_id; it has timestamp"),
        (b"timestamp,user_id,event,item_id,event\n", "has the column event twice"),
        (HEADER.decode().encode("utf-16"), "the header of"),
    ],
)
def test_a_file_without_its_columns_is_refused_at_once(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(ContractError, match=r"events\.csv") as refused:
        read_event_log(write(tmp_path, content))
    assert message in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be read: No such file"):
        read_event_log(tmp_path / "none.csv")
    with pytest.raises(ContractError, match="cannot be read: Is a directory"):
        read_event_log(tmp_path)


FIELD = st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b""))
DIRT = st.one_of(
    st.lists(FIELD, max_size=6).map(b",".join),
    st.tuples(FIELD, st.sampled_from([b'"', b'""', b"\r", b"\x00", b"\xff", b","]), FIELD).map(
        b"".join
    ),
    st.sampled_from([b'1430623510,u,view,"i', b'i"', b'"', b'1430623510,"u,view,i', b'"",,,', b""]),
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(st.one_of(st.just(None), DIRT), max_size=30))
def test_every_line_of_any_file_is_read_rejected_or_empty(
    tmp_path: Path, lines: list[bytes | None]
) -> None:
    """None stands for a good line, which the dirt around it must not touch."""
    content = b"".join(
        (b"1430623510,shopper,view,item%d" % at if line is None else line) + b"\n"
        for at, line in enumerate(lines)
    )
    good, rejected = read(tmp_path, HEADER + content)
    blank = sum(line is not None and not line.decode(errors="replace").strip() for line in lines)
    assert len(good) + len(rejected) + blank == len(lines)
    arrived = {row.item_id for row in good}
    assert {f"item{at}" for at, line in enumerate(lines) if line is None} <= arrived
    assert len({row.interaction_id for row in good}) == len(good)


def test_a_real_log_is_read_completely(real_data: Path) -> None:
    ids = ids_of(real_data / "retailrocket" / "events_train.csv")
    assert len(ids) == len(set(ids)) == 97_381
