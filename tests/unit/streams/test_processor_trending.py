from streams.processor import trending
from streams.processor.trending import by_category


def test_an_item_is_in_the_lists_of_all_levels_of_its_category() -> None:
    ranked = [("lamp", "Home|Lamps"), ("gift", ""), ("chair", "Home"), ("book", " Books | ")]
    assert by_category(ranked) == {
        "": ("lamp", "gift", "chair", "book"),
        "Home": ("lamp", "chair"),
        "Home|Lamps": ("lamp",),
        "Books": ("book",),
    }


def test_a_list_is_bounded_and_a_category_of_few_has_its_own_place() -> None:
    many = [(f"i{number}", "Common") for number in range(trending.LIST_LENGTH)]
    lists = by_category([*many, ("last", "Rare")])
    assert len(lists[""]) == len(lists["Common"]) == trending.LIST_LENGTH
    assert "last" not in lists[""]
    assert lists["Rare"] == ("last",)
