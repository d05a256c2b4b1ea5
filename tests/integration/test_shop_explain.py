"""The page that explains a list, on a real database and the real chain over planted vectors."""

import base64

import psycopg
import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from pydantic import SecretStr

from apps.storefront.app import create_app
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.settings import StorefrontSettings
from streams.contracts import Product
from support.planted_catalogue import CATEGORIES, NOW
from support.planted_recommender import Planted
from support.shop import NOBODY

pytestmark = pytest.mark.integration

KEY = "a-key-that-has-at-least-32-characters"


@pytest.fixture
def client(database_url: str) -> FlaskClient:
    """Someone with the key."""
    with psycopg.connect(database_url) as connection:
        upsert_products(
            connection,
            [
                Product(item_id=item, product_name=f"{path} <{item}>", category=path,
                        arrival_date=NOW)
                for item, path in CATEGORIES.items()
            ],
        )  # fmt: skip
        connection.execute(
            "insert into shop.users (user_id, user_name, email, password_hash, preferences)"
            " values ('u', 'Ada <Lovelace>', 'ada@example.org', 'x', '{Garden}'),"
            " ('v', 'Grace', 'grace@example.org', 'x', '{}'),"
            " ('w', 'Grace', 'hopper@example.org', 'x', '{}')"
        )
    settings = StorefrontSettings(
        database_url=database_url,
        kafka_bootstrap_servers=NOBODY,
        secret_key="0123456789abcdef0123456789abcdef",
        session_cookie_secure=False,
        explain_key=SecretStr(KEY),
    )
    app = create_app(settings, recommender=Planted())
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    credentials = base64.b64encode(f"staff:{KEY}".encode()).decode()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Basic {credentials}"
    return client


@pytest.mark.parametrize("who", ["u", "ADA@example.org", "ada <lovelace>"])
def test_a_shopper_is_found_and_the_address_has_their_id_alone(
    client: FlaskClient, who: str
) -> None:
    answer = client.post("/explain", data={"who": who, "surface": "home"})
    assert answer.status_code == 303
    assert answer.location == "/explain?user=u&surface=home&limit=20"
    page = BeautifulSoup(client.get(answer.location).text, "html.parser")
    shown = [each.text for each in page.select(".outcome li .named code")]
    _, made = Planted().explain("u", ["Garden"], 20)
    assert shown == [each.item_id for each in made.candidates[:10]]
    assert page.select(".facts dd")[0].text.startswith("Ada <Lovelace>")
    stages = [each.text for each in page.select(".funnel .stage-name strong")]
    assert stages[:2] == ["live", "available"]
    assert {"fused", "new", "spread"} <= set(stages)
    names = [each.text for each in page.select(".outcome .named a")]
    assert names[0].endswith(f"<{shown[0]}>")


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("Nobody", "No user has the id, e-mail address or name Nobody"),
        ("grace", "2 users have the name grace: v, w"),
    ],
)
def test_one_who_is_not_found_is_said(client: FlaskClient, who: str, words: str) -> None:
    answer = client.post("/explain", data={"who": who})
    assert answer.status_code == 404
    assert words in BeautifulSoup(answer.text, "html.parser").text
    assert client.get(f"/explain?user={who}").status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=51", "surface=cellar", "user=%00"])
def test_a_bad_query_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/explain?{query}").status_code == 400


def test_explaining_leaves_no_trace_of_the_shopper(client: FlaskClient, database_url: str) -> None:
    assert client.get("/explain?user=u").status_code == 200
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from shop.outbox").fetchone() == (0,)
