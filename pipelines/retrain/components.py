"""The pipeline's components; each body runs in a process of its own and only calls into `ml`.

Kubeflow copies the source text of a body out of this module, so a body imports everything that it
uses. The database and the folder of bundles come from the environment (`ml.settings`).
"""
# ruff: noqa: T201 - the standard output of a component is its log

from importlib.metadata import version as version_of
from typing import Any

from kfp import dsl

IMAGE = f"recsys-pipeline:{version_of('recsys')}"


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def load_data(*, until: str, dataset: dsl.Output[dsl.Dataset]) -> str:
    """Read the training data as of an instant from Feast; returns that instant, ISO 8601."""
    from datetime import UTC, datetime
    from pathlib import Path

    from ml.features.training_data import load_dataset
    from ml.settings import MlSettings

    instant = datetime.fromisoformat(until) if until else datetime.now(UTC)
    data = load_dataset(MlSettings(), instant)
    data.save(Path(dataset.path))
    counts = {name: len(getattr(data, name)) for name in ("interactions", "users", "items")}
    dataset.metadata.update(counts)
    print(*(f"{count} {name}," for name, count in counts.items()), f"until {instant}", flush=True)
    return instant.isoformat()


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def train_towers(
    *,
    dataset: dsl.Input[dsl.Dataset],
    towers: str,
    seed: int,
    model: dsl.Output[dsl.Model],
    texts: dsl.Output[dsl.Artifact],
) -> dict[str, Any]:
    """Train on the whole dataset; returns what the model card says of the training.

    Texts of items that are new or have changed are embedded first; all embeddings go to `texts`.
    What is returned is version, user encoder and why it was chosen, seconds, and losses by epoch.
    """
    import time
    from pathlib import Path

    from ml.dataset import Dataset
    from ml.evaluation.encoder_choice import choose_encoder
    from ml.item_texts import ItemTexts
    from ml.settings import MlSettings
    from ml.towers.config import TowersConfig
    from ml.towers.training import train

    losses: list[float] = []

    def show(epoch: int, epochs: int, loss: float) -> None:
        losses.append(loss)
        print(f"epoch {epoch} of {epochs}, loss {loss:.4f}", flush=True)

    started = time.monotonic()

    def compare(encoder: str, epoch: int, epochs: int, loss: float) -> None:
        print(f"comparison, {encoder}: epoch {epoch} of {epochs}, loss {loss:.4f}", flush=True)

    def show_texts(done: int, total: int) -> None:
        print(f"texts of items: {done} of {total}", flush=True)

    config = TowersConfig.model_validate_json(towers)
    data = Dataset.load(Path(dataset.path))
    store = ItemTexts(MlSettings())
    embeddings = store.embeddings(data.items, config.text_encoder, show_texts)
    store.close()
    embeddings.use()
    embeddings.save(Path(texts.path))
    choice = choose_encoder(data, config, seed=seed, progress=compare)
    print(choice.reason, flush=True)
    bundle = train(data, choice.config, seed=seed, progress=show)
    bundle.save(Path(model.path))
    model.metadata.update({"version": bundle.version, "dim": bundle.dim})
    return {
        "version": bundle.version,
        "user_encoder": choice.config.user_encoder,
        "encoder_reason": choice.reason,
        "seconds": time.monotonic() - started,
        "losses": losses,
    }


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def evaluate(
    *,
    dataset: dsl.Input[dsl.Dataset],
    texts: dsl.Input[dsl.Artifact],
    model: dsl.Input[dsl.Model],
    towers: str,
    seed: int,
    ranker: str,
    validate: bool,
    cold_start: bool,
    training: dict[str, Any],
    metrics: dsl.Output[dsl.Metrics],
    card: dsl.Output[dsl.Artifact],
    ranking: dsl.Output[dsl.Model],
) -> dict[str, Any]:
    """Choose what ranks the lists, and write the version's model card.

    With `validate` the card has figures on held-out interactions. Models that are evaluated are
    trained without these; one serves both the choice and the card. The gate against the live model
    belongs here: publishing waits for this component. Returns the metrics by name.
    """
    from pathlib import Path

    from ml.card.make import TrainingRun, make_card, write_card
    from ml.dataset import Dataset
    from ml.evaluation.ranking_choice import choose_ranking
    from ml.evaluation.ranking_models.blend_choice import fit_ranker
    from ml.evaluation.validation import train_for_validation
    from ml.towers.bundle import Bundle
    from ml.towers.config import TowersConfig
    from ml.towers.text import TextEmbeddings

    def show(what: str, epoch: int, epochs: int, loss: float) -> None:
        print(f"{what}: epoch {epoch} of {epochs}, loss {loss:.4f}", flush=True)

    def show_validation(epoch: int, epochs: int, loss: float) -> None:
        show("validation", epoch, epochs, loss)

    config = TowersConfig.model_validate_json(towers)
    config = config.model_copy(update={"user_encoder": training.pop("user_encoder")})
    data = Dataset.load(Path(dataset.path))
    TextEmbeddings.load(Path(texts.path)).use()
    run = None
    if validate or ranker == "full":
        run = train_for_validation(data, config, seed=seed, progress=show_validation)
    choice = choose_ranking(ranker, run, seed=seed)
    print(choice.reason, flush=True)
    fit_ranker(Bundle.load(Path(model.path)), data, choice).save(Path(ranking.path))
    made = make_card(
        data,
        TrainingRun(seed=seed, config=config, **training),
        validation=run if validate else None,
        cold_start=validate and cold_start,
        ranking=choice,
        progress=show,
    )
    write_card(made, Path(card.path))
    report = made.figures()
    for name, value in report.items():
        metrics.log_metric(name, value)
        print(f"{name}: {value:g}", flush=True)
    return report


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def publish(
    *,
    dataset: dsl.Input[dsl.Dataset],
    texts: dsl.Input[dsl.Artifact],
    model: dsl.Input[dsl.Model],
    ranking: dsl.Input[dsl.Model],
    card: dsl.Input[dsl.Artifact],
    until: str,
    towers: str,
    seed: int,
    ranker: str,
    top_k: int,
    report: dict[str, Any],
) -> str:
    """Write vectors and top-k lists, then switch the live version; returns that version."""
    import json
    from datetime import datetime
    from pathlib import Path

    from ml.dataset import Dataset
    from ml.publication import publish as publish_version
    from ml.ranking.ranker import Ranker
    from ml.settings import MlSettings
    from ml.towers.bundle import Bundle
    from ml.towers.text import TextEmbeddings

    def show(what: str, done: int, total: int) -> None:
        print(f"{what}: {done} of {total}", flush=True)

    bundle = Bundle.load(Path(model.path))
    TextEmbeddings.load(Path(texts.path)).use()
    publish_version(
        Ranker.load(Path(ranking.path), bundle),
        Dataset.load(Path(dataset.path)),
        MlSettings(top_k=top_k),
        until=datetime.fromisoformat(until),
        parameters={
            "until": until,
            "towers": json.loads(towers),
            "seed": seed,
            "ranker": ranker,
            "top_k": top_k,
        },
        metrics=report,
        card=Path(card.path),
        progress=show,
    )
    print(f"version {bundle.version} is live", flush=True)
    return str(bundle.version)
