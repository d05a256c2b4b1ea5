from ml.evaluation.popularity import CategoryPopularity, most_popular, popularity_lists
from support.training_log import log_of, shop_of


def test_popularity_counts_users_not_events() -> None:
    log = log_of([("a", "x"), ("a", "x"), ("a", "x"), ("a", "y"), ("b", "y"), ("c", "a")])
    assert most_popular(log) == ["y", "a", "x"]


def test_popularity_lists_leave_out_what_a_user_has_seen() -> None:
    log = log_of([("a", "x"), ("a", "y"), ("b", "y"), ("c", "z")])
    assert popularity_lists(log, ["b", "a", "new"], 2) == {
        "b": ["x", "z"],
        "a": ["z"],
        "new": ["y", "x"],
    }


def test_a_new_item_is_as_popular_as_the_nearest_category_with_interactions() -> None:
    training = shop_of(
        {"u": "aab", "v": "bc", "w": "d"},
        {
            "a": "Shop|Books|Novels",
            "b": "Shop|Books",
            "c": "Shop|Music",
            "d": "",
            "e": "Shop|Empty",
        },
        {},
    )
    new = shop_of(
        {},
        {
            "novel": "Shop|Books|Novels",
            "poem": "Shop|Books|Poems",
            "empty": "Shop|Empty",
            "elsewhere": "Garden|Novels",
            "bare": "",
        },
        {},
    )
    categories = CategoryPopularity(training, new.items)
    # Novels: a twice. Books: those and b twice. Shop: those and c.
    assert categories.popularity.tolist() == [2, 4, 5, 0, 0]
    own = categories.of_users(["v", "u", "stranger"]).toarray().tolist()
    assert own == [[0, 1, 2, 0, 0], [1, 2, 2, 0, 0], [0, 0, 0, 0, 0]]
