import random

import pytest

from apps.storefront.autocomplete.prefix_index import PrefixIndex, folded

NAMES = [
    "Nordvik Team keyboard, black",
    "Tea kettle",
    "Green tea",
    "Wireless mouse",
    "Mouse pad",
    "Café crème maker",
    "Headphones, over-ear",
    "Straße map",
]
INDEX = PrefixIndex(NAMES)


def found(text: str, limit: int = 9) -> list[str]:
    return [NAMES[number] for number in INDEX.find(text, limit)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("te", ["Tea kettle", "Nordvik Team keyboard, black", "Green tea"]),
        ("tea", ["Tea kettle", "Green tea", "Nordvik Team keyboard, black"]),
        ("tea g", ["Green tea"]),
        ("MOU", ["Mouse pad", "Wireless mouse"]),
        ("pad mouse", ["Mouse pad"]),
        ("cafe", ["Café crème maker"]),
        ("CAFÉ CR", ["Café crème maker"]),
        ("strasse", ["Straße map"]),
        ("over-e", ["Headphones, over-ear"]),
        ("mosue", ["Wireless mouse", "Mouse pad"]),
        ("mosu", ["Wireless mouse", "Mouse pad"]),
        ("kettel", ["Tea kettle"]),
        ("headpone", ["Headphones, over-ear"]),
        ("haedpohnes", ["Headphones, over-ear"]),
        ("keybaord black", ["Nordvik Team keyboard, black"]),
        ("tae", []),
        ("mouse kettle", []),
        ("zzzz", []),
        (" ,;", []),
        ("", []),
    ],
)
def test_words_begin_with_what_was_typed(text: str, expected: list[str]) -> None:
    assert sorted(found(text)) == sorted(expected)
    assert found(text)[:1] == expected[:1]


def test_the_preferred_come_first_and_no_more_than_wanted() -> None:
    index = PrefixIndex([f"lamp {number}" for number in range(1000)])
    assert index.find("la", 3) == [0, 1, 2]
    assert PrefixIndex([]).find("lamp", 3) == []


def test_it_finds_what_a_look_at_every_text_finds() -> None:
    rng = random.Random(1)
    words = ["".join(rng.choices("abc", k=rng.randint(1, 4))) for _ in range(60)]
    texts = [" ".join(rng.choices(words, k=3)) for _ in range(60)]
    index = PrefixIndex(texts)
    for _ in range(300):
        typed = [rng.choice(words)[: rng.randint(1, 3)] for _ in range(rng.randint(1, 2))]
        expected = {
            number
            for number, text in enumerate(texts)
            if all(any(word.startswith(each) for word in text.split()) for each in typed)
        }
        assert set(index.find(" ".join(typed), 60)) == expected


def test_folding_takes_case_accents_and_compatibility_forms_away() -> None:
    assert folded("ÉCLAIR \uff2camp Straße ﬁn") == "eclair lamp strasse fin"
