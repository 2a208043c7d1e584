"""Waiting for what happens elsewhere, with an end."""

import time
from collections.abc import Callable

from billproof_ops import disks
from billproof_ops.errors import OpsError

POLL_SECONDS = 0.2
DISK_SECONDS = 5
"""How long nothing comes before a full disk of the embedded AWS is looked for, and how often."""


def until[T](look: Callable[[], T | None], *, what: str, timeout_seconds: float) -> T:
    """Look again and again until something is there.

    Raises OpsError when the time is up, and as soon as the disk of the embedded AWS is what nothing comes for.
    """
    began = time.monotonic()
    deadline, disk_due = began + timeout_seconds, began + DISK_SECONDS
    while True:
        result = look()
        if result is not None:
            return result
        now = time.monotonic()
        if now > deadline:
            message = f"{what} took longer than {timeout_seconds:.0f} s"
            raise OpsError(message)
        if now >= disk_due:
            disk_due = now + DISK_SECONDS
            if how := disks.trouble(least_bytes=disks.TO_GO_ON_BYTES):
                message = f"{what}: {how}, so the embedded AWS takes nothing; make room, then do it again"
                raise OpsError(message)
        time.sleep(POLL_SECONDS)
