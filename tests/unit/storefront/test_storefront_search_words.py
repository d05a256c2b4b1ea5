"""What the search makes of a text, without a database."""

from decimal import Decimal

import pytest

from apps.storefront.search.spelling import Dictionary, Speller
from apps.storefront.search.synonyms import Synonyms, packaged_synonyms, read_synonyms
from apps.storefront.search.understanding import understand
from apps.storefront.search.vocabulary import Vocabulary
from streams.errors import ConfigurationError

USES = {
    "headphones": 40, "television": 30, "mouse": 20, "coffee": 12, "maker": 9, "espresso": 8,
    "machine": 30, "notebook": 15, "computer": 5, "black": 50, "power": 4, "bank": 3, "of": 90,
}  # fmt: skip
VOCABULARY = Vocabulary("english", USES, 100).with_synonyms(packaged_synonyms())


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mosue", "mouse"), ("cofee makr", "coffee maker"), ("Televisoin", "television"),
        ("blakc headphnoes", "black headphones"), ("xmouse", "mouse"),
    ],
)  # fmt: skip
def test_typos_are_corrected(text: str, meant: str) -> None:
    assert understand(text, VOCABULARY).corrected == meant


@pytest.mark.parametrize(
    "text",
    [
        "mouse",
        "mice",
        "a nice place",
        "house",
        "tv",
        "head phones",
        "powerbank",
        "Headphone",
        "B07JW",
    ],
)
def test_what_is_right_stays(text: str) -> None:
    assert understand(text, VOCABULARY).corrected is None


def test_of_two_near_words_the_more_frequent_one_is_meant() -> None:
    speller = Speller({"lamp": 3, "ramps": 1, "lamps": 9}, Dictionary({}))
    assert speller.correction("lampz") == "lamps"


def test_a_word_that_few_products_hold_may_be_their_typo() -> None:
    uses = {"keyboard": 80, "keybaord": 1}
    assert understand("keybaord", Vocabulary("english", uses, 100)).corrected == "keyboard"


@pytest.mark.parametrize(
    ("text", "condition"),
    [("tv", "television"), ("head phones", "headphones"), ("powerbank", "power & bank"),
     ("laptop", "notebook & computer"), ("espresso maker", "coffee & maker"), ("telev", "telev:*")],
)  # fmt: skip
def test_a_group_holds_what_says_the_same(text: str, condition: str) -> None:
    (group,) = understand(text, VOCABULARY).groups
    assert f"({condition})" in group.condition


@pytest.mark.parametrize(
    ("text", "price", "words"),
    [
        ("black mouse under 50", 50, "black mouse"), ("mouse below $1,299.50", "1299.50", "mouse"),
        ("up to 20 mouse", 20, "mouse"), ("mouse under ₹ 499", 499, "mouse"),
    ],
)  # fmt: skip
def test_a_price_is_no_word(text: str, price: object, words: str) -> None:
    understood = understand(text, VOCABULARY)
    assert understood.max_price == Decimal(str(price))
    assert understood.meant.split() == words.split()


@pytest.mark.parametrize("text", ["under armour shirt", "under 5g router", "20 mouse"])
def test_not_every_number_is_a_price(text: str) -> None:
    assert understand(text, VOCABULARY).max_price is None


def test_the_rarer_word_says_more() -> None:
    assert VOCABULARY.weight(["computer"]) > VOCABULARY.weight(["black"])


@pytest.mark.parametrize(
    "content",
    ["version: 2", "version: 1\nequivalent: [[one]]", "version: 1\nbroader: {a: []}", "[", "x: 1",
     "version: 1\nequivalent: [['', b]]"],
)  # fmt: skip
def test_synonyms_that_break_the_contract_are_refused(content: str) -> None:
    with pytest.raises(ConfigurationError):
        read_synonyms(content)


def test_broader_words_go_one_way() -> None:
    found = Synonyms(version=1, broader={"laptop": ("computer",)}).others()
    assert found == {"laptop": ("computer",)}
