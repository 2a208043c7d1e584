"""The time of one call, shared: who comes first leaves enough for those that follow."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from billproof.errors import work_apart


def in_shares[T](
    names: Sequence[str], work: Callable[[str, datetime], T], *, clock: Callable[[], datetime], most: timedelta
) -> list[T]:
    """Do a piece of work for every name, and tell each until when: an equal share of what is left of the time.

    Raises as work_apart does.
    """
    end = clock() + most

    def next_one(number: int) -> T:
        now = clock()
        return work(names[number], now + (end - now) / (len(names) - number))

    return work_apart(next_one, ((name, number) for number, name in enumerate(names)))
