from typing import get_args

import pytest

from apps.storefront.recommendations.recommendation_list import RecommendationList
from ml.serving.chain.sources import SourceName


@pytest.mark.parametrize("source", [*get_args(SourceName), "newest"])
def test_every_source_that_a_chain_may_begin_with_has_words_and_a_surface(source: str) -> None:
    found = RecommendationList([], source, follows="Based on your recent activity")
    assert found.reason
    assert found.surface
