"""Everything in one thread and one database: a life costs a third less, and does nothing else.

A step reads with all cores and starts threads for what it downloads and plans; a life has one bucket and hardly
anything to download, so starting them costs more than what is done in them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self
from unittest.mock import patch

from billproof.usage.databases import instance

THREADED = (
    "billproof.usage.chunks.ThreadPoolExecutor",
    "billproof.pipeline.aggregation_plans.ThreadPoolExecutor",
    "billproof.pipeline.planning.ThreadPoolExecutor",
)


class OneThread:
    """Does at once what a pool of threads would do, in the same order."""

    def __init__(self, _threads: int) -> None:
        """Take the number of threads that a pool would have."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for nothing."""

    @staticmethod
    def map[T, R](work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        return map(work, items)


@contextmanager
def in_one_process() -> Iterator[None]:
    """Let every database be the one of a single thread, and every pool one thread."""
    with ExitStack() as stack:
        alone = instance(is_alone=True)
        stack.enter_context(patch("billproof.usage.databases.instance", lambda **_: alone))
        for name in THREADED:
            stack.enter_context(patch(name, OneThread))
        yield
