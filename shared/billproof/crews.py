"""Dividing work into parts: a crew does them one after the other, or by several processes, as who calls chooses."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol


class Crew[C](Protocol):
    """Does the parts of some work, each with what all of them read (`C`)."""

    def each[T, R](self, what: str, work: Callable[[C, T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Do some work of one kind; yield the results in the order of the tasks."""


class Alone[C]:
    """A crew of this process alone."""

    def __init__(self, reads: C) -> None:
        self._reads = reads

    def each[T, R](self, what: str, work: Callable[[C, T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Do one after the other."""
        del what
        return (work(self._reads, task) for task in tasks)
