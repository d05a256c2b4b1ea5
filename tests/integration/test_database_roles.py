"""The database with a cluster's roles: each does its own work, and nothing needs more rights."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from apps.dead_letters import repository as dead_letters
from apps.filling.history import History
from apps.filling.repository import stored_interactions, stored_users, write_history
from apps.filling.source import Source
from apps.migrations.grants import ROLES
from apps.storefront.autocomplete import repository as suggestions
from apps.storefront.catalog.repository import product_count, upsert_products
from apps.storefront.events import repository as outbox
from apps.storefront.merchandising.adding import add_rule
from apps.storefront.merchandising.repository import remove as remove_rule
from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.merchandising import Action, MerchandisingRule, Target
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.registry import catalogue, item_vectors
from ml.registry import repository as registry
from ml.registry.shoppers import met_items
from ml.serving.active_rules import active_rules
from ml.settings import MlSettings
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.contracts import (
    ERASURES,
    INTERACTIONS,
    DeadLetter,
    Erasure,
    Interaction,
    NewUser,
    Product,
    new_id,
)
from streams.database import Database
from streams.dead_letters import LetterId
from streams.errors import UnavailableError
from streams.features.online import OnlineStore
from streams.processor.processing import Processing
from streams.processor.trending import TrendingLists
from streams.publisher import Publisher
from streams.settings import ProcessorSettings
from support.cluster_database import UrlOf, run
from support.interactions import interaction
from support.records import keyed
from support.served_features import served_features
from support.shop import ListOf, shop, submit

pytestmark = pytest.mark.integration

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PRODUCTS = [
    Product(item_id=f"i{number}", product_name=f"Item {number}", category="Books",
            discounted_price=5.0, arrival_date=LONG_AGO)
    for number in range(12)
]  # fmt: skip
USERS = [f"u{number}" for number in range(8)]


def ml_settings(url: str, folder: Path) -> MlSettings:
    return MlSettings(database_url=url, models_dir=folder, top_k=5)


class Recording(Publisher):
    """A publisher that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes]] = []

    def publish(
        self, topic: str, records: Iterable[tuple[str, bytes]], *, timeout: float | None = None
    ) -> int:
        self.records += (taken := list(records))
        return len(taken)

    def publish_dead_letters(self, topic: str, letters: Iterable[DeadLetter]) -> int:
        assert not list(letters)
        return 0


def test_the_storefront_sells_as_its_own_role(url_of: UrlOf) -> None:
    with psycopg.connect(url_of("storefront")) as connection:
        for _ in range(2):
            assert upsert_products(connection, PRODUCTS) == len(PRODUCTS)
    client = shop(url_of("storefront"), recommender=ListOf("i1")).test_client()
    form = {"user_name": "Ada", "email": "ada@example.org", "password": "a tidy engine"}
    assert submit(client, "/sign-up", {**form, "preferences": ["Books"]}).status_code == 302
    for page in ("/", "/products/i0", "/products?q=item", "/log-in", "/health/ready"):
        assert client.get(page, follow_redirects=True).status_code == 200, page
    for page, data in (
        ("/cart", {"item_id": "i0", "quantity": 2}),
        ("/orders", {}),
        ("/orders/now", {"item_id": "i1"}),
        ("/reviews", {"item_id": "i0", "rating": "4.5"}),
    ):
        assert submit(client, page, data).status_code == 302, page
    assert client.get("/orders").status_code == 200
    with psycopg.connect(url_of("storefront")) as connection:
        assert outbox.lock(connection)
        waiting = outbox.oldest(connection, 100)
        kinds = {Interaction.decode(each.payload.encode()).interaction_type.value
                 for each in waiting if each.topic == "interactions"}  # fmt: skip
        assert kinds == {"view", "cart", "purchase", "rate"}
        outbox.remove(connection, [each.event_id for each in waiting])
        assert outbox.backlog(connection) == outbox.Backlog(0, 0.0, 0)


def sink(database_url: str) -> None:
    """What the JDBC sink writes: upserts by primary key."""
    with psycopg.connect(database_url) as connection:
        for user in USERS:
            connection.execute(
                "insert into events.new_users values (%s, %s, 'Books', %s)"
                " on conflict (user_id) do update set preferences = excluded.preferences",
                [user, user, LONG_AGO],
            )
            for number in range(4):
                connection.execute(
                    "insert into events.interactions"
                    " (interaction_id, user_id, item_id, timestamp, interaction_type)"
                    " values (%s, %s, %s, %s, 'purchase')"
                    " on conflict (interaction_id) do update set item_id = excluded.item_id",
                    [uuid4(), user, f"i{(USERS.index(user) + number) % 12}", LONG_AGO],
                )


def process(database_url: str) -> list[tuple[str, bytes]]:
    """A batch through the processor, the closing of its session, and what is trending then."""
    view = interaction("u0", "i9", "view", datetime.now(UTC) - timedelta(days=1))
    settings = ProcessorSettings(
        database_url=database_url,
        kafka_bootstrap_servers="127.0.0.1:1",
        session_grace=timedelta(0),
    )
    publisher = Recording()
    database, online_store = Database(database_url, connections=2, timeout=5), OnlineStore(settings)
    ids = {INTERACTIONS.public.name: uuid4(), ERASURES.public.name: uuid4()}
    processing = Processing(settings, ids, publisher, database, online_store)
    processing.process(INTERACTIONS, [keyed("interactions", 0, view.encode())])
    assert processing.judge_ended_sessions() == 1
    wish = Erasure(erasure_id=new_id(), user_id="u7", timestamp=LONG_AGO)
    processing.process(ERASURES, [keyed("erasures", 0, wish.encode())])
    assert TrendingLists(database, online_store).publish() > 0
    assert processing.forget_old_activity() == 0
    online_store.close()
    database.close()
    return publisher.records


def retrain(settings: MlSettings) -> str:
    dataset = load_dataset(settings, datetime.now(UTC))
    assert len(dataset.interactions) >= 4 * (len(USERS) - 1)
    assert "u7" not in set(dataset.interactions["user_id"])
    bundle = train(dataset, TowersConfig(epochs=1, dim=4, text_encoder=None), seed=1)
    for _ in range(2):
        publish(
            Ranker(bundle, {}, {"two_tower": 1.0}),
            dataset,
            settings,
            until=datetime.now(UTC),
            parameters={},
            metrics={},
            progress=lambda _what, _done, _total: None,
        )
    return bundle.version


def test_the_storefronts_role_fills_a_shop(url_of: UrlOf) -> None:
    """`recsys fill` runs as that role: it watches the events arrive, then writes the products."""
    with psycopg.connect(url_of("storefront")) as connection:
        assert stored_interactions(connection, [new_id()]) == set()
        assert stored_users(connection, ["nobody"]) == set()
        upsert_products(connection, PRODUCTS)
        assert product_count(connection) >= len(PRODUCTS)
        reader = NewUser(user_id="reader", user_name="Ada", preferences="", signup_date=LONG_AGO)
        bought = interaction("reader", "i1", "purchase", LONG_AGO)
        write_history(connection, History.of(Source("", PRODUCTS, [reader], [bought])))


def test_the_storefronts_role_suggests(url_of: UrlOf) -> None:
    with psycopg.connect(url_of("storefront")) as connection:
        assert suggestions.own_queries(connection, "nobody", 3) == []
        assert suggestions.popular_queries(connection) == []
        assert suggestions.catalogue(connection, None) is not None
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from events.searches")


def test_sink_processor_pipeline_and_serving_each_as_their_own_role(
    url_of: UrlOf, tmp_path: Path
) -> None:
    with psycopg.connect(url_of("storefront")) as connection:
        upsert_products(connection, PRODUCTS)
    sink(url_of("connect"))
    outputs = process(url_of("processor"))
    *judged, (erased, _) = outputs
    assert [Interaction.decode(value).interaction_type.value for _, value in judged] == [
        "view", "negative_view",
    ]  # fmt: skip
    assert erased == "u7"
    sink(url_of("connect"))
    version = retrain(ml_settings(url_of("pipeline"), tmp_path / "pipeline"))

    shop = ml_settings(url_of("storefront"), tmp_path)
    with served_features(shop) as features:
        state = features.shopper(version, "u0")
        assert features.trending() == ("i9",)
    assert state.top_k is not None
    assert [event.item_id for event in state.history] == ["i9"]
    with psycopg.connect(url_of("storefront")) as connection:
        assert registry.live_version(connection) == version
        assert registry.popular_items(connection, version)
        assert registry.manifest(connection, version)
        snapshot = item_vectors.snapshot(connection)
        vectors = dict(item_vectors.every_item_vector(connection, version))
        assert set(vectors) == {f"i{number}" for number in range(12)}
        assert item_vectors.changed_item_vectors(connection, version, snapshot) == {}
        assert item_vectors.departed_items(connection, version) == []
        assert set(met_items(connection, "u0")) == {f"i{number}" for number in range(4)}
        assert set(catalogue.item_categories(connection)) == vectors.keys()
        assert catalogue.newest_items(connection, 3, days=9) == []
        assert catalogue.unavailable_items(connection) == []


def test_only_the_storefronts_role_writes_and_reads_merchandising_rules(url_of: UrlOf) -> None:
    now = datetime.now(UTC)
    rule = MerchandisingRule(
        name="a boost",
        action=Action.BOOST,
        target=Target(discounted=True),
        amount=2,
        starts_at=now,
        ends_at=now + timedelta(days=1),
    )
    with psycopg.connect(url_of("storefront")) as connection:
        add_rule(connection, rule, "a test")
        assert [each.rule for each in active_rules(connection)] == [rule]
        assert remove_rule(connection, rule.name)
    for role in sorted(ROLES - {"storefront"}):
        with (
            psycopg.connect(url_of(role)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("select from shop.merchandising_rules")


def test_the_processors_role_notes_which_dead_letters_are_sent_again(url_of: UrlOf) -> None:
    letter = LetterId("interactions-dlq", 0, 17)
    with psycopg.connect(url_of("processor")) as connection:
        assert not dead_letters.is_taken(connection, letter)
        assert dead_letters.take(connection, letter)
        assert dead_letters.is_taken(connection, letter)
        assert not dead_letters.take(connection, letter)


def test_vectors_are_analysed_by_the_pipeline(url_of: UrlOf) -> None:
    """ANALYZE only warns whom it refuses, and lists then come from a plan without statistics."""
    notices: list[str] = []
    with psycopg.connect(url_of("pipeline")) as connection:
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        connection.execute("analyze ml.item_vectors")
    assert notices == []


def test_nobody_but_the_owner_applies_definitions(url_of: UrlOf, tmp_path: Path) -> None:
    done = run("ml.features", url_of("pipeline"), tmp_path)
    assert done.returncode != 0
    assert "permission denied" in done.stderr


def test_a_project_that_was_never_applied_is_away_for_who_may_not_apply_it(
    url_of: UrlOf, tmp_path: Path
) -> None:
    settings = MlSettings(
        database_url=url_of("pipeline"), models_dir=tmp_path, feast_project="never_applied"
    )
    with pytest.raises(UnavailableError):
        OnlineFeatures(settings).top_k("v", "u0")
