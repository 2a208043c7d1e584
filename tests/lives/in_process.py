"""Everything in one thread and one database: a life costs half as much, and does nothing else.

A step reads with all cores and starts threads for what it downloads and plans; a life has one bucket and hardly
anything to download, so starting them costs more than what is done in them. And each step reads what other steps read
before: the same bytes are the same model, which nothing changes.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from types import TracebackType
from typing import Self
from unittest.mock import patch

from pydantic import BaseModel

from billproof.usage.databases import instance

MODELS_KEPT = 512
THREADED = (
    "billproof.usage.chunks.ThreadPoolExecutor",
    "billproof.pipeline.aggregation_plans.ThreadPoolExecutor",
    "billproof.pipeline.planning_accounts.ThreadPoolExecutor",
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
    def submit[**P, R](work: Callable[P, R], *args: P.args, **fields: P.kwargs) -> Future[R]:
        """Do it, and return that it is done; what it raises is raised here."""
        done: Future[R] = Future()
        done.set_result(work(*args, **fields))
        return done

    @staticmethod
    def map[T, R](work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        return map(work, items)


def _reading_once() -> "classmethod[BaseModel, [bytes | str], BaseModel]":
    """Return how JSON is read into a model: once, as long as it is among those that were read last."""
    read = BaseModel.model_validate_json.__func__  # type: ignore[attr-defined]  # the class is given with each call

    @lru_cache(maxsize=MODELS_KEPT)
    def model_validate_json(kind: type[BaseModel], data: bytes | str) -> BaseModel:
        model: BaseModel = read(kind, data)
        return model

    return classmethod(model_validate_json)


@contextmanager
def in_one_process() -> Iterator[None]:
    """Let every database be the one of a single thread, every pool one thread, and read again only what is new."""
    with ExitStack() as stack:
        alone = instance(is_alone=True)
        stack.enter_context(patch("billproof.usage.databases.instance", lambda **_: alone))
        stack.enter_context(patch.object(BaseModel, "model_validate_json", _reading_once()))
        for name in THREADED:
            stack.enter_context(patch(name, OneThread))
        yield
