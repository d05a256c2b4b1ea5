"""Hyper-parameters of the two towers."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Strength = Annotated[float, Field(ge=0)]


class StrengthConfig(BaseModel):
    """How strongly an interaction speaks for its item; 1 is a purchase of one piece."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    view: Strength = 0.35
    """A view without a verdict."""
    positive_view: Strength = 0.35
    """A view that a cart, purchase or rating of its item followed."""
    negative_view: Strength = 0.3
    """A view that nothing followed: it was worth a look and no more. 0 leaves such views out."""
    cart: Strength = 0.7
    purchase: Strength = 1.0
    quantity_growth: Strength = 0.1
    """Added to a purchase or cart for each doubling of the quantity, as a share of its strength."""
    ratings: tuple[float, float, float, float, float] = (-1.0, -0.5, 0.25, 0.75, 1.0)
    """Strength of 1 to 5 stars; between whole stars it is interpolated."""


class TowersConfig(BaseModel):
    """Everything that a training run can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dim: Annotated[int, Field(ge=2, le=2000)] = 256
    """Length of the vectors; the last place carries the item's bias."""
    epochs: Annotated[int, Field(ge=1)] | None = None
    """An epoch looks at as many moments as there are visits in the log. None: fifteen, and in small
    logs as many more as make 800 steps."""
    batch_size: Annotated[int, Field(ge=1)] = 256
    """Moments a step."""
    learning_rate: Positive = 1e-2
    """Adam's, at the start; it falls to nothing in a straight line."""
    temperature: Positive = 1.15
    """A cosine counts items ** (1 / 4) / temperature: a match must stand out of its catalogue. On
    validation splits a cosine was best multiplied by 6 with 3,000 films, by 11 with 30,000
    products."""
    history_dropout: Share = 0.5
    """Chance that an entry of the history is hidden, and to be found, in one step, where there are
    sixteen entries or fewer."""
    dropout_exponent: Annotated[float, Field(ge=0, le=1)] = 0.3
    """Of n entries, n to the power of 1 minus this are hidden beyond the sixteenth: a long
    history bears to be seen nearly whole."""
    id_dropout: Share = 0.1
    """Chance that an item is encoded by its content alone in one step, as a new item is."""
    newcomer_share: Share = 0.1
    """Chance that a user with preferences is encoded by those alone in one step."""
    preference_weight: Positive = 1.0
    """Preferences count as much as evidence of this strength, 1 being one purchase."""
    proximity_half_life: Positive = 1 / 24
    """Days. A moment shows what its user did around it: entries this far away count half. What
    shares a visit says more of each other than what shares a user."""
    whole_history_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of the moments that show the whole history evenly: the lasting taste."""
    visit_exponent: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A visit of n entries is drawn n to the power of 1 minus this times as often as one of one."""
    target_exponent: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A moment with n targets counts n to the power of 1 minus this times as much as with one."""
    recency_half_life: Positive | None = None
    """Days before the newest entry at which an entry of the history counts half; None: never."""
    strengths: StrengthConfig = StrengthConfig()
    text_encoder: str | None = "all-MiniLM-L6-v2"
    """Sentence encoder of names and descriptions; None leaves texts out."""
    full_softmax_items: Annotated[int, Field(ge=0)] = 50_000
    """Up to so many items the softmax runs over all of them; above, over a sample."""
    sampled_items: Annotated[int, Field(ge=1)] = 16_384
    """Uniform negatives a step where the softmax is sampled, beside the batch's own items."""
