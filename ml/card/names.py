"""What people call the models and measures of a card."""

MODELS = {
    "two_tower": "two towers",
    "popularity": "popularity",
    "item_knn": "item-kNN",
    "ease": "EASE",
    "category_popularity": "popularity of category",
    "category_history": "own history in category",
    "random": "random",
}
KNOWN_BY = {
    "preferences": "preferences",
    "two_items": "two items",
    "preferences_two_items": "preferences and two items",
}
SEGMENTS = {
    "users": "By length of the user's history",
    "items": "By popularity of the item",
}
