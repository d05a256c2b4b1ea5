"""A shop on a database of its own, without Kafka: all that it publishes waits in the outbox."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from apps.storefront.app import create_app
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.events.background import BackgroundSender
from apps.storefront.recommender import Recommender
from apps.storefront.settings import StorefrontSettings
from ml.merchandising import Surface
from ml.serving.chain.chain import MadeList
from ml.serving.chain.context import Context
from ml.serving.related_items import RelatedItems
from ml.serving.served_list import RecommenderStatus, ServedList
from ml.serving.taste import Taste
from streams.contracts import INTERACTIONS, Interaction, Product, new_id

NOBODY = "127.0.0.1:1"
"""An address at which no Kafka answers."""
PASSWORD = "a tidy engine"


class ListOf:
    """A recommender that knows a fixed list."""

    def __init__(self, *item_ids: str) -> None:
        self.item_ids = item_ids
        self.history: Sequence[Interaction] = ()
        self.category = ""
        """Both of the last request."""

    def recommend(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        limit: int,
        *,
        history: Sequence[Interaction] = (),
        category: str = "",
        surface: Surface | None = None,
    ) -> ServedList:
        self.history, self.category = history, category
        return ServedList.of(self.item_ids[:limit], "precomputed", "v7")

    def similar(self, item_id: str, limit: int) -> RelatedItems:
        return RelatedItems()

    def bought_together(self, item_ids: Sequence[str], limit: int) -> RelatedItems:
        return RelatedItems()

    def live_history(self, user_id: str) -> Sequence[Interaction] | None:
        return ()

    def to_buy_again(self, user_id: str, limit: int) -> tuple[str, ...] | None:
        return ()

    def taste(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        *,
        history: Sequence[Interaction] = (),
    ) -> Taste | None:
        return None

    def trending(self, category: str, limit: int) -> tuple[str, ...]:
        return ()

    def explain(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        limit: int,
        *,
        history: Sequence[Interaction] = (),
        category: str = "",
        surface: Surface | None = None,
    ) -> tuple[Context, MadeList]:
        raise NotImplementedError("nothing chose the items of a fixed list")

    def status(self) -> RecommenderStatus:
        return RecommenderStatus("v7", "none")


def shop(
    database_url: str,
    kafka: str = NOBODY,
    recommender: Recommender | None = None,
    **settings: Any,
) -> Flask:
    app = create_app(
        StorefrontSettings(
            database_url=database_url,
            kafka_bootstrap_servers=kafka,
            secret_key="0123456789abcdef0123456789abcdef",
            session_cookie_secure=False,
            sample_shoppers=True,
            **settings,
        ),
        recommender=recommender or ListOf(),
    )
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@contextmanager
def served_shop(database_url: str) -> Iterator[str]:
    """The address of a shop, which draws what has no picture."""
    server = make_server("127.0.0.1", 0, shop(database_url), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def stock(database_url: str) -> list[Product]:
    """Four products p0 to p3, each newer than the one before."""
    made = [
        Product(item_id=f"p{number}", product_name=f"Product {number}",
                arrival_date=datetime(2026, 1, 1 + number, tzinfo=UTC))
        for number in range(4)
    ]  # fmt: skip
    with psycopg.connect(database_url) as connection:
        assert upsert_products(connection, made) == len(made)
    return made


def submit(
    client: FlaskClient, path: str, data: Mapping[str, object] | None = None, form_id: object = None
) -> TestResponse:
    """Send a form with an id of its own, or with the one given."""
    return client.post(path, data={"form_id": str(form_id or new_id()), **(data or {})})


def sign_up(client: FlaskClient, **more: str) -> None:
    answer = submit(
        client,
        "/sign-up",
        {
            "user_name": "Ada",
            "email": f"{uuid4().hex}@example.org",
            "password": PASSWORD,
            "preferences": ["Books"],
            **more,
        },
    )
    assert answer.status_code == 302


def outbox(database_url: str) -> list[tuple[str, str, str]]:
    """(id, topic, payload) of what waits, in order."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            "select event_id::text, topic, payload from shop.outbox order by position"
        ).fetchall()


def interactions(database_url: str) -> list[Interaction]:
    """The interactions that wait, in order."""
    return [
        Interaction.decode(payload.encode())
        for _, topic, payload in outbox(database_url)
        if topic == INTERACTIONS.public.name
    ]


def take_waiting(sender: BackgroundSender) -> list[Any]:
    """The events that the pages since the last call have handed to a sender, of its kind."""
    return [sender._waiting.get_nowait() for _ in range(sender._waiting.qsize())]
