"""Search with a picture, from a product's picture to the page and the API, on real processes."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from apps.filling.picture_sources import LinkedPictures
from apps.filling.pictures import give_pictures
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.pictures.picture import drawings_prefix
from apps.storefront.services import Services
from ml.image_vectors import ShopPictures
from ml.registry.image_embeddings import PicturedProduct
from ml.settings import MlSettings
from ml.untrusted_images.fetching import LinkFetcher
from streams.contracts import Product
from streams.errors import UnavailableError
from support.api import Caller, content, new_key
from support.encoder_process import running_encoder
from support.laptop import free_ports
from support.pictures import answering, drawn_picture, file_of, response
from support.shop import served_shop, shop, sign_up, take_waiting
from support.small_clip import save_small_clip

pytestmark = pytest.mark.integration

LOOPBACK = ("127.0.0.0/8",)
COUNT = 8


def product(number: int, link: str) -> Product:
    return Product(
        item_id=f"p{number}",
        product_name=f"Thing {number}",
        about_product=f"The thing {number}.",
        category="Home|Things",
        discounted_price="9.50",
        arrival_date=datetime(2026, 1, 1, tzinfo=UTC),
        img_link=link,
    )


@pytest.fixture
def pictures() -> Iterator[str]:
    """The address of a server of pictures: /N.png is the picture N; all others are missing."""

    def answer(connection: object, path: str) -> None:
        name = path.strip("/").removesuffix(".png")
        body = file_of(drawn_picture(int(name)), "PNG") if name.isdecimal() else b""
        status = "200 OK" if body else "404 Not Found"
        connection.sendall(response(body, status=status))  # type: ignore[attr-defined]

    with answering(answer) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def shop_url(database_url: str) -> Iterator[str]:
    with served_shop(database_url) as url:
        yield url


@pytest.fixture
def encoder(database_url: str, tmp_path: Path, shop_url: str) -> Iterator[str]:
    settings = MlSettings(database_url=database_url, models_dir=tmp_path)
    with running_encoder(
        settings,
        tmp_path,
        RECSYS_IMAGE_MODEL="descriptor",
        RECSYS_SHOP_URL=shop_url,
        RECSYS_TEXT_ENCODER=str(tmp_path / "no-encoder-of-texts"),
        RECSYS_ENCODER_PRELOAD="false",
    ) as (address, _):
        yield address


def copy_of(number: int) -> bytes:
    image = drawn_picture(number).crop((8, 8, 232, 312)).resize((400, 540))
    return file_of(image, "JPEG", quality=60)


def vectors(database_url: str) -> dict[str, bool]:
    """By item: whether it has a vector; without those that were not looked at."""
    with psycopg.connect(database_url) as connection:
        return dict(
            connection.execute(
                "select product.item_id, embedding is not null from ml.image_embeddings embedded"
                " join shop.products product on product.item_id = embedded.item_id"
                " and embedded.picture_digest = coalesce(picture, %s || drawing_digest)",
                (drawings_prefix(),),
            ).fetchall()
        )


def wait_for(database_url: str, expected: dict[str, bool], seconds: float = 120) -> float:
    """How many seconds it took."""
    started = time.monotonic()
    while vectors(database_url) != expected:
        assert time.monotonic() - started < seconds, vectors(database_url)
        time.sleep(0.2)
    return time.monotonic() - started


def add(database_url: str, products: list[Product]) -> None:
    """Products with the pictures that they link to, as `recsys pictures` fetches them."""
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, products)
    with psycopg.connect(database_url, autocommit=True) as connection:
        source = LinkedPictures(LinkFetcher(LOOPBACK, seconds=5))
        give_pictures(connection, [source], tries_again=True, progress=lambda *_: None)


def test_a_shop_is_searched_with_pictures(database_url: str, encoder: str, pictures: str) -> None:
    stocked = [product(each, f"{pictures}/{each}.png") for each in range(COUNT)]
    stocked.append(product(90, f"{pictures}/missing.png"))
    stocked.append(product(91, "/images/drawn.png"))
    add(database_url, stocked)
    # The first request has the model loaded.
    deadline = time.monotonic() + 120
    while encode(encoder, copy_of(0)).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    expected = {each.item_id: True for each in stocked}
    wait_for(database_url, expected)

    answers = encode(encoder, copy_of(1)).json()
    assert answers["encoder"] == "descriptor"
    assert [len(each) for each in answers["embeddings"]] == [answers["dimension"]] * 4
    assert encode(encoder, b"no picture").status_code == 422
    assert encode(encoder, copy_of(1), "text/html").status_code == 415
    texts = httpx.post(f"{encoder}/v1/image-texts", json={"texts": ["a chair"]})
    assert texts.status_code == 404

    app = shop(database_url, encoder_url=encoder, link_networks=LOOPBACK, image_budget="PT20S")
    caller = Caller(app, new_key(database_url))
    for number in range(COUNT):
        found = upload(caller, copy_of(number), top_k=3)
        assert found["results"][0]["product_id"] == f"p{number}"
        assert len(found["results"]) == 3
    turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
    for number, turn in enumerate(turns):
        turned = upload(caller, file_of(drawn_picture(number).transpose(turn)), top_k=3)
        assert turned["results"][0]["product_id"] == f"p{number}"
        assert len({each["product_id"] for each in turned["results"]}) == 3
    assert found["weight_free"] is True
    assert found["encoder"] == "descriptor"
    assert found["results"][0]["price"] == "9.50"
    picture = found["results"][0]["image_url"]
    assert app.test_client().get(picture).mimetype == "image/webp"
    scores = [each["score"] for each in found["results"]]
    assert scores == sorted(scores, reverse=True)

    check_links(caller, pictures)
    check_page(app, pictures)

    # What is hidden is not shown, and the list is filled up with others.
    with psycopg.connect(database_url) as connection:
        connection.execute("update shop.products set hidden = true where item_id = 'p3'")
    found = upload(caller, copy_of(3), top_k=COUNT - 1)
    assert len(found["results"]) == COUNT - 1
    assert "p3" not in [each["product_id"] for each in found["results"]]

    # New and changed products within a minute.
    add(database_url, [product(90, f"{pictures}/50.png"), product(60, f"{pictures}/60.png")])
    assert wait_for(database_url, expected | {"p60": True}) < 60
    assert upload(caller, copy_of(50), top_k=1)["results"][0]["product_id"] == "p90"


def encode(encoder: str, file: bytes, kind: str = "image/jpeg") -> httpx.Response:
    try:
        return httpx.post(
            f"{encoder}/v1/images", content=file, headers={"Content-Type": kind}, timeout=30
        )
    except httpx.TransportError:
        return httpx.Response(0)


def upload(caller: Caller, file: bytes, **fields: object) -> dict[str, Any]:
    answer = caller._client.post(
        "/api/v1/search/image",
        data={"image": (BytesIO(file), "photo.jpg"), **fields},
        headers=caller._headers,
    )
    return content(answer)  # type: ignore[no-any-return]


def check_links(caller: Caller, pictures: str) -> None:
    linked = content(caller.post("/search/image", {"image_url": f"{pictures}/2.png", "top_k": 1}))
    assert [each["product_id"] for each in linked["results"]] == ["p2"]
    assert linked["results"][0]["score"] > 0.9
    refused = {
        "http://169.254.169.254/latest/": "no public address",
        "http://10.0.0.1/a.png": "no public address",
        "file:///etc/passwd": "http://",
        f"{pictures}/missing.png": "answers 404",
    }
    for link, words in refused.items():
        problem = content(caller.post("/search/image", {"image_url": link}), 422)
        assert words in problem["detail"]
        assert problem["errors"][0]["location"] == "image_url"
    problem = content(caller.post("/search/image", {}), 422)
    assert "Send a picture" in problem["detail"]
    problem = content(caller.post("/search/image", {"text": "a chair"}), 422)
    assert "reads no texts" in problem["detail"]
    assert caller.post("/search/image", {"top_k": 1000}).status_code == 422
    assert caller.post_bytes("/search/image", b"x", "image/png").status_code == 415


def check_page(app: object, pictures: str) -> None:
    client = app.test_client()  # type: ignore[attr-defined]
    page = client.get("/search/image")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    form = BeautifulSoup(page.text, "html.parser").select_one("form.picture-search")
    assert form is not None
    assert form["enctype"] == "multipart/form-data"

    large = file_of(drawn_picture(4).resize((2400, 3200)), "PNG", compress_level=0)
    assert len(large) > 256 << 10
    small = file_of(drawn_picture(4), "PNG")
    answer = client.post("/search/image", data={"image": (BytesIO(small), "a.png")})
    assert answer.status_code == 200
    shown = BeautifulSoup(answer.text, "html.parser")
    cards = [each["href"] for each in shown.select(".card-name a")]
    assert str(cards[0]).startswith("/products/p4")
    assert len(cards) == COUNT + 2
    assert 'name="text"' not in page.text + answer.text, "this encoder reads no texts"
    sent = {"image": (BytesIO(small), "a.png"), "text": "red"}
    answer_to_words = client.post("/search/image", data=sent)
    assert answer_to_words.status_code == 422
    assert "reads no texts" in answer_to_words.text
    drawn = [each["src"] for each in shown.select(".card img")]
    assert [client.get(each).status_code for each in drawn] == [200] * len(cards)
    assert "weight-free" in shown.text

    answer = client.post("/search/image", data={"image_url": f"{pictures}/5.png"})
    assert str(
        BeautifulSoup(answer.text, "html.parser").select(".card-name a")[0]["href"]
    ).startswith("/products/p5")
    answer = client.post("/search/image", data={"photo": (BytesIO(small), "a.png")})
    assert answer.status_code == 200

    answer = client.post("/search/image", data={"image": (BytesIO(b"<svg/>"), "a.svg")})
    assert answer.status_code == 422
    assert "no JPEG, PNG or WebP" in answer.text
    answer = client.post("/search/image", data={"image_url": "http://127.0.0.1.example.invalid/"})
    assert answer.status_code == 422
    assert "no public address" in answer.text
    assert client.post("/search/image", data={}).status_code == 422
    huge = BytesIO(b"\xff\xd8" + b"\0" * (9 << 20))
    assert client.post("/search/image", data={"image": (huge, "a.jpg")}).status_code == 413


def test_a_product_that_is_gone_has_no_picture_and_a_shop_that_is_away_is_waited_for(
    shop_url: str,
) -> None:
    gone = PicturedProduct("gone/or ?never there", "0")
    assert ShopPictures(shop_url).of(gone) is None
    with pytest.raises(UnavailableError, match="the shop gives no pictures"):
        ShopPictures(f"http://127.0.0.1:{free_ports(1)[0]}").of(gone)


def test_a_shop_without_an_encoder_says_so(database_url: str) -> None:
    app = shop(database_url)
    assert "not available" in app.test_client().get("/search/image").text
    caller = Caller(app, new_key(database_url))
    assert caller.post("/search/image", {"text": "a chair"}).status_code == 503


def test_a_form_of_another_site_is_refused(database_url: str) -> None:
    app = shop(database_url)
    app.config["WTF_CSRF_ENABLED"] = True
    file = file_of(Image.new("RGB", (600, 600)), "PNG", compress_level=0)
    assert len(file) > 256 << 10
    answer = app.test_client().post("/search/image", data={"image": (BytesIO(file), "a.png")})
    assert answer.status_code == 400


def test_with_clip_the_page_takes_words_beside_the_picture(
    database_url: str, shop_url: str, pictures: str, tmp_path: Path
) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    save_small_clip(folder)
    stocked = [product(each, f"{pictures}/{each}.png") for each in range(COUNT)]
    add(database_url, stocked)
    settings = MlSettings(database_url=database_url, models_dir=tmp_path)
    with running_encoder(
        settings, tmp_path, RECSYS_IMAGE_MODEL=str(folder), RECSYS_SHOP_URL=shop_url
    ) as (address, _):
        wait_for(database_url, {each.item_id: True for each in stocked})
        app = shop(database_url, encoder_url=address, image_budget="PT20S")
        client = app.test_client()
        sign_up(client)
        with app.app_context():
            impressions = Services.of_this_app().impressions
        take_waiting(impressions)

        def sent(**fields: object) -> BeautifulSoup:
            answer = client.post("/search/image", data=fields)
            assert answer.status_code == 200, answer.text
            return BeautifulSoup(answer.text, "html.parser")

        assert 'name="text"' in client.get("/search/image").text
        both = sent(image=(BytesIO(copy_of(4)), "a.jpg"), text=" in red ")
        assert "The picture counts 70 %, the words “in red” 30 %." in both.text
        words = both.select_one("#text")
        assert words
        assert words["value"] == "in red"
        (shown,) = take_waiting(impressions)
        links = [str(each["href"]) for each in both.select(".card-name a")]
        assert shown.surface == "image_search"
        assert [f"/products/{each}" for each in shown.item_ids] == [
            each.split("?")[0] for each in links
        ]
        assert all(f"from=image_search&pos={place}" in link for place, link in enumerate(links)), (
            links
        )
        alone = sent(image=(BytesIO(copy_of(4)), "a.jpg"))
        assert "The picture counts" not in alone.text
        by_words = sent(text="a red chair")
        assert "pictures are compared with the words “a red chair”." in by_words.text
        too_long = client.post("/search/image", data={"text": "x" * 201})
        assert too_long.status_code == 422
        assert "Use at most 200 characters." in too_long.text
