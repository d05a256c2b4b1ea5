"""What ranks the lists that a run of the pipeline publishes."""

from ml.evaluation.findings import BlendChoice
from ml.evaluation.ranking_models.blend_choice import choose_blend, too_few
from ml.evaluation.validation import ValidationRun
from ml.ranking.ranker import TOWERS


def choose_ranking(ranker: str, run: ValidationRun | None, *, seed: int) -> BlendChoice:
    """What a run's lists are ranked by.

    Args:
        ranker: `two_tower`, which needs no choice, or `full`.
        run: the model to choose by; None where nothing can be held out.
        seed: of the draw of users.
    """
    if ranker == TOWERS:
        return BlendChoice(weights={TOWERS: 1.0}, reason=f"The run's ranker is {TOWERS}.")
    if run is None:
        return too_few(0)
    return choose_blend(run.bundle, run.part.earlier, run.part.held_out, seed=seed)
