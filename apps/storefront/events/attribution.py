"""Where a shopper came from, as the link that they followed says."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

SURFACES = (
    "home",
    "recommendations",
    "trending",
    "popular",
    "new",
    "catalog",
    "search",
    "image_search",
    "autocomplete",
    "similar",
    "also_bought",
    "cart_also_bought",
    "order_also_bought",
    "department_trending",
    "recently_viewed",
    "buy_again",
    "no_results",
    "not_found",
    "cart",
    "orders",
)


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:+-]{1,64}$")]


class Attribution(BaseModel):
    """The list that led to a product, its place there, and what put it there."""

    model_config = ConfigDict(frozen=True)

    surface: Annotated[str, Field(pattern=f"^({'|'.join(SURFACES)})$")] | None = None
    position: Annotated[int, Field(ge=0, le=1000)] | None = None
    model_version: Name | None = None
    """The model that made the list."""
    experiment: Name | None = None
    """The experiment that the product was part of, with its team."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read the parameters `from`, `pos`, `v`, `x`; a value that makes no sense is ignored."""
        named = {
            "surface": values.get("from") or None,
            "position": values.get("pos") or None,
            "model_version": values.get("v") or None,
            "experiment": values.get("x") or None,
        }
        try:
            return cls.model_validate(named)
        except ValidationError as error:
            wrong = {detail["loc"][0] for detail in error.errors()}
            return cls.model_validate({k: v for k, v in named.items() if k not in wrong})

    @property
    def parameters(self) -> dict[str, str | int]:
        """The same as parameters of a link."""
        named = {
            "from": self.surface,
            "pos": self.position,
            "v": self.model_version,
            "x": self.experiment,
        }
        return {name: value for name, value in named.items() if value is not None}
