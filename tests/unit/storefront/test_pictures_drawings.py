import re
from io import BytesIO
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import apps.storefront
from apps.storefront.pictures.drawings.colours import (
    COLOURS,
    GROUNDS,
    PHOTO_GROUNDS,
    distance,
    grounds_for,
)
from apps.storefront.pictures.drawings.draw import Subject, draw, ground_of
from apps.storefront.pictures.drawings.kinds import KINDS, form_of, kind_of
from apps.storefront.pictures.rendering import render
from ml.data.synthetic import vocabulary

CSS = (Path(apps.storefront.__file__).parent / "static" / "shop.css").read_text()
SIDE = 24
MIN_DISTANCE = 0.025
"""Of two pictures: the mean difference of brightness after both are reduced to SIDE by SIDE."""


def subject(kind: vocabulary.Kind, number: int = 0, colour: str = "blue") -> Subject:
    noun = kind.nouns[number % len(kind.nouns)]
    about = f"{noun} with {kind.features[0]} and {kind.features[1]}."
    return Subject(f"item-{number}", f"Wexham Alder {noun}, {colour}", kind.path, about)


def seen(each: Subject) -> npt.NDArray[np.float64]:
    with Image.open(BytesIO(render(draw(each), 160))) as image:
        small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64) / 255


def test_every_category_of_the_synthetic_shop_has_a_drawing_of_its_own() -> None:
    kinds = [kind_of(kind.path).name for kind in vocabulary.KINDS]
    assert len(set(kinds)) == len(vocabulary.KINDS) == 48
    assert "box" not in kinds


@pytest.mark.parametrize("kind", vocabulary.KINDS, ids=lambda kind: kind.path)
def test_every_noun_of_the_synthetic_shop_is_a_form_of_its_kind(kind: vocabulary.Kind) -> None:
    for noun in kind.nouns:
        name = f"Wexham Alder {noun}, blue"
        assert kind_of(kind.path, name).name == kind_of(kind.path).name
        assert form_of(kind_of(kind.path), name), noun


def test_the_types_differ_from_each_other_in_shape() -> None:
    # One colour and one item id: only what is drawn can differ.
    pictures = {kind.path: seen(subject(kind)) for kind in vocabulary.KINDS}
    for (one, first), (other, second) in combinations(pictures.items(), 2):
        assert np.abs(first - second).mean() > MIN_DISTANCE, f"{one} looks like {other}"


@pytest.mark.parametrize("kind", vocabulary.KINDS, ids=lambda kind: kind.path)
def test_products_of_one_type_differ_from_each_other(kind: vocabulary.Kind) -> None:
    colours = sorted(vocabulary.COLOURS)
    pictures = [seen(subject(kind, at, colours[at % len(colours)])) for at in range(9)]
    distances = [np.abs(one - other).mean() for one, other in combinations(pictures, 2)]
    assert min(distances) > 0.01
    assert np.median(distances) > MIN_DISTANCE


def test_products_of_one_type_and_colour_differ_by_their_ids() -> None:
    kind = vocabulary.KINDS[5]
    same = [Subject(f"i{at}", f"Optical Mouse {at}, red", kind.path) for at in range(12)]
    assert len({draw(each) for each in same}) == len(same)


def test_a_drawing_is_the_same_whenever_it_is_made() -> None:
    each = subject(vocabulary.KINDS[0])
    assert draw(each) == draw(each)


@pytest.mark.parametrize("kind", vocabulary.KINDS, ids=lambda kind: kind.path)
def test_a_drawing_is_well_formed_and_has_the_products_colour(kind: vocabulary.Kind) -> None:
    for number in range(6):
        svg = draw(subject(kind, number, "emerald"))
        ET.fromstring(svg)
        named = {each.lower() for each in re.findall(r"#[0-9a-fA-F]{6}", svg)}
        assert COLOURS["emerald"] in named, kind.nouns[number % len(kind.nouns)]
        assert set(re.findall(r"url\(#(\w+)\)", svg)) <= set(re.findall(r' id="(\w+)"', svg))


def test_a_drawing_holds_nothing_that_a_catalogue_could_smuggle_in() -> None:
    evil = '"><script>alert(1)</script>'
    svg = draw(Subject(evil, evil, evil, evil))
    ET.fromstring(svg)
    assert "script" not in svg


@pytest.mark.parametrize(
    ("category", "name", "kind"),
    [
        ("Electronics|Headphones,Earbuds&Accessories|In-Ear", "", "headphones"),
        ("Computers&Accessories|Accessories&Peripherals|Cables|USBCables", "", "cable"),
        ("Computers&Accessories|Keyboards,Mice&InputDevices|Mice", "", "mouse"),
        ("Computers&Accessories|NetworkingDevices|Routers", "", "router"),
        ("Electronics|Mobiles&Accessories|Smartphones&BasicMobiles|Smartphones", "", "phone"),
        ("Electronics|WearableTechnology|SmartWatches", "", "watch"),
        ("Home&Kitchen|Heating|Kettles", "", "kettle"),
        ("Clothing|Shoes", "", "sneakers"),
        ("Unheard|Of", "A gaming mouse", "mouse"),
        ("Beauty|Skincare", "", "face cream"),
        ("Car&Motorbike", "", "box"),
        ("Unheard|Of", "", "box"),
        ("", "", "box"),
    ],
)
def test_words_of_other_catalogues_lead_to_the_nearest_kind(
    category: str, name: str, kind: str
) -> None:
    assert kind_of(category, name).name == kind


def test_every_ground_has_its_colour_while_the_picture_loads() -> None:
    assert dict(re.findall(r"\.on-(\w+) \{ background: (#[0-9a-f]{6}); \}", CSS)) == {
        **GROUNDS,
        **PHOTO_GROUNDS,
    }


@pytest.mark.parametrize("colour", COLOURS)
def test_a_product_stands_out_on_its_ground(colour: str) -> None:
    for ground in grounds_for(COLOURS[colour]):
        assert distance(COLOURS[colour], GROUNDS[ground]) > 60, ground


def test_the_ground_of_a_drawing_is_known_without_its_description() -> None:
    for kind in KINDS:
        with_text = Subject("i1", f"{kind.name}, white", kind.name, "in black leather")
        without = Subject("i1", f"{kind.name}, white", kind.name)
        assert ground_of(with_text) == ground_of(without)
        assert GROUNDS[ground_of(without)] in draw(with_text)
