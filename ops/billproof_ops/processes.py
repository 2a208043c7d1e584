"""A crew of several processes, which says on stderr how far it is."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from typing import Any

from billproof.crews import Crew
from billproof_ops.progressing import HowFar

_reads: list[Any] = []
"""What a process that helps reads: made when it begins."""


class _CountedItems[C]:
    """A crew that says how far it is."""

    def __init__(self, crew: Crew[C], how_far: HowFar) -> None:
        self._crew, self._how_far = crew, how_far

    def each[T, R](self, what: str, work: Callable[[C, T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Do some work of one kind."""
        return self._how_far.counted(what, self._crew.each(what, work, tasks), len(tasks))


class _Processes[C]:
    """A crew of several processes."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def each[T, R](self, what: str, work: Callable[[C, T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Do some work of one kind, each task by the process that is free first."""
        del what
        return self._pool.map(partial(_do, work), tasks)


@contextmanager
def crew[C](alone: Crew[C], reads: Callable[..., C], *args: Any, most: int, how_far: HowFar) -> Iterator[Crew[C]]:
    """Gather as many processes as there are CPUs, and at most some; each reads what `reads(*args)` returns there.

    Where there is one CPU, or one would do, `alone` does it. When it is interrupted, what is not begun is left.
    """
    processes = min(os.process_cpu_count() or 1, most)
    if processes <= 1:
        yield _CountedItems(alone, how_far)
        return
    pool = ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_join, initargs=(partial(reads, *args),)
    )
    try:
        yield _CountedItems(_Processes(pool), how_far)
    finally:
        pool.shutdown(cancel_futures=True)


def _join(reads: Callable[[], Any]) -> None:
    """Begin to help: only the first process hears Ctrl-C, and none outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _reads.append(reads())


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do[T, R](work: Callable[[Any, T], R], task: T) -> R:
    (reads,) = _reads
    return work(reads, task)
