"""Retries after a pause: exponential back-off with full jitter, so that callers that collided are spread out."""

import random
from collections.abc import Iterator
from time import sleep

FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 1.0


def attempts(number: int) -> Iterator[int]:
    """Yield the numbers of at most so many attempts, from 1; before each but the first there is a pause."""
    for attempt in range(1, number + 1):
        if attempt > 1:
            sleep(pause_seconds(attempt))
        yield attempt


def pause_seconds(attempt: int) -> float:
    """Return how long to wait before an attempt: a random part of a time that doubles up to a limit."""
    longest: float = min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 2), LONGEST_PAUSE_SECONDS)
    return random.uniform(0, longest)
