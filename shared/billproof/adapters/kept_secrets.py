"""Secrets that are read when they are needed, and again after a while: rotation needs no deployment."""

from collections.abc import Callable
from datetime import datetime, timedelta

from billproof.errors import BillproofError

KEPT = timedelta(minutes=5)
"""How long a secret is not read again."""
RETRIED = timedelta(seconds=30)
"""How long it is not read again after it could not be: requests of strangers must not become calls of ours."""


class KeptSecret[T]:
    """What is made of a secret, such as a client. It is made anew only when the secret's text is another one.

    A text that cannot be read or used never replaces one that could.
    """

    def __init__(self, read: Callable[[], str], make: Callable[[str], T], now: Callable[[], datetime]) -> None:
        self._read = read
        self._make = make
        self._now = now
        self._made: tuple[str, T] | None = None
        self._failed: BillproofError | None = None
        self._current: tuple[datetime, datetime] | None = None

    def value(self) -> T:
        """Return what is made of the secret; raises as reading and making it do, as long as neither ever worked."""
        now = self._now()
        if self._current is None or not self._current[0] <= now < self._current[1]:
            self._read_again(now)
        if self._made is not None:
            return self._made[1]
        assert self._failed is not None  # noqa: S101 - reading sets one of the two
        raise self._failed.with_traceback(None)

    def _read_again(self, now: datetime) -> None:
        try:
            text = self._read()
            if self._made is None or self._made[0] != text:
                self._made = text, self._make(text)
        except BillproofError as error:
            self._failed = error
            self._current = now, now + RETRIED
        else:
            self._current = now, now + KEPT
