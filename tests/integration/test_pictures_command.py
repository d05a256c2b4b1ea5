"""`recsys pictures`: from a model, else drawn; interrupted, repeated and after a change."""

import socket
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from apps.cli.main import cli
from apps.filling.picture_sources import GeneratedPictures, LinkedPictures
from apps.filling.pictures import DRAWN, give_pictures
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.pictures.picture import WIDTHS
from ml.pictures.generator import PictureGenerator
from ml.pictures.settings import PictureSettings
from ml.untrusted_images.fetching import LinkFetcher
from streams.contracts import Product
from support.picture_model import save_picture_model
from support.pictures import answering, drawn_picture, file_of, response
from support.shop import shop

pytestmark = pytest.mark.integration


def product(number: int, about: str = "quiet") -> Product:
    return Product(
        item_id=f"i{number}",
        product_name=f"Alder Optical Mouse {number}, red",
        category="Computers|Components|Mice",
        about_product=about,
        arrival_date=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def filled(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, [product(number) for number in range(3)])
    return database_url


def generated(folder: Path, *, refuses: bool = False) -> GeneratedPictures:
    model = save_picture_model(folder, refuses=refuses)
    settings = PictureSettings(picture_model=model, picture_steps=1)
    return GeneratedPictures(PictureGenerator.load(settings))


def files(url: str) -> Counter[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select picture from shop.picture_files").fetchall()
    return Counter(picture for (picture,) in rows)


def run(url: str, *sources: Any, **options: Any) -> dict[tuple[str, str], int]:
    with psycopg.connect(url, autocommit=True) as connection:
        return dict(give_pictures(connection, sources, **options))


def test_without_a_model_all_products_are_drawn_once(filled: str) -> None:
    assert run(filled) == {(DRAWN, "made"): 3}
    assert sorted(files(filled).values()) == [len(WIDTHS)] * 3
    assert run(filled) == {(DRAWN, "kept"): 3}


def test_a_drawing_that_was_begun_is_completed(filled: str) -> None:
    run(filled)
    with psycopg.connect(filled) as connection:
        connection.execute("delete from shop.picture_files where width = %s", (WIDTHS[0],))
    assert run(filled) == {(DRAWN, "made"): 3}
    assert sorted(files(filled).values()) == [len(WIDTHS)] * 3


def test_a_model_makes_one_picture_per_product_which_the_pages_show(
    filled: str, tmp_path: Path
) -> None:
    source = generated(tmp_path)
    assert run(filled, source) == {("generated", "made"): 3}
    assert run(filled, source) == {("generated", "kept"): 3}
    assert run(filled) == {("generated", "kept"): 3}, "the model is only not at hand"
    client = shop(filled).test_client()
    with psycopg.connect(filled) as connection:
        rows = connection.execute("select item_id, picture from shop.products").fetchall()
    assert len({picture for _, picture in rows}) == 3
    for item_id, picture in rows:
        assert f"/pictures/{picture}-400.webp" in client.get(f"/products/{item_id}").text
        assert client.get(f"/pictures/{picture}-400.webp").mimetype == "image/webp"


def test_a_description_that_changes_gets_a_new_picture_and_the_old_files_go(
    filled: str, tmp_path: Path
) -> None:
    source = generated(tmp_path)
    run(filled, source)
    before = files(filled)
    with psycopg.connect(filled) as connection:
        upsert_products(connection, [product(0, "loud")])
    assert run(filled, source) == {("generated", "made"): 1, ("generated", "kept"): 2}
    after = files(filled)
    assert len(after) == 3
    assert len(after - before) == 1


def test_what_the_safety_checker_refuses_is_drawn_and_tried_again_only_on_demand(
    filled: str, tmp_path: Path
) -> None:
    source = generated(tmp_path, refuses=True)
    expected = {("generated", "failed"): 3, (DRAWN, "made"): 3}
    assert run(filled, source) == expected
    with psycopg.connect(filled) as connection:
        connection.execute("update shop.picture_attempts set problem = 'an older one'")
    run(filled, source)
    with psycopg.connect(filled) as connection:
        problems = connection.execute("select problem from shop.picture_attempts").fetchall()
    assert problems == [("an older one",)] * 3
    run(filled, source, tries_again=True)
    with psycopg.connect(filled) as connection:
        problems = connection.execute("select problem from shop.picture_attempts").fetchall()
    assert problems == [("the safety checker refused the picture",)] * 3


def test_the_command_says_what_came_from_where(
    filled: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RECSYS_DATABASE_URL", filled)
    monkeypatch.setenv("RECSYS_PICTURE_MODEL", str(save_picture_model(tmp_path)))
    monkeypatch.setenv("RECSYS_PICTURE_STEPS", "1")
    result = CliRunner().invoke(cli, ["pictures"])
    assert result.exit_code == 0, result.output
    rows = [line.split("│")[1:5] for line in result.output.splitlines() if "│" in line]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["drawn", "0", "0", "0"],
        ["generated", "3", "0", "0"],
        ["link", "0", "0", "0"],
    ]


def linked(link: str) -> Product:
    return product(0).model_copy(update={"img_link": link})


def test_a_link_is_fetched_once_and_its_picture_is_shown(filled: str) -> None:
    fetched: list[str] = []
    photo = response(file_of(drawn_picture(1), exif=b"Exif\x00\x00secret"))

    def answer(connection: socket.socket, path: str) -> None:
        fetched.append(path)
        connection.sendall(photo)

    source = LinkedPictures(LinkFetcher(["127.0.0.0/8"], seconds=5))
    with answering(answer) as port:
        with psycopg.connect(filled) as connection:
            upsert_products(connection, [linked(f"http://127.0.0.1:{port}/a.jpg")])
        assert run(filled, source) == {("link", "made"): 1, (DRAWN, "made"): 2}
        assert run(filled, source) == {("link", "kept"): 1, (DRAWN, "kept"): 2}
    assert fetched == ["/a.jpg"]
    with psycopg.connect(filled) as connection:
        row = connection.execute("select picture from shop.products where item_id = 'i0'")
        [picture] = row.fetchone() or [None]
        rows = connection.execute(
            "select webp from shop.picture_files where picture = %s", [picture]
        )
        assert not any(b"secret" in webp for (webp,) in rows)
    client = shop(filled).test_client()
    assert f"/pictures/{picture}-400.webp" in client.get("/products/i0").text
    assert client.get(f"/pictures/{picture}-400.webp").mimetype == "image/webp"


def test_a_link_that_does_not_work_or_must_not_be_followed_leaves_the_drawing(filled: str) -> None:
    source = LinkedPictures(LinkFetcher(seconds=5))
    with psycopg.connect(filled) as connection:
        upsert_products(connection, [linked("http://127.0.0.1/secret.png")])
    assert run(filled, source) == {("link", "failed"): 1, (DRAWN, "made"): 3}
    assert run(filled, source) == {("link", "failed"): 1, (DRAWN, "kept"): 3}
    with psycopg.connect(filled) as connection:
        upsert_products(connection, [linked("/images/item.png")])
    assert run(filled, source) == {(DRAWN, "kept"): 3}, "no link to a server"
