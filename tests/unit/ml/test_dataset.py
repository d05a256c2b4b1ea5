from datetime import UTC, datetime

import pandas as pd

from ml.dataset import INTERACTION_COLUMNS, interactions_frame
from support.interactions import interaction

NOW = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_interactions_become_rows_in_their_order() -> None:
    frame = interactions_frame(
        [
            interaction("u", "b", "rate", NOW, rating=4.5, review_title="fine"),
            interaction("v", "a", "purchase", NOW, quantity=2, surface="home"),
        ]
    )
    assert tuple(frame) == INTERACTION_COLUMNS
    assert frame["item_id"].tolist() == ["b", "a"]
    assert frame["timestamp"].tolist() == [pd.Timestamp(NOW)] * 2
    assert [type(kind) for kind in frame["interaction_type"]] == [str, str]
    assert frame["interaction_type"].tolist() == ["rate", "purchase"]
    assert frame["rating"].fillna(-1).tolist() == [4.5, -1]
    assert frame["quantity"].fillna(-1).tolist() == [-1, 2]


def test_no_interactions_have_the_dtypes_of_some() -> None:
    some = interactions_frame([interaction("u", "i", "view", NOW)])
    assert interactions_frame([]).dtypes.equals(some.dtypes)
