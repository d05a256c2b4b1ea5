"""The queue before a model: what is calculated together, and who is refused."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest

from apps.encoder.batching import Batcher
from apps.encoder.cached_model import CachedModel
from streams.errors import UnavailableError

SECONDS = 20


class Lengths:
    """A model whose vectors are the lengths of the texts, and which can be held up."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.go = threading.Event()
        self.go.set()
        self.entered = threading.Semaphore(0)

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.batches.append(list(texts))
        self.entered.release()
        assert self.go.wait(SECONDS)
        if "broken" in texts:
            raise RuntimeError("no such word")
        return np.array([[len(text)] for text in texts], dtype=np.float32)


@pytest.fixture
def model() -> Lengths:
    return Lengths()


@pytest.fixture
def batcher(model: Lengths) -> Iterator[Batcher[str]]:
    batcher: Batcher[str] = Batcher(
        "lengths", lambda: model, preload=True, batch_size=3, capacity=4
    )
    batcher.start()
    wait(lambda: batcher.is_loaded)
    yield batcher
    model.go.set()
    batcher.stop()


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def encode(batcher: Batcher[str], *texts: str, seconds: float = SECONDS) -> list[float]:
    return [float(each[0]) for each in batcher.encode(texts, time.monotonic() + seconds)]


def held(batcher: Batcher[str], model: Lengths, pool: ThreadPoolExecutor) -> None:
    """Let the model work on a text until it may go on."""
    model.go.clear()
    pool.submit(encode, batcher, "first")
    assert model.entered.acquire(timeout=SECONDS)


def test_each_text_gets_its_own_vector(batcher: Batcher[str]) -> None:
    texts = ["a", "bb", "a", "dddd"]
    assert encode(batcher, *texts) == [1, 2, 1, 4]


def test_what_queues_up_is_one_batch_of_at_most_its_size(
    batcher: Batcher[str], model: Lengths
) -> None:
    with ThreadPoolExecutor() as pool:
        held(batcher, model, pool)
        waiting = [pool.submit(encode, batcher, "x" * size) for size in (2, 3, 4, 5)]
        wait(lambda: len(batcher._queue) == 4)
        model.go.set()
        assert [each.result() for each in waiting] == [[2], [3], [4], [5]]
    assert [len(batch) for batch in model.batches] == [1, 3, 1]


def test_a_text_that_several_want_is_calculated_once(batcher: Batcher[str], model: Lengths) -> None:
    with ThreadPoolExecutor() as pool:
        held(batcher, model, pool)
        waiting = [pool.submit(encode, batcher, "same") for _ in range(3)]
        wait(lambda: len(batcher._queue) == 3)
        model.go.set()
        assert [each.result() for each in waiting] == [[4]] * 3
    assert model.batches[1:] == [["same"]]


def test_a_full_queue_refuses_at_once_and_takes_again_later(
    batcher: Batcher[str], model: Lengths
) -> None:
    with ThreadPoolExecutor() as pool:
        held(batcher, model, pool)
        waiting = pool.submit(encode, batcher, "aa", "bb", "cc", "dd")
        wait(lambda: len(batcher._queue) == 4)
        started = time.monotonic()
        with pytest.raises(UnavailableError, match="too many"):
            encode(batcher, "ee")
        assert time.monotonic() - started < 1
        model.go.set()
        assert waiting.result() == [2, 2, 2, 2]
    assert encode(batcher, "ee") == [2]


def test_who_waits_too_long_is_told_so_and_costs_no_calculation(
    batcher: Batcher[str], model: Lengths
) -> None:
    with ThreadPoolExecutor() as pool:
        held(batcher, model, pool)
        with pytest.raises(UnavailableError, match="in time"):
            encode(batcher, "late", seconds=0.05)
        model.go.set()
    assert encode(batcher, "next") == [4]
    assert ["late"] not in model.batches


def test_a_failure_concerns_its_batch_alone(batcher: Batcher[str]) -> None:
    with pytest.raises(UnavailableError, match="no such word"):
        encode(batcher, "broken")
    assert encode(batcher, "whole") == [5]
    assert batcher.is_alive


def test_a_model_that_cannot_be_loaded_is_tried_again(
    model: Lengths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.encoder.batching._SECONDS_BETWEEN_LOADS", 0.2)
    tries: list[int] = []

    def load() -> Lengths:
        tries.append(1)
        if len(tries) == 1:
            raise FileNotFoundError("not mounted yet")
        return model

    batcher: Batcher[str] = Batcher("lengths", load, preload=True, batch_size=3, capacity=4)
    batcher.start()
    wait(lambda: len(tries) == 1)
    assert not batcher.is_ready
    with pytest.raises(UnavailableError, match="being loaded"):
        encode(batcher, "early")
    wait(lambda: batcher.is_ready)
    assert encode(batcher, "later") == [5]
    batcher.stop()


def test_without_preloading_the_first_request_has_the_model_loaded(model: Lengths) -> None:
    loads: list[int] = []

    def load() -> Lengths:
        loads.append(1)
        return model

    batcher: Batcher[str] = Batcher("lengths", load, preload=False, batch_size=3, capacity=4)
    batcher.start()
    assert batcher.is_ready
    assert not loads
    with pytest.raises(UnavailableError, match="being loaded"):
        encode(batcher, "first")
    wait(lambda: batcher.is_loaded)
    assert encode(batcher, "first") == [5]
    batcher.stop()


def test_the_newest_vectors_are_kept(batcher: Batcher[str], model: Lengths) -> None:
    cached = CachedModel("lengths", batcher, size=2)
    deadline = time.monotonic() + SECONDS
    assert cached.encode(["a", "bb", "a"], deadline).tolist() == [[1], [2], [1]]
    assert cached.encode(["bb", "a"], deadline).tolist() == [[2], [1]]
    assert model.batches == [["a", "bb"]]
    cached.encode(["ccc"], deadline)
    cached.encode(["bb"], deadline)
    assert model.batches[1:] == [["ccc"], ["bb"]], "the one that was used last stays longest"


def test_what_is_kept_is_answered_while_the_queue_is_full(
    batcher: Batcher[str], model: Lengths
) -> None:
    cached = CachedModel("lengths", batcher, size=10)
    cached.encode(["known"], time.monotonic() + SECONDS)
    model.entered.acquire()
    with ThreadPoolExecutor() as pool:
        held(batcher, model, pool)
        waiting = pool.submit(encode, batcher, "aa", "bb", "cc", "dd")
        wait(lambda: len(batcher._queue) == 4)
        assert cached.encode(["known"], time.monotonic() + 1).tolist() == [[5]]
        model.go.set()
        waiting.result()
