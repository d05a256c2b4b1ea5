import pytest

from apps.storefront.events.attribution import Attribution


def test_a_link_of_ours_is_read_back_as_it_was_written() -> None:
    written = Attribution(
        surface="home", position=3, model_version="20261101-7f", experiment="nightly:b"
    )
    assert Attribution.of(written.parameters) == written


def test_nothing_in_the_link_is_no_attribution() -> None:
    assert Attribution.of({"from": "", "unrelated": "1"}) == Attribution()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "homepage"),
        ("from", "home\n"),
        ("from", "<script>"),
        ("pos", "-1"),
        ("pos", "1001"),
        ("pos", "three"),
        ("pos", "1e9"),
        ("v", "a b"),
        ("v", "v" * 65),
        ("v", "\x00"),
        ("x", "nightly b"),
        ("x", "x" * 65),
    ],
)
def test_a_bad_value_is_ignored_and_the_others_stay(name: str, value: str) -> None:
    good = {"from": "search", "pos": "2", "v": "v1", "x": "nightly:a"}
    read = Attribution.of({**good, name: value}).parameters
    assert name not in read
    assert read == {
        key: int(text) if key == "pos" else text for key, text in good.items() if key != name
    }
