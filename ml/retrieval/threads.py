"""Work in as many threads as torch has, each of which does all of a task alone.

Threads that share a matrix product would wait for each other.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_threads(
    work: Callable[[Task], Result], tasks: Iterable[Task]
) -> Generator[Result, None, None]:
    """The result of each task, in their order.

    A task is taken from `tasks` when a thread will soon be free for it, so few results are held.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        yield from map(work, tasks)
        return
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            begun: deque[Future[Result]] = deque()
            for task in tasks:
                begun.append(pool.submit(work, task))
                if len(begun) > threads:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
    finally:
        # torch keeps a number of threads per thread, but its libraries share one.
        torch.set_num_threads(threads)
