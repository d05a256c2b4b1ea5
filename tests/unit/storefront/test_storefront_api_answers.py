"""Lists as the API answers them: put together from parts, yet what the documented model says."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.storefront.api.recommendations import answers
from apps.storefront.api.recommendations.schemas import RecommendedItem, RecommendedItems
from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.pictures.picture import image_url
from apps.storefront.recommendations.recommendation_list import RecommendationList
from ml.serving.chain.candidates import Candidate, Reason, ReasonKind

_AT = datetime(2026, 6, 1, 12, 30, 0, 250_000, tzinfo=UTC)
_MUG = ListedProduct(
    'mug "é"\n', "Mug | \u2028 </script>", "Kitchen|Mugs", Decimal("12.50"), None, 4.5, 3, _AT
)
_ROPE = ListedProduct("rope", "Rope", "", None, Decimal(9), None, 0, _AT, 0, "p" + "a" * 32 + "g")


def _found(*products: ListedProduct, **changes: Any) -> RecommendationList:
    reason = Reason(ReasonKind.LISTED)
    candidates = {
        _MUG.item_id: Candidate(_MUG.item_id, "recent", reason, 1e-7, experiment="nightly:b"),
        _ROPE.item_id: Candidate(_ROPE.item_id, "precomputed", reason),
    }
    found = RecommendationList(
        products, "live", "v1", 'Based on "you"', {_MUG.item_id: 'Because of "é"'}, candidates
    )
    return replace(found, **changes)


def _by_the_model(found: RecommendationList) -> str:
    items = []
    for product in found.products:
        candidate = found.candidates.get(product.item_id)
        items.append(
            RecommendedItem(
                item_id=product.item_id,
                product_name=product.product_name,
                category=product.category,
                price=product.price,
                actual_price=product.actual_price,
                stars=product.stars,
                stars_count=product.stars_count,
                arrival_date=product.arrival_date,
                image_url=image_url(product.picture),
                score=candidate.score if candidate else None,
                source=candidate.source if candidate else found.source,
                reason=found.reason_of(product.item_id),
                model_version=found.model_version,
                experiment=found.experiment_of(product.item_id),
            )
        )
    return RecommendedItems(
        items=items,
        source=found.source,
        reason=found.reason,
        model_version=found.model_version,
    ).model_dump_json()


@pytest.mark.parametrize(
    "found",
    [
        _found(_MUG, _ROPE),
        _found(_ROPE),
        _found(),
        _found(_MUG, _ROPE, source="newest", model_version=None, candidates={}, reasons={}),
    ],
)
def test_an_answer_is_what_its_model_says(found: RecommendationList) -> None:
    for _ in range(2):  # the second one finds the products' texts written
        answered = answers.answer(found)
        assert answered.get_data(as_text=True) == _by_the_model(found)
        assert answered.mimetype == "application/json"


def test_a_product_that_has_changed_is_described_anew() -> None:
    answers.answer(_found(_MUG))
    cheaper = replace(_MUG, price=Decimal("1.00"))
    assert '"price":"1.00"' in answers.answer(_found(cheaper)).get_data(as_text=True)


def test_texts_of_products_are_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_MAX_DESCRIBED", 3)
    for number in range(10):
        answers.answer(_found(replace(_MUG, item_id=f"mug {number}")))
    assert len(answers._described) <= 3
