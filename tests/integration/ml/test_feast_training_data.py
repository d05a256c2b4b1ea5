from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
import psycopg
import pytest

from ml.dataset import CONTENT_DIGEST, INTERACTION_COLUMNS, ITEM_COLUMNS, USER_COLUMNS, Dataset
from ml.features.training_data import AsOf, export_dataset, load_dataset
from ml.settings import MlSettings
from streams.errors import ContractError, UnavailableError

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)


def _interaction(
    at: datetime,
    kind: str = "view",
    *,
    user: str = "u",
    item: str = "i",
    quantity: int | None = None,
    rating: float | None = None,
) -> tuple[object, ...]:
    return (uuid4(), user, item, at, kind, quantity, rating)


def test_interactions_of_the_same_user_item_and_second_are_all_kept(
    settings: MlSettings, taste_shop: Any
) -> None:
    at = NOW.replace(microsecond=0)
    taste_shop.interactions = [
        _interaction(at),
        _interaction(at),
        _interaction(at, "negative_view"),
        _interaction(at, "purchase", quantity=2),
        _interaction(at, "purchase", quantity=2),
        _interaction(at, "rate", rating=4.5),
    ]
    taste_shop.write(settings.database_url)

    kinds = load_dataset(settings, NOW).interactions["interaction_type"].value_counts().to_dict()

    assert kinds == {"view": 2, "negative_view": 1, "purchase": 2, "rate": 1}


def test_as_many_rows_are_loaded_as_the_table_has(settings: MlSettings, taste_shop: Any) -> None:
    taste_shop.write(settings.database_url)

    dataset = load_dataset(settings, datetime.now(UTC))

    with psycopg.connect(settings.database_url) as connection:
        [(rows,)] = connection.execute("select count(*) from events.interactions").fetchall()
    assert len(dataset.interactions) == rows == 480
    assert len(dataset.users) == 60
    assert len(dataset.items) == 80


def test_the_instant_itself_is_known_and_everything_later_is_not(
    settings: MlSettings, taste_shop: Any
) -> None:
    later = NOW + timedelta(microseconds=1)
    taste_shop.interactions = [_interaction(NOW), _interaction(later, "cart")]
    taste_shop.users = [("known", "A", "Books", NOW), ("later", "B", "Books", later)]
    taste_shop.products = [("known", "A", "Books", NOW), ("later", "B", "Books", later)]
    taste_shop.write(settings.database_url)

    dataset = load_dataset(settings, NOW)

    assert dataset.interactions["timestamp"].tolist() == [pd.Timestamp(NOW)]
    assert dataset.users["user_id"].tolist() == ["known"]
    assert dataset.items["item_id"].tolist() == ["known"]


def test_a_verdict_that_was_stored_after_the_cut_tells_nothing_of_what_came_after_it(
    settings: MlSettings, taste_shop: Any
) -> None:
    taste_shop.interactions = [_interaction(NOW - DAY), _interaction(NOW - DAY, "positive_view")]
    taste_shop.write(settings.database_url)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "update events.interactions set ingested_at = timestamp"
            " + case interaction_type when 'view' then interval '1 s' else interval '2 days' end"
        )

    def kinds(ingested_until: datetime | None) -> list[str]:
        log = load_dataset(settings, NOW, ingested_until=ingested_until).interactions
        return sorted(log["interaction_type"])

    assert kinds(NOW) == ["view"]
    assert kinds(NOW + DAY) == kinds(None) == ["positive_view", "view"]


def test_a_corrected_verdict_is_known_from_its_correction_on(
    settings: MlSettings, taste_shop: Any
) -> None:
    taste_shop.interactions = [_interaction(NOW, "negative_view")]
    taste_shop.write(settings.database_url)
    ingested = []
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        for kind in ("negative_view", "positive_view"):
            connection.execute(
                "insert into events.interactions (interaction_id, user_id, item_id, timestamp,"
                " interaction_type) select interaction_id, user_id, item_id, timestamp, %s"
                " from events.interactions on conflict (interaction_id)"
                " do update set interaction_type = excluded.interaction_type",
                (kind,),
            )
            rows = connection.execute("select ingested_at, now() from events.interactions")
            ingested += rows.fetchall()
    (sent_again, _), (corrected, now) = ingested
    assert sent_again < corrected <= now


def test_a_window_leaves_out_what_is_older(
    settings: MlSettings, taste_shop: Any, tmp_path: Path
) -> None:
    taste_shop.interactions = [_interaction(NOW - days * DAY) for days in range(10)]
    taste_shop.users = [("u", "A", "Books", NOW - 100 * DAY)]
    taste_shop.write(settings.database_url)
    rows = export_dataset(settings, AsOf(NOW, window=3 * DAY), tmp_path)
    assert (rows["interactions"], rows["users"]) == (3, 1)
    assert Dataset.load(tmp_path).interactions["timestamp"].min() == NOW - 2 * DAY


def test_equal_texts_are_one_object_and_numbers_are_floats(
    settings: MlSettings, taste_shop: Any
) -> None:
    taste_shop.write(settings.database_url)
    log = load_dataset(settings, datetime.now(UTC)).interactions
    assert log["user_id"].map(id).nunique() == log["user_id"].nunique() == 60
    assert log["item_id"].dtype == object
    assert log.dtypes[["rating", "quantity"]].eq("float64").all()


def test_what_is_older_than_the_time_to_live_is_kept(settings: MlSettings, taste_shop: Any) -> None:
    long_ago = NOW - 11 * 365 * DAY
    taste_shop.interactions = [_interaction(long_ago)]
    taste_shop.users = [("u", "A", "Books", long_ago)]
    taste_shop.products = [("i", "A", "Books", long_ago)]
    taste_shop.write(settings.database_url)

    dataset = load_dataset(settings, NOW)

    assert [len(dataset.interactions), len(dataset.users), len(dataset.items)] == [1, 1, 1]


def test_columns_types_and_absent_values_are_those_of_a_dataset(
    settings: MlSettings, taste_shop: Any
) -> None:
    taste_shop.interactions = [_interaction(NOW, user="stranger", item="gone")]
    taste_shop.write(settings.database_url)

    dataset = load_dataset(settings, datetime.now(UTC))

    assert tuple(dataset.interactions) == INTERACTION_COLUMNS
    assert tuple(dataset.users) == USER_COLUMNS
    assert tuple(dataset.items) == (*ITEM_COLUMNS, CONTENT_DIGEST)
    assert dataset.interactions[["user_id", "item_id"]].iloc[0].tolist() == ["stranger", "gone"]
    assert dataset.interactions[["rating", "quantity"]].isna().all(axis=None)
    assert dataset.items["discounted_price"].isna().all()
    assert (dataset.items["about_product"] == "").all()
    for frame, name in (
        (dataset.interactions, "timestamp"),
        (dataset.users, "signup_date"),
        (dataset.items, "arrival_date"),
    ):
        assert str(frame[name].dtype) == "datetime64[ns, UTC]"


def test_an_empty_shop_is_an_empty_dataset_of_the_same_types(settings: MlSettings) -> None:
    dataset = load_dataset(settings, NOW)

    assert tuple(dataset.interactions) == INTERACTION_COLUMNS
    assert dataset.interactions.empty
    assert dataset.interactions["quantity"].dtype == "float64"
    assert str(dataset.interactions["timestamp"].dtype) == "datetime64[ns, UTC]"


def test_instants_are_utc_whatever_the_time_zone_of_the_database(
    settings: MlSettings, taste_shop: Any
) -> None:
    taste_shop.interactions = [_interaction(NOW)]
    taste_shop.write(settings.database_url)
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"alter database {name} set timezone to 'Asia/Kolkata'")

    assert load_dataset(settings, NOW).interactions["timestamp"].tolist() == [pd.Timestamp(NOW)]


def test_rows_come_in_the_same_order_however_they_are_stored(
    settings: MlSettings, taste_shop: Any
) -> None:
    taste_shop.write(settings.database_url)
    before = load_dataset(settings, NOW + 365 * DAY)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("create temp table shuffled as select * from events.interactions")
        connection.execute("truncate events.interactions")
        connection.execute(
            "insert into events.interactions select * from shuffled order by interaction_id"
        )

    after = load_dataset(settings, NOW + 365 * DAY)

    pd.testing.assert_frame_equal(before.interactions, after.interactions)


def test_an_instant_without_offset_is_refused(settings: MlSettings) -> None:
    with pytest.raises(ContractError, match="offset"):
        load_dataset(settings, datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_database_that_is_away_is_reported_as_such(tmp_path: Path) -> None:
    settings = MlSettings(
        database_url="postgresql://nobody:secret@127.0.0.1:1/none", models_dir=tmp_path
    )
    with pytest.raises(UnavailableError) as caught:
        load_dataset(settings, NOW)
    assert "secret" not in str(caught.value)
