"""What a search has found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.storefront.catalog.listing_repository import CatalogPage
from apps.storefront.search.facets import FacetValue

FULL_TEXT, HYBRID = "full_text", "hybrid"
"""By what was searched: words alone, or words and meaning."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found, and how."""

    page: CatalogPage
    scores: Mapping[str, float]
    """By item; from 0 to 1, and 1 more for an exact id or name."""
    total: int
    """Products that were found, on all pages."""
    facets: Mapping[str, Sequence[FacetValue]]
    mode: str | None
    """`HYBRID` or `FULL_TEXT`; None: there was no text to search for."""
    has_all_words: bool
    """Whether a product found holds all words of the text, or has it as its id or name."""
    did_you_mean: str | None
    """The text with its typos corrected, for which was searched; None if it has none."""
    is_personal: bool = False
    """Whether the order counts the taste of whoever searches."""
