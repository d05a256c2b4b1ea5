"""Runs a ranking model in a process of its own, so that its time, memory and crash are its own."""

import multiprocessing
import resource
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.dataset import Dataset
from ml.evaluation.ranking_models.ranking_model import (
    Entry,
    InteractionMatrix,
    Progress,
    create,
)
from ml.towers.config import TowersConfig
from streams.errors import RecsysError


@dataclass(frozen=True, slots=True)
class Job:
    """What a ranking model has to do; it does not get what is held out."""

    model: Entry
    dataset: Path
    """Folder of the training data, as `Dataset.save` writes it."""
    user_ids: list[str]
    k: int
    seed: int
    towers: TowersConfig | None = None


@dataclass(frozen=True, slots=True)
class Success:
    """The outcome of a job."""

    ranked: npt.NDArray[np.int64]
    """(user_ids, k), as `RankingModel.rank` returns it."""
    parameters: dict[str, Any]
    note: str
    """As `Fitted.note`."""
    train_seconds: float
    """One training, without the choice of hyper-parameters."""
    top_k_seconds: float
    peak_rss_mb: float
    """Peak memory of the process in 10^6 bytes, libraries included."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job has no outcome."""

    reason: str


def run_isolated(job: Job, progress: Progress) -> Success | Failure:
    """Train a ranking model and rank with it, in a spawned process that ends with it."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, sender), daemon=True)
    process.start()
    # From here on only the child can write: when it dies, reading ends.
    sender.close()
    try:
        while True:
            message = receiver.recv()
            if not isinstance(message, float):
                process.join()
                return message  # type: ignore[no-any-return]
            progress(message)
    except (EOFError, OSError):
        process.join()
        return Failure(_cause_of_exit(process.exitcode))
    finally:
        process.kill()
        process.join()
        receiver.close()


def _work(job: Job, sender: Connection) -> None:
    # The parent handles Ctrl-C and ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # If memory runs out, the kernel should kill this process and not the parent.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    try:
        outcome: Success | Failure = _run(job, sender)
    except MemoryError as error:
        outcome = Failure(f"out of memory: {error}")
    except RecsysError as error:
        outcome = Failure(str(error))
    except Exception as error:  # noqa: BLE001 - whatever ends one model, the others go on
        traceback.print_exc()
        outcome = Failure(f"{type(error).__name__}: {error}")
    sender.send(outcome)


def _run(job: Job, sender: Connection) -> Success:
    training = InteractionMatrix(Dataset.load(job.dataset))
    model = create(job.model, job.towers)
    start = time.perf_counter()
    fitted = model.fit(training, job.seed, lambda share: sender.send(float(share)))
    trained = time.perf_counter()
    ranked = model.rank(job.user_ids, job.k)
    return Success(
        ranked=ranked,
        parameters=dict(fitted.parameters),
        note=fitted.note,
        train_seconds=trained - start - fitted.choosing_seconds,
        top_k_seconds=time.perf_counter() - trained,
        peak_rss_mb=_peak_rss() / 1e6,
    )


def _peak_rss() -> float:
    """Bytes. Linux's ru_maxrss includes what the parent held when it forked; VmHWM does not."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


def _cause_of_exit(exit_code: int | None) -> str:
    if exit_code == -signal.SIGKILL:
        return "its process was killed, as it happens when memory runs out"
    if exit_code is not None and exit_code < 0:
        return f"its process ended by {signal.Signals(-exit_code).name}"
    return f"its process ended with status {exit_code}"
