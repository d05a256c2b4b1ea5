import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import apps.storefront
from apps.storefront.catalog.label import label
from apps.storefront.presentation import day, halves, is_new, plain_stars

CSS = (Path(apps.storefront.__file__).parent / "static" / "shop.css").read_text()


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("Electronics|HDMICables", "HDMI Cables"),
        ("Home&Kitchen", "Home & Kitchen"),
        ("OfficeProducts", "Office Products"),
        ("In-Ear", "In-Ear"),
        ("Garden tools", "Garden tools"),
        ("", ""),
    ],
)
def test_a_category_is_named_as_people_write_it(category: str, name: str) -> None:
    assert label(category) == name


def test_stars_are_drawn_in_halves() -> None:
    assert halves(3.6) == ["full", "full", "full", "half", "empty"]
    assert halves(5) == ["full"] * 5
    assert halves(1) == ["full", *["empty"] * 4]
    assert (plain_stars(4.0), plain_stars(4.24)) == ("4", "4.2")


def test_a_product_is_new_for_thirty_days() -> None:
    now = datetime.now(UTC)
    assert is_new(now - timedelta(days=29))
    assert not is_new(now - timedelta(days=31))
    assert not is_new(now + timedelta(days=1)), "it has not arrived yet"
    assert day(datetime(2026, 3, 7, tzinfo=UTC)) == "7 March 2026"


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "ground"),
        ("soft", "ground"),
        ("soft", "surface"),
        ("brand", "ground"),
        ("brand", "brand-tint"),
        ("brand-dark", "brand-tint"),
        ("surface", "brand"),
        ("surface", "sale"),
        ("sale", "error-tint"),
        ("sale", "surface"),
        ("warn", "warn-tint"),
    ],
)
def test_text_reaches_the_contrast_of_wcag_aa(text: str, ground: str) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", CSS))
    lighter, darker = sorted((_luminance(colours[text]), _luminance(colours[ground])))[::-1]
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
