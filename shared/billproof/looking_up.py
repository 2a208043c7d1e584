"""Looking up once, also where threads ask side by side: the first one looks, the others wait for what it finds."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock


class LookedUpOnce[**P, T]:
    """A look-up that is done once for each of its arguments; one that raised is done again for who asks next."""

    def __init__(self, look_up: Callable[P, T]) -> None:
        self._look_up = look_up
        self._answers: dict[tuple[object, ...], Future[T]] = {}
        self._lock = Lock()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the look-up found; raises what it raised."""
        key = (*args, *kwargs.items())
        with self._lock:
            known = self._answers.get(key)
            answer = self._answers.setdefault(key, Future())
        if known is None:
            self._fill(answer, key, *args, **kwargs)
        return answer.result()

    def _fill(self, answer: Future[T], key: tuple[object, ...], /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            answer.set_result(self._look_up(*args, **kwargs))
        except BaseException as error:
            with self._lock:
                del self._answers[key]
            answer.set_exception(error)
            raise
