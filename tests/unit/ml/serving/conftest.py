"""Requests on a planted catalogue."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ml.serving.catalogue import Catalogue, Categories
from ml.serving.chain.context import Context
from ml.serving.shopper import Shopper
from streams.contracts import Interaction
from support.planted_catalogue import CATEGORIES, NOW, planted_model


@pytest.fixture
def request_of() -> Callable[..., Context]:
    """Makes the context of a request; what is named differs."""

    def make(*history: Interaction, preferences: Sequence[str] = (), **changes: Any) -> Context:
        values: dict[str, Any] = {
            "shopper": Shopper("u", preferences, history),
            "limit": 10,
            "now": NOW,
            "model": planted_model(),
            "catalogue": Catalogue(Categories(CATEGORIES)),
            "met": {},
        }
        return Context(**{**values, **changes})

    return make
