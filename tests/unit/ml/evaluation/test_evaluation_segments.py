import pandas as pd

from ml.evaluation.segments import Segment, item_segments, user_segments


def log(**seen: str) -> pd.DataFrame:
    """Users with the items they saw, one letter each, in order."""
    rows = [(user, item) for user, items in seen.items() for item in items]
    return pd.DataFrame(rows, columns=["user_id", "item_id"])


def names(segments: list[Segment]) -> dict[str, dict[str, set[str]]]:
    return {segment.name: segment.held_out for segment in segments}


def test_users_are_parted_by_the_distinct_items_they_met() -> None:
    seen = log(a="xxx", b="xyy", c="xyz", d="wxyz", e="vwxyz", f="uvwxyz", unevaluated="abcdefghi")
    held_out = {user: {"k"} for user in "abcdef"} | {"nobody": {"k"}, "unevaluated": set[str]()}
    segments = user_segments(seen, held_out)
    # Of the lengths 3, 4, 5 and 6 the lower terciles are 4 and 5.
    assert names(segments) == {
        "new": {"a": {"k"}, "b": {"k"}, "nobody": {"k"}},
        "light": {"c": {"k"}, "d": {"k"}},
        "medium": {"e": {"k"}},
        "heavy": {"f": {"k"}},
    }
    assert [segment.definition for segment in segments] == [
        "0 to 2 items seen",
        "3 to 4 items seen",
        "5 to 5 items seen",
        "6 to 6 items seen",
    ]


def test_users_of_one_length_are_one_segment_and_empty_ones_are_left_out() -> None:
    seen = log(a="wxyz", b="wxyz", c="wxyz")
    assert names(user_segments(seen, {user: {"k"} for user in "abc"})) == {
        "light": {"a": {"k"}, "b": {"k"}, "c": {"k"}}
    }
    assert list(names(user_segments(seen, {"stranger": {"k"}}))) == ["new"]
    assert user_segments(seen, {}) == []


def test_the_head_is_what_holds_eighty_percent() -> None:
    # 10 interactions: x has 5, y 3 (8 so far), z 1, w 1.
    seen = log(a="xxxxx", b="yyy", c="z", d="w")
    held_out = {"a": {"y", "z"}, "b": {"x"}, "c": {"w", "never"}}
    segments = item_segments(seen, held_out)
    assert names(segments) == {
        "head": {"a": {"y"}, "b": {"x"}},
        "tail": {"a": {"z"}, "c": {"w"}},
        "new": {"c": {"never"}},
    }
    assert segments[0].definition == "2 items with 80% of the interactions"
    assert segments[1].definition == "the other 2 items"


def test_an_item_that_reaches_over_the_edge_belongs_to_the_head() -> None:
    seen = log(a="xxxxxxx", b="yy", c="z")
    assert names(item_segments(seen, {"a": {"y"}, "b": {"z"}})) == {
        "head": {"a": {"y"}},
        "tail": {"b": {"z"}},
    }
