"""A shop whose database and Kafka are unavailable: what it does alone."""

from collections.abc import Callable, Sequence

import pytest
from flask import Flask

from apps.storefront.app import create_app
from apps.storefront.settings import StorefrontSettings
from ml.merchandising import Surface
from ml.serving.chain.chain import MadeList
from ml.serving.chain.context import Context
from ml.serving.related_items import RelatedItems
from ml.serving.served_list import RecommenderStatus, ServedList
from streams.contracts import Interaction


class NothingToRecommend:
    """A recommender whose dependencies are all unavailable."""

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
        return ServedList.of((), "none", None)

    def similar(self, item_id: str, limit: int) -> RelatedItems:
        return RelatedItems()

    def taste(self, *_: object, **__: object) -> None:
        return None

    def bought_together(self, item_ids: Sequence[str], limit: int) -> RelatedItems:
        return RelatedItems()

    def live_history(self, user_id: str) -> Sequence[Interaction] | None:
        return ()

    def to_buy_again(self, user_id: str, limit: int) -> tuple[str, ...] | None:
        return ()

    def trending(self, category: str, limit: int) -> tuple[str, ...]:
        return ()

    def explain(self, *_: object, **__: object) -> tuple[Context, MadeList]:
        raise NotImplementedError("there is no list to explain")

    def status(self) -> RecommenderStatus:
        return RecommenderStatus(None, "none")


@pytest.fixture
def settings() -> StorefrontSettings:
    return StorefrontSettings(
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
        kafka_bootstrap_servers="127.0.0.1:1",
        secret_key="0123456789abcdef0123456789abcdef",
        session_cookie_secure=False,
    )


@pytest.fixture
def make_shop(settings: StorefrontSettings) -> Callable[..., Flask]:
    """Makes a shop whose settings differ in what is named."""

    def make(**changes: object) -> Flask:
        return create_app(settings.model_copy(update=changes), recommender=NothingToRecommend())

    return make


@pytest.fixture
def lonely_shop(make_shop: Callable[..., Flask]) -> Flask:
    return make_shop()
