import threading
from collections.abc import Iterator

import pytest
import torch

from ml.retrieval.threads import in_threads


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_tasks_run_side_by_side_and_their_results_keep_the_order() -> None:
    both = threading.Barrier(2)

    def work(number: int) -> tuple[int, int]:
        both.wait(timeout=20)
        return number, torch.get_num_threads()

    assert list(in_threads(work, range(4))) == [(number, 1) for number in range(4)]
    assert torch.get_num_threads() == 2


def test_tasks_are_taken_as_results_are() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = in_threads(lambda number: number, tasks())
    assert [next(results), next(results)] == [0, 1]
    assert len(taken) <= 2 + 2
    results.close()
    assert len(taken) <= 2 + 2
    assert torch.get_num_threads() == 2


def test_an_error_reaches_who_takes_the_result() -> None:
    results = in_threads(lambda number: 1 // number, [1, 0, 1])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert torch.get_num_threads() == 2


def test_one_thread_begins_no_other() -> None:
    torch.set_num_threads(1)
    assert list(in_threads(lambda _: threading.get_ident(), [0])) == [threading.get_ident()]
