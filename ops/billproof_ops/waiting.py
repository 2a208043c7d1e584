"""Waiting for what happens elsewhere, with an end."""

import time
from collections.abc import Callable

from billproof_ops.errors import OpsError

POLL_SECONDS = 0.2


def until[T](look: Callable[[], T | None], *, what: str, timeout_seconds: float) -> T:
    """Look again and again until something is there; raises OpsError when the time is up."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        result = look()
        if result is not None:
            return result
        if time.monotonic() > deadline:
            message = f"{what} took longer than {timeout_seconds:.0f} s"
            raise OpsError(message)
        time.sleep(POLL_SECONDS)
