"""How often the gate rejects an honest retraining, and a training on shuffled labels."""

from collections.abc import Iterator
from typing import Any

import numpy as np

SEEDS = 10
_SHUFFLED = 5
_EPOCHS = 3
"""Models differ more by seed after few of them."""
_DIM = 32


def measure_gate(seeds: int = SEEDS) -> dict[str, Any]:
    """Judge retrainings of a synthetic shop by the default bounds; needs a process of its own.

    A version of another seed is live. Shuffled labels are the item ids of all interactions, in
    random order.
    """
    from ml.data.synthetic import SyntheticConfig, generate
    from ml.dataset import Dataset
    from ml.evaluation.findings import BlendChoice
    from ml.evaluation.ranking_models.blend_choice import fit_ranker
    from ml.evaluation.recovery import as_dataset
    from ml.evaluation.validation import train_for_validation
    from ml.gate.bounds import GateBounds
    from ml.gate.decision import Decision
    from ml.gate.judge import judge
    from ml.gate.live import LiveVersion
    from ml.ranking.ranker import Ranker
    from ml.towers.config import TowersConfig
    from ml.towers.training import train

    dataset = as_dataset(generate(SyntheticConfig()))
    config = TowersConfig(user_encoder="pooling", text_encoder=None, epochs=_EPOCHS, dim=_DIM)
    towers = BlendChoice(weights={"two_tower": 1.0}, reason="Towers alone.")

    def twin_of(data: Dataset, config: TowersConfig, seed: int) -> Ranker:
        run = train_for_validation(data, config, seed=seed)
        assert run, "the log is long enough"
        return fit_ranker(run.bundle, run.part.earlier, towers)

    ids = frozenset(dataset.known_items()["item_id"])
    catalogued = Dataset(dataset.interactions, dataset.users, dataset.known_items())
    live = LiveVersion("live", ids, 1000, twin_of(catalogued, config, 0))

    def decide(data: Dataset, seed: int) -> Decision:
        final = fit_ranker(train(data, config, seed=seed), data, towers)
        twin = twin_of(data, config, seed)
        return judge(final, twin, live, data, GateBounds(), mode="enforce", seed=seed)

    honest = [decide(catalogued, seed) for seed in range(1, seeds + 1)]
    shuffled = [decide(data, seed) for seed, data in enumerate(_shuffled(catalogued, _SHUFFLED), 1)]
    least: dict[str, float] = {}
    for decision in honest:
        for check in decision.checks:
            least[check.name] = min(least.get(check.name, check.measured), check.measured)
    return {
        "evaluated users": honest[0].evaluated_users,
        "honest, rejected": sum(not each.promoted for each in honest),
        "shuffled, rejected": sum(not each.promoted for each in shuffled),
        "of honest": seeds,
        "of shuffled": _SHUFFLED,
        **{f"honest, least {key}": value for key, value in least.items()},
        **{
            f"shuffled, failed {key}": sum(
                not check.passed
                for decision in shuffled
                for check in decision.checks
                if check.name == key
            )
            for key in least
        },
        "shuffled, most agreement": max(
            check.measured
            for decision in shuffled
            for check in decision.checks
            if check.name == "agreement_with_twin"
        ),
        "reasons": sorted({each.reason for each in honest if not each.promoted}),
    }


def _shuffled(dataset: Any, times: int) -> Iterator[Any]:
    from ml.dataset import Dataset

    for seed in range(times):
        items = np.random.default_rng(seed).permutation(dataset.interactions["item_id"])
        log = dataset.interactions.assign(item_id=items)
        yield Dataset(log, dataset.users, dataset.items)
