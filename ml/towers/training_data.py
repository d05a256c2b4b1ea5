"""What a training run learns from, as its objectives read it."""

from dataclasses import dataclass
from functools import cached_property

import torch

from ml.dataset import Dataset
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.history import Histories
from ml.towers.preprocessing import Preprocessing, Tokens


@dataclass(frozen=True)
class TrainingData:
    """A log, how it is read, and the hyper-parameters of a run over it."""

    dataset: Dataset
    """Without what is held out."""
    preprocessing: Preprocessing
    config: TowersConfig
    generator: torch.Generator
    """Of all random numbers; its device is that of the training."""
    start: Bundle | None = None
    """An earlier model whose weights the run starts from."""

    @property
    def device(self) -> torch.device:
        """Where the training runs."""
        return self.generator.device

    @cached_property
    def user_ids(self) -> list[str]:
        """Everybody who has an interaction, in ascending order."""
        return sorted(map(str, self.dataset.interactions["user_id"].unique()))

    def histories(self) -> Histories:
        """The histories of `user_ids`.

        Raises:
            ContractError: if an interaction is not valid.
        """
        return Histories.build(
            self.dataset.interactions,
            self.user_ids,
            self.preprocessing.items,
            self.config.confidence,
        )

    def preferences(self) -> Tokens:
        """The preferred categories of `user_ids`."""
        users = self.dataset.users.drop_duplicates("user_id").set_index("user_id")
        stated = users["preferences"].reindex(self.user_ids).fillna("")
        return self.preprocessing.preference_tokens(stated)
