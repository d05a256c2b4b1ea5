import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.data.event_log import LogFormat
from ml.data.log_table import read_held_out, read_log
from ml.data.synthetic import SyntheticConfig, generate
from ml.data.synthetic.files import write
from ml.dataset import INTERACTION_COLUMNS
from ml.evaluation.recovery import as_dataset
from streams.errors import ContractError

LINES = LogFormat.LINES


def file(folder: Path, text: str, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def reasons(folder: Path, text: str, log_format: LogFormat = LogFormat.CSV) -> dict[int, str]:
    return {row.line: row.reason for row in read_log(file(folder, text), log_format)[1]}


def test_every_column_is_read(tmp_path: Path) -> None:
    log, rejected = read_log(
        file(
            tmp_path,
            "item_id,note,quantity,event,rating,user_id,timestamp\n"
            "i1,x,2,transaction,4.5,u1,1430623510.25\n"
            " i2 ,,,view,, u1 ,2015-05-03T05:25:10+02:00\n"
            "i2,,2.0,addtocart,,u2,2015-05-03 03:25:10\n"
            "i3,,,rate,5,u2,2015-05-03\n",
        )
    )
    assert rejected == []
    assert tuple(log.columns) == INTERACTION_COLUMNS
    assert log["user_id"].tolist() == ["u1", "u1", "u2", "u2"]
    assert log["item_id"].tolist() == ["i1", "i2", "i2", "i3"]
    assert log["interaction_type"].tolist() == ["purchase", "view", "cart", "rate"]
    assert log["timestamp"].dtype == "datetime64[ns, UTC]"
    assert log["timestamp"].tolist() == [
        datetime(2015, 5, 3, 3, 25, 10, 250_000, tzinfo=UTC),
        datetime(2015, 5, 3, 3, 25, 10, tzinfo=UTC),
        datetime(2015, 5, 3, 3, 25, 10, tzinfo=UTC),
        datetime(2015, 5, 3, tzinfo=UTC),
    ]
    np.testing.assert_array_equal(log["rating"], [4.5, np.nan, np.nan, 5])
    np.testing.assert_array_equal(log["quantity"], [2, np.nan, 2, np.nan])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("view", "view"),
        ("addtocart", "cart"),
        ("cart", "cart"),
        ("transaction", "purchase"),
        ("purchase", "purchase"),
        ("positive_view", "positive_view"),
        ("negative_view", "negative_view"),
    ],
)
def test_events_have_the_shops_names_or_ours(tmp_path: Path, name: str, kind: str) -> None:
    log, _ = read_log(file(tmp_path, f"user_id,item_id,interaction_type\nu,i,{name}\n"))
    assert log["interaction_type"].tolist() == [kind]


def test_a_log_without_events_has_purchases_which_keep_their_ratings(
    tmp_path: Path,
) -> None:
    log, rejected = read_log(file(tmp_path, "user_id,item_id,rating\nu,i,3.5\nu,j,\n"))
    assert rejected == []
    assert log["interaction_type"].tolist() == ["purchase", "purchase"]
    np.testing.assert_array_equal(log["rating"], [3.5, np.nan])
    assert log["timestamp"].isna().all()
    assert log["timestamp"].dtype == "datetime64[ns, UTC]"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("soon,u,view,i,,", "timestamp 'soon' is neither unix seconds nor ISO 8601"),
        (",u,view,i,,", "timestamp '' is neither"),
        ("1430623510000,u,view,i,,", "outside the years 1990 to 2099"),
        ("1815-06-18,u,view,i,,", "outside the years 1990 to 2099"),
        ("1430623510,u,wish,i,,", "event 'wish' is not one of view, addtocart, transaction, cart"),
        ("1430623510,,view,i,,", "user_id: String should have at least 1 character"),
        (f"1430623510,u,view,{'i' * 129},,", "item_id: String should have at most 128 characters"),
        ("1430623510,u,rate,i,,", "an interaction of type rate needs a rating"),
        ("1430623510,u,rate,i,4.7,", "rating: Input should be a multiple of 0.5"),
        ("1430623510,u,rate,i,nan,", "rating 'nan' is not a number"),
        ("1430623510,u,rate,i,6,", "rating: Input should be less than or equal to 5"),
        ("1430623510,u,view,i,,1.5", "quantity '1.5' is not a whole number"),
        ("1430623510,u,view,i,,0", "quantity: Input should be greater than or equal to 1"),
        ("1430623510,u,view,i", "4 fields, but the header has 6"),
        ('1430623510,u,view,"i,,', "broken quoting"),
    ],
)
def test_a_bad_row_is_rejected_alone_and_reported_with_its_line(
    tmp_path: Path, row: str, reason: str
) -> None:
    text = (
        "timestamp,user_id,event,item_id,rating,quantity\n"
        "1430623510,u,view,a,,\n"
        f"{row}\n"
        "1430623510,u,view,b,,\n"
    )
    log, [only] = read_log(file(tmp_path, text))
    assert log["item_id"].tolist() == ["a", "b"]
    assert (only.source, only.line) == ("log.csv", 3)
    assert reason in only.reason


def test_rows_with_several_errors_are_reported_once_in_the_order_of_the_file(
    tmp_path: Path,
) -> None:
    text = "user_id,item_id,rating\n,,9\nu,i,1\nu\nu,i,0\n"
    assert list(reasons(tmp_path, text)) == [2, 4, 5]


def test_a_line_has_a_user_and_their_items(tmp_path: Path) -> None:
    text = "7 1 2 3\n8\n\n  9   2\n7 4\r\n"
    log, rejected = read_log(file(tmp_path, text, "train.txt"), LINES)
    assert rejected == []
    pairs = list(zip(log["user_id"], log["item_id"], strict=True))
    assert pairs == [("7", "1"), ("7", "2"), ("7", "3"), ("9", "2"), ("7", "4")]
    assert log["interaction_type"].unique().tolist() == ["purchase"]
    assert log["timestamp"].isna().all()


def test_bad_lines_are_reported_once_each(tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes(b"u a\n\xff b\n" + b"x" * 129 + b" a b\nv a " + b"y" * 129 + b"\n")
    log, rejected = read_log(path, LINES)
    assert log["user_id"].tolist() == ["u", "v"]
    assert {row.line: row.reason.split(" at ")[0].split(":")[0] for row in rejected} == {
        2: "not UTF-8",
        3: "user_id",
        4: "item_id",
    }
    assert len(rejected) == 3


def test_the_synthetic_shops_parquet_is_its_dataset(tmp_path: Path) -> None:
    shop = generate(SyntheticConfig(n_users=30, n_items=40, n_interactions=600, seed=1))
    write(shop, tmp_path)
    log, rejected = read_log(tmp_path / "recommendation_interactions.parquet")
    assert rejected == []
    expected = as_dataset(shop).interactions
    pd.testing.assert_frame_equal(
        log,
        expected.astype({"interaction_type": str, "rating": float, "quantity": float}),
        check_dtype=False,
    )
    held_out, _ = read_held_out(tmp_path / "held_out.csv")
    assert held_out == shop.held_out


def test_parquet_may_hold_numbers_for_ids_and_zones_for_instants(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    instants = pd.DatetimeIndex(["2026-01-01T12:00", None]).tz_localize("Europe/Vienna")
    pd.DataFrame({"user_id": [1, 2], "item_id": [3, 4], "timestamp": instants}).to_parquet(path)
    log, [bad] = read_log(path)
    assert log[["user_id", "item_id"]].to_numpy().tolist() == [["1", "3"]]
    assert log["timestamp"].tolist() == [datetime(2026, 1, 1, 11, tzinfo=UTC)]
    assert bad.line == 2


@pytest.mark.parametrize(
    ("name", "content", "log_format", "message"),
    [
        ("a.csv", "user_id,product\nu,p\n", LogFormat.CSV, "lacks the columns item_id"),
        ("a.csv", "user_id,item_id\n", LogFormat.CSV, "has no usable row"),
        ("a.csv", "user_id,item_id\n,i\n", LogFormat.CSV, "usable row; line 2: user_id: String"),
        ("a.txt", "user_id,item_id\nu,i\n", LINES, "has no usable row"),
        ("a.parquet", "user_id", LogFormat.CSV, "cannot be read"),
    ],
)
def test_a_file_without_usable_rows_is_refused(
    tmp_path: Path, name: str, content: str, log_format: LogFormat, message: str
) -> None:
    path = file(tmp_path, content, name)
    for read in (read_log, read_held_out):
        with pytest.raises(ContractError, match=message):
            read(path, log_format)


@pytest.mark.parametrize("name", ["none.csv", "none.txt", "none.parquet"])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    log_format = LINES if name.endswith("txt") else LogFormat.CSV
    with pytest.raises(ContractError, match="cannot be read: No such file"):
        read_log(tmp_path / name, log_format)


def test_held_out_items_are_grouped_by_user(tmp_path: Path) -> None:
    rows = "i1,u1\ni2,u1\ni1,u2\n,u3\ni4\ni1,u1\n" + "x" * 129 + ",u\n"
    held_out, rejected = read_held_out(file(tmp_path, f"item_id,user_id\n{rows}", "test.csv"))
    expected = {"u1": {"i1", "i2"}, "u2": {"i1"}}
    assert held_out == expected
    assert {row.line: row.reason.split(":")[0] for row in rejected} == {
        5: "item_id",
        6: "1 fields, but the header has 2",
        8: "item_id",
    }
    assert all(row.source == "test.csv" for row in rejected)
    lines = file(tmp_path, "u1 i1 i2\nw\nu2 i1\nu1 i1\n", "test.txt")
    assert read_held_out(lines, LINES) == (expected, [])


def test_a_large_log_takes_seconds(tmp_path: Path) -> None:
    rows = 100_000
    lines = (f"{1_430_623_510 + n},{n % 5_000},view,{n % 7_919}" for n in range(rows))
    path = file(tmp_path, "timestamp,user_id,event,item_id\n" + "\n".join(lines))
    start = time.process_time()
    log, _ = read_log(path)
    assert len(log) == rows
    # Row by row through the event's contract it takes ten times as long.
    assert time.process_time() - start < 3


def test_real_logs_are_read_completely(real_data: Path) -> None:
    lines, rejected = read_log(real_data / "ml-1m" / "train.txt", LINES)
    assert (len(lines), rejected) == (796_244, [])
    assert (lines["user_id"].nunique(), lines["item_id"].nunique()) == (6_022, 3_043)
    events, rejected = read_log(real_data / "retailrocket" / "events_train.csv")
    assert (len(events), rejected) == (97_381, [])
    assert events["interaction_type"].value_counts().to_dict() == {
        "view": 75_374,
        "cart": 12_456,
        "purchase": 9_551,
    }
    held_out, rejected = read_held_out(real_data / "retailrocket" / "test_last_purchase.csv")
    assert (len(held_out), rejected) == (2_174, [])
