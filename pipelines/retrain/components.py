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
def load_data(
    *, until: str, ingested_until: str, window_days: int, dataset: dsl.Output[dsl.Dataset]
) -> str:
    """Read the training data as of an instant; returns that instant, ISO 8601."""
    from datetime import UTC, datetime, timedelta
    from pathlib import Path

    from ml.features.training_data import AsOf, export_dataset
    from ml.settings import MlSettings

    instant = datetime.fromisoformat(until) if until else datetime.now(UTC)
    as_of = AsOf(
        until=instant,
        ingested_until=datetime.fromisoformat(ingested_until) if ingested_until else instant,
        window=timedelta(days=window_days) if window_days else None,
    )
    counts = export_dataset(MlSettings(), as_of, Path(dataset.path))
    dataset.metadata.update(counts)
    print(*(f"{count} {name}," for name, count in counts.items()), f"until {instant}", flush=True)
    return instant.isoformat()


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def validate_data(
    *,
    dataset: dsl.Input[dsl.Dataset],
    until: str,
    bounds: str,
    metrics: dsl.Output[dsl.Metrics],
    summary: dsl.Output[dsl.Markdown],
    page: dsl.Output[dsl.HTML],
) -> dict[str, float]:
    """Check the data; where a check fails the component fails, and no model is trained.

    Returns the figures with which the next run compares its own.
    """
    from datetime import datetime
    from pathlib import Path

    import psycopg

    from ml.checks import as_html, as_markdown
    from ml.data_validation.bounds import DataBounds
    from ml.data_validation.clocks import Clocks
    from ml.data_validation.report import DataReport
    from ml.dataset import Dataset
    from ml.registry import repository
    from ml.settings import MlSettings

    limits = DataBounds.model_validate_json(bounds)
    with psycopg.connect(MlSettings().database_url) as connection:
        clocks = Clocks.read(connection, limits)
        before = repository.live_metrics(connection)
    report = DataReport.of(
        Dataset.load(Path(dataset.path)),
        until=datetime.fromisoformat(until),
        clocks=clocks,
        before=before,
        bounds=limits,
    )
    for path, render in ((summary.path, as_markdown), (page.path, as_html)):
        text = render("Data of the run", report.summary, report.checks)
        Path(path).write_text(text, encoding="utf-8")
    for check in report.checks:
        metrics.log_metric(check.name, check.measured)
        print(f"{'passed' if check.passed else 'FAILED'}: {check.sentence}", flush=True)
    if report.failed:
        # Not an exception of its own: its traceback would hide the sentence.
        raise SystemExit(f"no model is trained on these data: {report.summary}")
    return dict(report.figures)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def train_towers(
    *,
    dataset: dsl.Input[dsl.Dataset],
    until: str,
    towers: str,
    seed: int,
    warm_start: bool,
    model: dsl.Output[dsl.Model],
    texts: dsl.Output[dsl.Artifact],
) -> dict[str, Any]:
    """Train on the whole dataset; returns what the model card says of the training.

    Texts of items that are new or have changed are embedded first; all embeddings go to `texts`.
    With `warm_start` the run starts from the live version where this is like it (`ml.warm_start`).
    What is returned is version, user encoder and why it was chosen, what the run started from and
    why, seconds, and losses by epoch.
    """
    import time
    from datetime import datetime
    from pathlib import Path

    from ml.dataset import Dataset
    from ml.evaluation.encoder_choice import choose_encoder
    from ml.item_texts import ItemTexts
    from ml.settings import MlSettings
    from ml.towers.config import TowersConfig
    from ml.towers.training import train
    from ml.warm_start import Start, choose_start

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
    instant = datetime.fromisoformat(until)
    start = Start("The run started anew.", instant)
    if warm_start:
        start = choose_start(MlSettings(), data, config, until=instant)
    print(start.reason, flush=True)
    choice = choose_encoder(
        data, start.bundle.config if start.bundle else config, seed=seed, progress=compare
    )
    print(choice.reason, flush=True)
    bundle = train(data, choice.config, seed=seed, start=start.bundle, progress=show)
    bundle.save(Path(model.path))
    model.metadata.update({"version": bundle.version, "dim": bundle.dim})
    return {
        "version": bundle.version,
        "user_encoder": choice.config.user_encoder,
        "encoder_reason": choice.reason,
        "start": start.parameters(),
        "start_reason": start.reason,
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
    twin: dsl.Output[dsl.Model],
) -> dict[str, Any]:
    """Choose what ranks the lists, and write the version's model card.

    With `validate` the card has figures on held-out interactions. They are those of the version's
    twin, which is trained without them, and by which the ranking is chosen and the gate decides;
    without it nothing is written to `twin`. Returns the metrics by name.
    """
    from pathlib import Path

    from ml.card.make import TrainingRun, make_card, write_card
    from ml.dataset import Dataset
    from ml.evaluation.ranking_choice import choose_ranking
    from ml.evaluation.ranking_models.blend_choice import fit_ranker
    from ml.evaluation.validation import train_for_validation
    from ml.gate import twin as twin_folder
    from ml.settings import MlSettings
    from ml.towers.bundle import Bundle
    from ml.towers.config import TowersConfig
    from ml.towers.text import TextEmbeddings
    from ml.warm_start import twin_of

    def show(what: str, epoch: int, epochs: int, loss: float) -> None:
        print(f"{what}: epoch {epoch} of {epochs}, loss {loss:.4f}", flush=True)

    def show_validation(epoch: int, epochs: int, loss: float) -> None:
        show("validation", epoch, epochs, loss)

    config = TowersConfig.model_validate_json(towers)
    config = config.model_copy(update={"user_encoder": training.pop("user_encoder")})
    start = training.pop("start")["version"]
    data = Dataset.load(Path(dataset.path))
    TextEmbeddings.load(Path(texts.path)).use()
    run = None
    if validate or ranker == "full":
        run = train_for_validation(
            data,
            config,
            seed=seed,
            start=twin_of(MlSettings(), start),
            progress=show_validation,
        )
    choice = choose_ranking(ranker, run, seed=seed)
    print(choice.reason, flush=True)
    fit_ranker(Bundle.load(Path(model.path)), data, choice).save(Path(ranking.path))
    if run:
        evaluated = fit_ranker(run.bundle, run.part.earlier, choice)
        twin_folder.save(evaluated, Path(twin.path), run.part.instant)
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
def gate(
    *,
    dataset: dsl.Input[dsl.Dataset],
    texts: dsl.Input[dsl.Artifact],
    model: dsl.Input[dsl.Model],
    ranking: dsl.Input[dsl.Model],
    twin: dsl.Input[dsl.Model],
    seed: int,
    validate: bool,
    mode: str,
    bounds: str,
    metrics: dsl.Output[dsl.Metrics],
    summary: dsl.Output[dsl.Markdown],
    page: dsl.Output[dsl.HTML],
) -> dict[str, Any]:
    """Decide whether the version may replace the live one; returns the `Decision`.

    The decision is printed, and shown in the UI as `summary` and `page`. A rejected version ends no
    run: it is published without being switched to.
    """
    from pathlib import Path

    from pydantic import TypeAdapter

    from ml.checks import as_html, as_markdown
    from ml.dataset import Dataset
    from ml.gate import twin as twin_folder
    from ml.gate.bounds import GateBounds, Mode, require_measurement
    from ml.gate.judge import judge
    from ml.gate.live import LiveVersion
    from ml.ranking.ranker import Ranker
    from ml.settings import MlSettings
    from ml.towers.bundle import Bundle
    from ml.towers.text import TextEmbeddings

    require_measurement(mode, validate=validate)
    TextEmbeddings.load(Path(texts.path)).use()
    bundle = Bundle.load(Path(model.path))
    decision = judge(
        Ranker.load(Path(ranking.path), bundle),
        twin_folder.load(Path(twin.path)),
        LiveVersion.read(MlSettings()),
        Dataset.load(Path(dataset.path)),
        GateBounds.model_validate_json(bounds),
        mode=TypeAdapter(Mode).validate_python(mode),
        seed=seed,
    )
    for path, render in ((summary.path, as_markdown), (page.path, as_html)):
        title = decision.title(bundle.version)
        text = render(title, decision.reason, decision.checks, decision.notes)
        Path(path).write_text(text, encoding="utf-8")
    for name, value in decision.figures().items():
        metrics.log_metric(name, value)
    for check in decision.checks:
        print(f"{'passed' if check.passed else 'FAILED'}: {check.sentence}", flush=True)
    print(f"{'promoted' if decision.promoted else 'rejected'}: {decision.reason}", flush=True)
    # A kfp dictionary cannot hold null.
    return decision.model_dump(mode="json", exclude_none=True)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def publish(
    *,
    dataset: dsl.Input[dsl.Dataset],
    texts: dsl.Input[dsl.Artifact],
    model: dsl.Input[dsl.Model],
    ranking: dsl.Input[dsl.Model],
    card: dsl.Input[dsl.Artifact],
    twin: dsl.Input[dsl.Model],
    until: str,
    ingested_until: str,
    window_days: int,
    towers: str,
    seed: int,
    ranker: str,
    top_k: int,
    spread: float,
    data: dict[str, float],
    training: dict[str, Any],
    report: dict[str, Any],
    decision: dict[str, Any],
) -> str:
    """Write vectors and top-k lists, then switch the live version unless the gate has rejected it.

    Afterwards the versions are copied to the model registry, if there is one. Returns the version
    that was written.
    """
    import json
    from datetime import datetime
    from importlib.metadata import version as version_of
    from pathlib import Path

    from ml.dataset import Dataset
    from ml.gate.decision import Decision
    from ml.publication import publish as publish_version
    from ml.ranking.ranker import Ranker
    from ml.registry.model_registry import copy_versions
    from ml.settings import MlSettings
    from ml.towers.bundle import Bundle
    from ml.towers.text import TextEmbeddings

    def show(what: str, done: int, total: int) -> None:
        print(f"{what}: {done} of {total}", flush=True)

    bundle = Bundle.load(Path(model.path))
    decided = Decision.model_validate(decision)
    evaluated = Path(twin.path)
    TextEmbeddings.load(Path(texts.path)).use()
    settings = MlSettings(top_k=top_k, spread=spread)
    publish_version(
        Ranker.load(Path(ranking.path), bundle),
        Dataset.load(Path(dataset.path)),
        settings,
        until=datetime.fromisoformat(until),
        parameters={
            "until": until,
            "ingested_until": ingested_until or until,
            "window_days": window_days,
            "towers": json.loads(towers),
            "seed": seed,
            "ranker": ranker,
            "top_k": top_k,
            "spread": spread,
            "start": training["start"],
            "code_version": version_of("recsys"),
            "text_encoder": bundle.config.text_encoder,
            "user_encoder": bundle.config.user_encoder,
        },
        metrics={**data, **report},
        card=Path(card.path),
        twin=evaluated if evaluated.is_dir() else None,
        decision=decided,
        progress=show,
    )
    outcome = "is live" if decided.promoted else f"was rejected: {decided.reason}"
    print(f"version {bundle.version} {outcome}", flush=True)
    if settings.model_registry_url:
        print(copy_versions(settings), flush=True)
    return str(bundle.version)
