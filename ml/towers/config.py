"""Hyper-parameters of the two towers."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
UserEncoder = Literal["pooling", "causal"]


class ConfidenceConfig(BaseModel):
    """Confidence weights by type of interaction (Hu et al. 2008); a purchase of one piece is 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    view: Weight = 0.35
    """A view without a verdict."""
    positive_view: Weight = 0.35
    """A view that a cart, purchase or rating of its item followed."""
    negative_view: Weight = 0.3
    """A view that nothing followed; it still shows some interest. 0 ignores such views."""
    cart: Weight = 0.7
    purchase: Weight = 1.0
    quantity_growth: Weight = 0.1
    """Added to a purchase or cart per doubling of the quantity, as a share of its weight."""
    ratings: tuple[float, float, float, float, float] = (-1.0, -0.5, 0.25, 0.75, 1.0)
    """The weights of 1 to 5 stars; half stars are interpolated."""


class CausalConfig(BaseModel):
    """The causal encoder of a user's recent history, and its training; chosen on amazon-toys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    length: Annotated[int, Field(ge=1)] = 50
    """Newest entries of a history that it reads."""
    dropout: Share = 0.5
    """Of the attention and of both residual branches."""
    input_dropout: Share = 0.1
    """Of the entries' vectors."""
    pooled_weight: Weight = 0.5
    """Initial weight of the pooled history beside the encoded one; both have norm 1."""
    epochs: Annotated[int, Field(ge=1)] | None = None
    """An epoch has a sequence of each user. None: 6, and in small logs as many more as make 450
    steps."""
    learning_rate: Positive = 2e-3
    """The initial rate of Adam for the encoder."""
    embedding_learning_rate: Positive = 6e-3
    """The same for the item tower."""
    sampled_items: Annotated[int, Field(ge=1)] = 512
    """Uniform negatives per step, besides the items of the batch. On a validation split of
    amazon-toys they are as good as all items."""


class TowersConfig(BaseModel):
    """All hyper-parameters of a training run; `recsys evaluate --towers` reads them as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_encoder: UserEncoder | None = None
    """`pooling` sums a history up, `causal` also reads the order of its newest entries. None: what
    a comparison on a validation split chooses, and `pooling` where none is made."""
    causal: CausalConfig = CausalConfig()
    dim: Annotated[int, Field(ge=2, le=2000)] = 256
    """Length of the vectors; the last dimension holds the item's bias."""
    epochs: Annotated[int, Field(ge=1)] | None = None
    """An epoch samples as many training windows as there are sessions in the log. None: 15, or
    fewer where three windows per entry are enough; in small logs as many more as make 800 steps."""
    batch_size: Annotated[int, Field(ge=1)] = 256
    """Training windows per step."""
    learning_rate: Positive = 1e-2
    """The initial rate of Adam; it decays linearly to almost nothing."""
    temperature: Positive = 1.15
    """Cosines are multiplied by items ** (1 / 4) / temperature, so that larger catalogues get
    sharper distributions. On validation splits a factor of 6 was best with 3,000 films, and 11 with
    30,000 products."""
    history_dropout: Share = 0.5
    """The probability that an entry of a window is hidden, and to be predicted, in windows of up to
    16 entries."""
    dropout_exponent: Annotated[float, Field(ge=0, le=1)] = 0.3
    """In windows of n > 16 entries the probability is `history_dropout` * (n / 16) ** -exponent: a
    smaller share of a long history is hidden."""
    id_dropout: Share = 0.1
    """The probability that an item is encoded by its content alone in one step, as a new item
    is."""
    preferences_only_share: Share = 0.1
    """The probability that a user with preferences is encoded by these alone in one step, as a new
    user is."""
    category_exponent: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Pooling: entries of one category whose weights sum to m count m ** -exponent times as much,
    so that the taste for a category grows less than in proportion to what was seen of it."""
    preference_weight: Positive = 1.0
    """Preferences weigh as much as interactions of this total confidence weight; 1 is one
    purchase."""
    proximity_half_life: Positive | None = None
    """Days. An entry of a window at this distance from the anchor counts half: what is done in a
    row is more closely related than the items of one user. None: the median gap between two entries
    of a user in a row, so minutes in a log of visits and months in one of purchases."""
    whole_history_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The share of training windows that hold the user's whole history with equal proximity, which
    is the long-term taste."""
    session_exponent: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A session of n entries is sampled n ** (1 - exponent) times as often as one of 1 entry."""
    target_exponent: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A window with n targets weighs n ** (1 - exponent) times as much as one with 1 target."""
    recency_half_life: Positive | None = None
    """Days before the user's newest entry at which an entry counts half; None: no decay."""
    encoded_interactions: Annotated[int, Field(ge=1)] | None = None
    """The newest interactions by which a trained model encodes a user; None: all. Serving knows the
    newest 50 alone of shoppers who acted since the training."""
    confidence: ConfidenceConfig = ConfidenceConfig()
    text_encoder: str | None = "all-MiniLM-L6-v2"
    """Sentence encoder of names and descriptions; None ignores texts."""
    sparse_items: Annotated[int, Field(ge=1)] = 200_000
    """From so many items on a training step changes the id embeddings of its own items alone, by
    lazy Adam. With fewer, Adam also moves those of all others by their momentum, which costs time
    per item."""
    warm_start_epochs: Annotated[float, Field(gt=0, le=1)] = 0.45
    """Share of the epochs that a run has which starts from the weights of an earlier model."""
    warm_start_learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the initial learning rate that such a run has."""
    sampled_items: Annotated[int, Field(ge=1)] = 1024
    """Uniform negatives per step, besides the targets of the batch. On validation splits of logs
    with 3,000 to 40,000 items they are as good as all items, in up to a quarter of the time."""

    def scale(self, items: int) -> float:
        """The score of a cosine of 1 among so many items, without the item's bias."""
        return float(max(items, 2) ** 0.25 / self.temperature)
