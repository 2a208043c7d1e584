"""The disk that this machine's embedded AWS keeps its books on: without room nothing new is taken or saved."""

import os
import shutil

from billproof_ops.local import server
from billproof_ops.paths import LOCAL

TO_SAVE_BYTES = 50_000_000
"""With less the next copies of the books may find no room."""
TO_GO_ON_BYTES = 1_000_000
"""With less not even a message finds room: who waits for one would wait in vain."""


def trouble(*, least_bytes: int) -> str | None:
    """Say how the disk of the embedded AWS is where it has less room or is read-only; None where another is used."""
    known = server.running()
    if known is None or known.endpoint != os.environ.get("AWS_ENDPOINT_URL"):
        return None
    free = shutil.disk_usage(LOCAL).free
    if os.statvfs(LOCAL).f_flag & os.ST_RDONLY:
        return f"{LOCAL} is read-only"
    return f"{LOCAL} has {free:,} bytes left" if free < least_bytes else None
