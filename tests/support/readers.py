"""Shoppers who ask for their lists without a pause, in threads and in processes."""

import multiprocessing
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from typing import Any

from ml.serving.recommender import Recommender
from ml.serving.served_list import ServedList
from support.publications import BROWSER, FORK, Prepared

THREADS, PROCESSES = 4, 2
_WARM_SECONDS = 120.0
_FAULTS_KEPT = 5
_BROWSER_SHARE = 0.1


@dataclass
class Readings:
    """What readers were served."""

    responses: int = 0
    by_version: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """Of responses that are not one version's own, the first few."""

    def add(self, other: "Readings") -> None:
        """Take in what another reader was served."""
        self.responses += other.responses
        self.by_version.update(other.by_version)
        self.faults += other.faults


@contextmanager
def reading(prepared: Prepared) -> Iterator[Readings]:
    """Readers at full speed in the block; behind it the readings are complete.

    Four threads share a recommender, and each of two processes has one of its own.
    """
    stop, readings = FORK.Event(), Readings()
    found: multiprocessing.Queue[Readings] = FORK.Queue()
    warm = [FORK.Event() for _ in range(PROCESSES)]
    processes = [
        FORK.Process(target=_read_alone, args=(prepared, seed, each, stop, found), daemon=True)
        for seed, each in enumerate(warm)
    ]
    for process in processes:
        process.start()
    recommender = Recommender(prepared.settings)
    try:
        _warm_up(recommender)
        assert all(each.wait(_WARM_SECONDS) for each in warm), "a reader does not start"
        threads = [
            threading.Thread(target=_read, args=(recommender, prepared, PROCESSES + n, stop, found))
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield readings
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        for _ in range(THREADS + PROCESSES):
            readings.add(found.get(timeout=_WARM_SECONDS))
    finally:
        stop.set()
        recommender.close()
        for process in processes:
            process.join(_WARM_SECONDS)
            process.kill()


def _read_alone(prepared: Prepared, seed: int, warm: Event, stop: Event, found: Any) -> None:
    recommender = Recommender(prepared.settings)
    _warm_up(recommender)
    warm.set()
    _read(recommender, prepared, seed, stop, found)
    recommender.close()


def _warm_up(recommender: Recommender) -> None:
    """Wait until Feast and the live version's bundle are loaded, as a shop's probe does."""
    pause = threading.Event()
    for _ in range(round(_WARM_SECONDS / 0.05)):
        if recommender.recommend(BROWSER, [], 1).source == "live":
            return
        pause.wait(0.05)
    raise AssertionError("the recommender does not get ready")


def _read(recommender: Recommender, prepared: Prepared, seed: int, stop: Event, found: Any) -> None:
    readings, rng = Readings(), random.Random(seed)
    users = sorted(prepared.expected[0].keys() - {BROWSER})
    while not stop.is_set():
        user_id = BROWSER if rng.random() < _BROWSER_SHARE else rng.choice(users)
        fault = "an exception"
        try:
            served = recommender.recommend(user_id, [], prepared.settings.top_k)
            fault = _fault(served, prepared, user_id)
            readings.by_version[served.model_version or "none"] += 1
        except Exception as error:  # noqa: BLE001 - any error is a finding
            fault = repr(error)
        readings.responses += 1
        if fault and len(readings.faults) < _FAULTS_KEPT:
            readings.faults.append(fault)
    found.put(readings)


def _fault(served: ServedList, prepared: Prepared, user_id: str) -> str:
    """Why a response is not one version's own list; empty if it is."""
    wanted = "live" if user_id == BROWSER else "precomputed"
    if served.source != wanted or served.model_version is None:
        return f"{user_id} is served {served.source} of {served.model_version}, not {wanted}"
    if served.item_ids != prepared.answer(served.model_version, user_id):
        return f"{user_id} is served {served.item_ids}, not the list of {served.model_version}"
    return ""
