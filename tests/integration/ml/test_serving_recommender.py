"""What a shopper is served, by what is known of them and by what answers."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import psycopg
import pytest

from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.merchandising import Surface
from ml.registry import repository
from ml.serving.co_purchases import co_purchases
from ml.serving.recommender import Recommender
from ml.serving.served_list import RecommenderStatus
from ml.settings import MlSettings
from ml.towers.training import train
from streams.features.online import TRENDING_SOURCE, WHOLE_SHOP
from support.interactions import interaction
from support.served_shop import CONFIG, Eventually, Shop

pytestmark = pytest.mark.integration


def _category(item: str) -> int:
    return int(item[1:]) % 4


def test_before_the_first_training_nothing_is_served(shop: Shop) -> None:
    served = shop.recommender.recommend("u00", ["Books"], 10)
    assert (served.item_ids, served.source, served.model_version) == ((), "none", None)
    assert shop.recommender.status() == RecommenderStatus(None, "none")


def test_a_shopper_who_did_nothing_since_gets_the_precomputed_list(
    shop: Shop, features: OnlineFeatures, eventually: Eventually
) -> None:
    bundle = shop.publish(seed=1)
    eventually(lambda: shop.recommender.recommend("u00", [], 10).source == "precomputed", 30)

    served = shop.recommender.recommend("u00", ["Books"], 10)

    assert served.item_ids == features.top_k(bundle.version, "u00")
    assert served.model_version == bundle.version


def test_what_a_shopper_did_since_changes_the_list(
    shop: Shop, features: OnlineFeatures, eventually: Eventually
) -> None:
    bundle = shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    # u00 has bought books; now they buy tools, by a clock that is some seconds fast.
    now = datetime.now(UTC)
    tools = [f"i{place * 4 + 3:02}" for place in range(6)]
    history = [
        interaction("u00", item, "purchase", now + timedelta(seconds=place), quantity=1)
        for place, item in enumerate(tools)
    ]
    features.extend_live_histories(history)

    served = shop.recommender.recommend("u00", ["Books"], 10)

    assert (served.source, served.model_version) == ("live", bundle.version)
    assert not set(tools) & set(served.item_ids)
    assert not shop.met_by("u00", "purchase") & set(served.item_ids)
    assert len(shop.met_by("u00") & set(served.item_ids)) <= 2, "a fifth of the list"
    assert sum(_category(item) == 3 for item in served.item_ids) > 5


def test_what_was_bought_is_due_again_after_the_time_of_its_category(
    shop: Shop, features: OnlineFeatures, eventually: Eventually
) -> None:
    assert shop.recommender.to_buy_again("u00", 5) == (), "no category has a time"
    filters = [{"stage": "bought", "again_after_days": {"Books": 0}}, {"stage": "in_cart"}]
    settings = shop.settings.model_copy(update={"chain": json.dumps({"filters": filters})})
    log = shop.dataset.interactions.query("user_id == 'u00' and interaction_type == 'purchase'")
    newest_first = log.sort_values("timestamp", ascending=False)["item_id"].drop_duplicates()
    books = tuple(item for item in newest_first if _category(item) == 0)
    recommender = Recommender(settings)
    try:
        recommender.wait_until_loaded(30)
        assert recommender.to_buy_again("u00", 99) == books
        assert recommender.to_buy_again("u00", 2) == books[:2]
        assert recommender.to_buy_again("nobody", 9) == ()
        home = recommender.recommend("u00", ["Books"], 5, surface=Surface.HOME)
        assert home.to_buy_again == books

        now = datetime.now(UTC)
        features.extend_live_histories([interaction("u00", books[0], "cart", now)])
        assert recommender.to_buy_again("u00", 99) == books[1:], "it is in the cart"
        (carted,) = [
            each for each in recommender.live_history("u00") or () if each.timestamp == now
        ]
        assert carted.item_id == books[0]
        with psycopg.connect(settings.database_url) as locked:
            locked.execute("lock table events.interactions in access exclusive mode")
            assert recommender.to_buy_again("u00", 99) is None
            assert recommender.recommend("u00", [], 5, surface=Surface.HOME).to_buy_again == ()
    finally:
        recommender.close()


def test_a_shoppers_taste_is_what_they_do_as_of_now(
    shop: Shop, features: OnlineFeatures, eventually: Eventually
) -> None:
    assert shop.recommender.taste("u00", None) is None, "before the first training"
    shop.publish(seed=1)
    eventually(shop.is_served_live, 30)

    def best(user_id: str | None, **known: Any) -> int:
        taste = shop.recommender.taste(user_id, None, **known)
        assert taste is not None
        found = taste.affinities([f"i{number:02}" for number in range(80)] + ["stranger"])
        assert len(found) == 80
        assert max(map(abs, found.values())) < 2, "a cosine, and a bias"
        means = [np.mean([found[f"i{place * 4 + kind:02}"] for place in range(20)])
                 for kind in range(4)]  # fmt: skip
        return int(np.argmax(means))

    assert best("u00") == 0, "they state that they like books"
    now = datetime.now(UTC)
    tools = [
        interaction("u00", f"i{place * 4 + 3:02}", "purchase", now + timedelta(seconds=place),
                    quantity=1)
        for place in range(6)
    ]  # fmt: skip
    features.extend_live_histories(tools)
    assert best("u00") == 3
    assert best(None, history=tools) == 3
    assert shop.recommender.taste(None, ()) is None
    assert shop.recommender.taste("nobody", None) is None
    taste = shop.recommender.taste("u00", None)
    assert taste is not None
    assert taste.affinities(["stranger"]) == {}


def test_relations_of_items_are_those_of_the_live_version(
    shop: Shop, eventually: Eventually
) -> None:
    assert shop.recommender.similar("i00", 5).item_ids == ()
    assert shop.recommender.bought_together(["i00"], 5).item_ids == ()
    bundle = shop.publish(seed=1)
    eventually(shop.is_served_live, 30)

    similar = shop.recommender.similar("i00", 5)
    counted = next(co_purchases(shop.dataset.interactions, shop.dataset.items["item_id"].tolist()))
    together = shop.recommender.bought_together([counted.item_id, "stranger"], 20)

    assert len(similar.item_ids) == 5
    assert {_category(item) for item in similar.item_ids} == {0}
    assert "i00" not in similar.item_ids
    assert dict(zip(together.item_ids, together.shoppers, strict=True)) == dict(
        zip(counted.together, counted.shoppers, strict=True)
    )
    assert {similar.model_version, together.model_version} == {bundle.version}
    assert shop.recommender.similar("stranger", 5).item_ids == ()


def test_what_is_trending_in_a_category_is_read_from_feast(
    shop: Shop, features: OnlineFeatures
) -> None:
    assert shop.recommender.trending("Books|Novels", 5) == ()
    _push_trend(features, ["i04", "i00", "i08"], "Books")
    assert shop.recommender.trending("Books", 2) == ("i04", "i00")


def test_products_that_no_training_has_met_steer_the_list(
    settings: MlSettings, taste_shop: Any, features: OnlineFeatures, eventually: Eventually
) -> None:
    arrived = taste_shop.products[0][3]
    new = [f"new-{number}" for number in range(3)]
    taste_shop.products += [(item, f"Tools {item}", "Tools", arrived) for item in new]
    taste_shop.write(settings.database_url)
    shop = Shop(settings, load_dataset(settings, datetime.now(UTC)))
    try:
        bundle = shop.publish(seed=1)
        eventually(shop.is_served_live, 30)
        assert bundle.user_encoder.unknown(new) == new
        now = datetime.now(UTC)
        for user in ("newcomer", "u00"):  # u00 buys books
            features.extend_live_histories(
                interaction(user, item, "purchase", now + timedelta(seconds=place), quantity=1)
                for place, item in enumerate(new)
            )

        users = ("newcomer", "u00")
        eventually(
            lambda: {shop.recommender.recommend(each, [], 10).source for each in users} == {"live"},
            15,  # a read that a busy machine delays costs it five seconds
        )
        newcomer, u00 = (shop.recommender.recommend(user, [], 10) for user in users)

        assert sum(_category(item) == 3 for item in newcomer.item_ids) > 7
        assert sum(_category(item) == 3 for item in u00.item_ids) > 4
    finally:
        shop.recommender.close()


def test_stored_preferences_are_read_with_the_rest_and_without_feast_by_themselves(
    shop: Shop, eventually: Eventually
) -> None:
    shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    with psycopg.connect(shop.settings.database_url, autocommit=True) as connection:
        assert shop.recommender.recommend("new", None, 8).preferences == ()
        connection.execute("insert into events.new_users values ('new', 'N', 'Books|Music', now())")
        served = shop.recommender.recommend("new", None, 8)
        assert (served.source, served.preferences) == ("live", ("Books", "Music"))
        connection.execute(
            "insert into shop.users (user_id, user_name, preferences)"
            " values ('new', 'N', '{Tools}')"
        )
        served = shop.recommender.recommend("new", None, 8)
        assert served.preferences == ("Tools",)
        assert served.item_ids == shop.recommender.recommend("new", ["Tools"], 8).item_ids

        connection.execute("alter schema feast rename to hidden")
        alone = shop.recommender.recommend("new", None, 8)
        assert (alone.source, alone.preferences) == ("live", ("Tools",))
        assert shop.recommender.recommend("nobody", None, 8).preferences == ()


def test_a_new_shopper_is_encoded_by_their_preferences(shop: Shop, eventually: Eventually) -> None:
    shop.publish(seed=1)
    eventually(shop.is_served_live, 30)

    for position, name in enumerate(("Books", "Garden", "Music", "Tools")):
        served = shop.recommender.recommend("new-user", [name], 8)
        assert served.source == "live"
        assert sum(_category(item) == position for item in served.item_ids) > 4


def test_visitors_and_shoppers_of_whom_nothing_is_known_get_what_is_popular(
    shop: Shop, eventually: Eventually
) -> None:
    bundle = shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    with psycopg.connect(shop.settings.database_url) as connection:
        popular = repository.popular_items(connection, bundle.version)

    for user_id in (None, "new-user"):
        served = shop.recommender.recommend(user_id, [], 7)
        assert (served.source, served.item_ids) == ("popular", popular[:7])
    status = shop.recommender.status()
    assert (status.model_version, status.source) == (bundle.version, "popular")


def test_what_is_trending_comes_before_what_is_popular_and_needs_no_model(
    shop: Shop, features: OnlineFeatures, eventually: Eventually
) -> None:
    trend = [f"i{number:02}" for number in range(40, 60)]
    _push_trend(features, trend)
    eventually(lambda: shop.recommender.recommend(None, [], 12).source == "trending", 30)
    served = shop.recommender.recommend(None, [], 12)
    assert (served.item_ids, served.model_version) == (tuple(trend[:12]), None)
    assert shop.recommender.status() == RecommenderStatus(None, "trending")

    bundle = shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    assert shop.recommender.recommend(None, [], 5).item_ids == tuple(trend[:5])
    assert shop.recommender.recommend("u00", [], 5).source == "precomputed"

    _push_trend(features, trend[:9])
    eventually(lambda: shop.recommender.recommend(None, [], 12).source == "popular", 10)
    status = shop.recommender.status()
    assert (status.model_version, status.source) == (bundle.version, "popular")


def _push_trend(features: OnlineFeatures, item_ids: list[str], category: str = WHOLE_SHOP) -> None:
    now = datetime.now(UTC)
    row = {"category": [category], "item_ids": [item_ids], "event_timestamp": [now]}
    features.push(TRENDING_SOURCE, pd.DataFrame(row))


def test_without_feast_newcomers_are_still_encoded_and_others_see_what_is_popular(
    shop: Shop, eventually: Eventually
) -> None:
    shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    with psycopg.connect(shop.settings.database_url, autocommit=True) as connection:
        connection.execute("alter schema feast rename to hidden")

    assert shop.recommender.recommend("u00", [], 10).source == "popular"
    assert shop.recommender.recommend("new-user", ["Books"], 10).source == "live"


def test_without_a_database_the_answer_is_still_the_popular_list_and_comes_soon(
    shop: Shop, server_url: str, eventually: Eventually
) -> None:
    bundle = shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    name = psycopg.conninfo.conninfo_to_dict(shop.settings.database_url)["dbname"]
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections false")
        connection.execute(
            "select pg_terminate_backend(pid, 10_000) from pg_stat_activity where datname = %s",
            (name,),
        )
        started = time.monotonic()
        answers = [shop.recommender.recommend("u00", ["Books"], 10) for _ in range(50)]
        took = time.monotonic() - started
        connection.execute(f"alter database {name} allow_connections true")

    assert {answer.source for answer in answers} == {"popular"}
    assert {answer.model_version for answer in answers} == {bundle.version}
    assert took < 8
    eventually(shop.is_served_live, 30)


def test_a_vector_computed_at_a_request_equals_the_batch_one(shop: Shop) -> None:
    bundle = train(shop.dataset, CONFIG, seed=1)
    now = datetime.now(UTC)
    batch = bundle.encode_users(shop.dataset.users, shop.dataset.interactions, now)
    for row in (0, 17, 59):
        user = shop.dataset.users.iloc[row]
        mine = shop.dataset.interactions.query("user_id == @user.user_id")
        history = [
            interaction(*event)
            for event in mine[["user_id", "item_id", "interaction_type", "timestamp"]].itertuples(
                index=False, name=None
            )
        ]
        online = bundle.user_encoder.encode_shopper(user.preferences.split("|"), history)
        assert abs(online - batch[row]).max() < 1e-5


def test_items_bought_seconds_ago_are_left_out_before_the_history_knows_them(
    shop: Shop, eventually: Eventually
) -> None:
    shop.publish(seed=1)
    eventually(shop.is_served_live, 30)
    best = shop.recommender.recommend("new-user", ["Books"], 1).item_ids[0]
    with psycopg.connect(shop.settings.database_url) as connection:
        connection.execute(
            "insert into events.interactions (interaction_id, user_id, item_id, timestamp,"
            " interaction_type) values (%s, 'new-user', %s, now(), 'purchase')",
            (uuid4(), best),
        )
    assert best not in shop.recommender.recommend("new-user", ["Books"], 80).item_ids
