"""One at a time on this machine: a file that is locked while something is done, and says by whom."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from billproof_ops.errors import OpsError


@contextmanager
def locked(path: Path, *, refuse: str = "") -> Iterator[None]:
    """Hold a lock; wait for who holds it, or raise OpsError with `refuse` and their pid. It ends with its process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if refuse else 0))
        except BlockingIOError:
            file.seek(0)
            message = f"{refuse} (process {file.read().strip() or 'unknown'})"
            raise OpsError(message) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
