"""The pipeline `retrain`: load_data -> train_towers -> evaluate -> publish."""

from collections.abc import Callable
from typing import Any, NamedTuple

from kfp import dsl

from pipelines.retrain import components

NAME = "retrain"


class Retrained(NamedTuple):
    """What the pipeline hands out."""

    version: str
    report: dict[str, Any]


def define(prepare: Callable[[dsl.PipelineTask], None]) -> dsl.base_component.BaseComponent:
    """The pipeline, each of whose tasks is handed to `prepare` when it is composed."""

    @dsl.pipeline(name=NAME, description="Retrains the two towers and makes them live.")
    def retrain(  # noqa: PLR0917 - kfp takes no keyword-only parameters
        until: str = "",
        towers: str = "{}",
        seed: int = 0,
        top_k: int = 50,
        validate: bool = True,  # noqa: FBT001, FBT002
        cold_start: bool = True,  # noqa: FBT001, FBT002
    ) -> Retrained:
        """Retrain on all that is known.

        Args:
            until: ISO-8601 instant with offset up to which data is read; empty is now.
            towers: JSON with those fields of `ml.towers.config.TowersConfig` that differ from its
                defaults; text, as a dictionary could hold no null.
            seed: of the training.
            top_k: length of each user's list.
            validate: whether a second model is trained without held-out items and scored on them.
            cold_start: whether, in that case, a third one is trained for new items and new users.
        """
        loaded = components.load_data(until=until)
        trained = components.train_towers(
            dataset=loaded.outputs["dataset"], towers=towers, seed=seed
        )
        evaluated = components.evaluate(
            dataset=loaded.outputs["dataset"],
            towers=towers,
            seed=seed,
            validate=validate,
            cold_start=cold_start,
            training=trained.outputs["Output"],
        )
        published = components.publish(
            dataset=loaded.outputs["dataset"],
            model=trained.outputs["model"],
            card=evaluated.outputs["card"],
            until=loaded.outputs["Output"],
            towers=towers,
            seed=seed,
            top_k=top_k,
            report=evaluated.outputs["Output"],
        )
        for task in (loaded, trained, evaluated, published):
            # The inputs may read alike while the shop's data has moved on.
            task.set_caching_options(enable_caching=False)
            prepare(task)
        return Retrained(version=published.output, report=evaluated.outputs["Output"])

    return retrain


retrain = define(lambda _task: None)
"""The pipeline as it runs on the spot."""
