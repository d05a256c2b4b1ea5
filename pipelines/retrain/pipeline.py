"""The pipeline `retrain`.

load_data -> validate_data -> train_towers -> evaluate -> gate -> publish.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from kfp import dsl

from pipelines.retrain import components

NAME = "retrain"
TRAINING_TASKS = frozenset({"train-towers", "evaluate"})
"""Tasks that train a model, on a GPU where the cluster has one."""
PUBLISHING_TASK = "publish"
"""The task that switches versions, and copies them to the model registry."""
VALIDATION_TASK = "validate-data"
"""Its failure is a finding about the data, which another attempt would make as well."""


class RetrainOutputs(NamedTuple):
    """The outputs of the pipeline."""

    version: str
    report: dict[str, Any]
    decision: dict[str, Any]


def define(
    configure: Callable[[dsl.PipelineTask], None],
    *,
    default_ranker: str = "two_tower",
    default_spread: float = 0.5,
    default_warm_start: bool = False,
    default_gate: str = "enforce",
    default_gate_bounds: str = "{}",
    default_data_bounds: str = "{}",
) -> dsl.base_component.BaseComponent:
    """The pipeline; `configure` is called with each of its tasks."""

    def step(component: dsl.base_component.BaseComponent, **inputs: Any) -> dsl.PipelineTask:
        task = component(**inputs)
        # Equal inputs do not mean equal outputs: the shop's data changes between two runs.
        task.set_caching_options(enable_caching=False)
        configure(task)
        return task

    @dsl.pipeline(name=NAME, description="Retrains the two towers and makes them live.")
    def retrain(  # noqa: PLR0917 - kfp takes no keyword-only parameters
        until: str = "",
        ingested_until: str = "",
        window_days: int = 0,
        towers: str = "{}",
        seed: int = 0,
        ranker: str = default_ranker,
        top_k: int = 50,
        spread: float = default_spread,
        warm_start: bool = default_warm_start,  # noqa: FBT001
        validate: bool = True,  # noqa: FBT001, FBT002
        cold_start: bool = True,  # noqa: FBT001, FBT002
        gate: str = default_gate,
        gate_bounds: str = default_gate_bounds,
        data_bounds: str = default_data_bounds,
    ) -> RetrainOutputs:
        """Retrain on everything that is known.

        Args:
            until: ISO-8601 instant with offset up to which data is read; empty means now.
            ingested_until: ISO-8601 instant with offset until which interactions must have been
                stored; empty means `until`. A log that was filled later than it happened is stored
                later than its instants.
            window_days: days before `until`, older than which interactions are left out; 0: none.
            towers: JSON with the fields of `ml.towers.config.TowersConfig` that differ from its
                defaults; text, since a kfp dictionary cannot hold null.
            seed: seed of the training.
            ranker: what ranks the lists: `two_tower`, or `full`, which blends the towers with EASE
                and item-kNN by weights that are chosen on held-out items.
            top_k: length of each user's list.
            spread: how far lists are spread over categories (`ml.retrieval.spread`).
            warm_start: whether a run may start from the weights of the live version, which takes
                fewer epochs; at least weekly one starts anew (`ml.warm_start`).
            validate: whether a second model is trained without held-out items and scored on them.
            cold_start: whether, in that case, a third one is trained for new items and new users.
            gate: `enforce`, by which only a version that keeps its bounds goes live, or `report`.
            gate_bounds: JSON with the fields of `ml.gate.bounds.GateBounds` that differ from its
                defaults.
            data_bounds: JSON with the fields of `ml.data_validation.bounds.DataBounds` that differ
                from its defaults.
        """
        loaded = step(
            components.load_data,
            until=until,
            ingested_until=ingested_until,
            window_days=window_days,
        )
        dataset = loaded.outputs["dataset"]
        validated = step(
            components.validate_data,
            dataset=dataset,
            until=loaded.outputs["Output"],
            bounds=data_bounds,
        )
        trained = step(
            components.train_towers,
            dataset=dataset,
            until=loaded.outputs["Output"],
            towers=towers,
            seed=seed,
            warm_start=warm_start,
        )
        trained.after(validated)
        evaluated = step(
            components.evaluate,
            dataset=dataset,
            texts=trained.outputs["texts"],
            model=trained.outputs["model"],
            towers=towers,
            seed=seed,
            ranker=ranker,
            validate=validate,
            cold_start=cold_start,
            training=trained.outputs["Output"],
        )
        decided = step(
            components.gate,
            dataset=dataset,
            texts=trained.outputs["texts"],
            model=trained.outputs["model"],
            ranking=evaluated.outputs["ranking"],
            twin=evaluated.outputs["twin"],
            seed=seed,
            validate=validate,
            mode=gate,
            bounds=gate_bounds,
        )
        published = step(
            components.publish,
            dataset=dataset,
            texts=trained.outputs["texts"],
            model=trained.outputs["model"],
            ranking=evaluated.outputs["ranking"],
            card=evaluated.outputs["card"],
            twin=evaluated.outputs["twin"],
            until=loaded.outputs["Output"],
            ingested_until=ingested_until,
            window_days=window_days,
            towers=towers,
            seed=seed,
            ranker=ranker,
            top_k=top_k,
            spread=spread,
            data=validated.outputs["Output"],
            training=trained.outputs["Output"],
            report=evaluated.outputs["Output"],
            decision=decided.outputs["Output"],
        )
        return RetrainOutputs(
            version=published.output,
            report=evaluated.outputs["Output"],
            decision=decided.outputs["Output"],
        )

    return retrain


retrain = define(lambda _task: None)
"""The pipeline as Kubeflow's local runner runs it."""
