"""Hyper-parameters of the two towers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Strength = Annotated[float, Field(ge=0)]


class StrengthConfig(BaseModel):
    """How strongly an interaction speaks for its item; 1 is a purchase of one piece."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    view: Strength = 0.5
    """A view without a verdict."""
    positive_view: Strength = 0.5
    """A view that a cart, purchase or rating of its item followed."""
    negative_view: Strength = 0.4
    """A view that nothing followed: it was worth a look and no more. 0 leaves such views out."""
    cart: Strength = 0.75
    purchase: Strength = 1.0
    quantity_growth: Strength = 0.1
    """Added to a purchase or cart for each doubling of the quantity, as a share of its strength."""
    ratings: tuple[float, float, float, float, float] = (-1.0, -0.5, 0.25, 0.75, 1.0)
    """Strength of 1 to 5 stars; between whole stars it is interpolated."""


class TowersConfig(BaseModel):
    """Everything that a training run can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dim: Annotated[int, Field(ge=2, le=2000)] = 128
    """Length of the vectors; the last place carries the item's bias."""
    epochs: Annotated[int, Field(ge=1)] = 30
    batch_size: Annotated[int, Field(ge=1)] = 256
    """Users a step."""
    learning_rate: Positive = 1e-2
    """Adam's, at the start; it falls to nothing in a straight line."""
    temperature: Positive = 0.2
    """Cosines are divided by it before the softmax."""
    history_dropout: Share = 0.5
    """Chance that an entry of the history is hidden from the user tower in one step."""
    id_dropout: Share = 0.1
    """Chance that an item is encoded by its content alone in one step, as a new item is."""
    newcomer_share: Share = 0.1
    """Chance that a user with preferences is encoded by those alone in one step."""
    preference_weight: Positive = 1.0
    """Preferences count as much as evidence of this strength, 1 being one purchase."""
    proximity_half_life: Positive | None = 1 / 24
    """Days. A step looks at a user's history from a random moment of it: entries this far from
    that moment count half, as input and as target. None looks at the whole history evenly."""
    recency_half_life: Positive | None = None
    """Days before the newest entry at which an entry of the history counts half; None: never."""
    popularity_exponent: Share = 0.5
    """Users are weighted by the mass of their targets to the power of 1 minus this."""
    strengths: StrengthConfig = StrengthConfig()
    text_encoder: str | None = "all-MiniLM-L6-v2"
    """Sentence encoder of names and descriptions; None leaves texts out."""
    full_softmax_items: Annotated[int, Field(ge=0)] = 50_000
    """Up to so many items the softmax runs over all of them; above, over a sample."""
    sampled_items: Annotated[int, Field(ge=1)] = 8192
    """Uniform negatives a step where the softmax is sampled, beside the batch's own items."""
