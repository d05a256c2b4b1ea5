"""All that the shop depends on, away or slow at once: it answers in time and says what it shows."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import make_url

from ml.features.online import OnlineFeatures
from ml.serving.recommender import Recommender
from ml.settings import MlSettings
from support.api import Caller, content, new_key
from support.pgbouncer import pgbouncer
from support.planted_version import LISTED, POPULAR, plant
from support.shop import NOBODY, shop
from support.slow_network import Link, link

pytestmark = pytest.mark.integration

SLOW_SECONDS = 2.0
FIRST_SECONDS, LATER_SECONDS = 1.8, 0.5
"""The first answer, and the median of those while the circuits are open."""
POOLER_SECONDS = 3.0 + 1.0
"""So long a request waits for a connection through the pooler, and some more on a busy machine."""
PAGES = ("/", "/recommendations", "/products?q=books", "/products/i01")
Eventually = Callable[[Callable[[], bool], float], None]


class Shop:
    """A shop behind links to PostgreSQL: one of the recommender's own, and one through a pooler."""

    def __init__(self, caller: Caller, client: Any, feast: Link, pooler: Link) -> None:
        self.caller, self.client, self.feast, self.pooler = caller, client, feast, pooler

    def listed(self) -> tuple[str, list[str]]:
        """The source and the items of the list of u00."""
        found = content(self.caller.get("/users/u00/recommendations?n=3"))
        return found["source"], [item["item_id"] for item in found["items"]]


def _through(made: Link, url: str) -> str:
    return make_url(url).set(port=made.port).render_as_string(hide_password=False)


@pytest.fixture
def silent() -> Iterator[str]:
    """An address that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def planted(settings: MlSettings, taste_shop: Any, features: OnlineFeatures) -> MlSettings:
    """A filled shop with a live version."""
    taste_shop.write(settings.database_url)
    plant(settings, features)
    return settings


@pytest.fixture(params=["away", "slow"])
def troubled(
    request: pytest.FixtureRequest,
    planted: MlSettings,
    eventually: Eventually,
    silent: str,
    tmp_path: Path,
) -> Iterator[Shop]:
    """Feast, what was bought, Kafka and the encoder are all away, or all slow; the pooler works."""
    url = planted.database_url
    other = NOBODY if request.param == "away" else silent
    with ExitStack() as stack:
        pooled_url = stack.enter_context(pgbouncer(url, tmp_path))
        feast = stack.enter_context(link("127.0.0.1", make_url(url).port or 0))
        pooler = stack.enter_context(link("127.0.0.1", make_url(pooled_url).port or 0))
        own = planted.model_copy(update={"database_url": _through(feast, url)})
        recommender = Recommender(own)
        stack.callback(recommender.close)
        key = new_key(url)
        app = shop(
            url,
            other,
            recommender,
            pooled_database_url=_through(pooler, pooled_url),
            encoder_url=f"http://{other}",
        )
        made = Shop(Caller(app, key), app.test_client(), feast, pooler)
        eventually(lambda: made.listed() == ("precomputed", list(LISTED)), 30)
        if request.param == "away":
            feast.cut()
        else:
            feast.delay = SLOW_SECONDS
        yield made


def _seconds(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.monotonic()
    return work(), time.monotonic() - started


def test_a_shop_that_has_its_products_alone_shows_what_is_popular_and_says_so(
    troubled: Shop,
) -> None:
    listed, took = _seconds(troubled.listed)
    assert listed == ("popular", list(POPULAR))
    assert took < FIRST_SECONDS
    later = [_seconds(troubled.listed) for _ in range(9)]
    assert {each[0][0] for each in later} == {"popular"}
    assert median(seconds for _, seconds in later) < LATER_SECONDS

    caller = troubled.caller
    refused, took = _seconds(lambda: caller.get("/users/u00/recently-viewed"))
    assert content(refused, 503)["detail"]
    assert took < FIRST_SECONDS
    assert content(caller.get("/items/i01/similar"))["items"], "of its category"
    assert content(caller.get("/shelves/trending"))["items"] == []
    found, took = _seconds(lambda: content(caller.get("/search?query=books")))
    assert (found["mode"], took < FIRST_SECONDS) == ("full_text", True)
    assert found["results"]
    event = {"user_id": "u00", "item_id": "i01", "interaction_type": "view"}
    accepted, took = _seconds(lambda: caller.post("/interactions", event))
    assert content(accepted, 202)
    assert took < FIRST_SECONDS

    for path in PAGES:
        page, took = _seconds(partial(troubled.client.get, path))
        assert page.status_code == 200
        assert took < FIRST_SECONDS, path
        sources = BeautifulSoup(page.text, "html.parser").select("[data-source]")
        assert {each["data-source"] for each in sources} <= {"popular", "newest"}


def test_without_the_pooler_too_every_answer_says_that_the_shop_is_away(troubled: Shop) -> None:
    troubled.pooler.cut()
    for path in PAGES:
        page, took = _seconds(partial(troubled.client.get, path))
        assert page.status_code == 503
        assert "temporarily unavailable" in page.text
        assert took < POOLER_SECONDS, path
    answer, took = _seconds(lambda: troubled.caller.get("/users/u00/recommendations"))
    assert "temporarily unavailable" in content(answer, 503)["detail"]
    assert took < 2 * POOLER_SECONDS, "its keys and its products wait one after the other"


@pytest.mark.parametrize("troubled", ["slow"], indirect=True)
def test_a_network_that_is_fast_again_is_used_again(troubled: Shop, eventually: Eventually) -> None:
    assert troubled.listed()[0] == "popular"
    troubled.feast.delay = 0
    eventually(lambda: troubled.listed() == ("precomputed", list(LISTED)), 30)
