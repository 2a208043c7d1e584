"""MiniStack with a state that survives its end: saved every few seconds while it is used, and when it stops.

    python -m billproof_ops.local.saving_ministack FOLDER SECONDS

MiniStack itself saves only at an orderly end. Here the event loop, which handles every request, stops for a moment: the
objects are linked, and a child process is forked that has the memory of that moment and writes it down, while the
server goes on. A copy is whole or it is none: what could not be written is said in the log, and the copy before stays.
"""

import asyncio
import logging
import os
import shutil
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, override

from ministack import app as ministack
from ministack.core import persistence
from ministack.services import lambda_svc

from billproof_ops.local import saves
from billproof_ops.local.forked_workers import fork_workers

MOST_SECONDS = 60
"""A child that was forked while somebody held a lock may never end: it is killed."""
QUIET_TIMES = 20
"""For at least so many times the CPU that a copy took none is made: copying costs a twentieth of a core."""
MOST_FILES = 65_536
MOST_LOG_BYTES = 20_000_000
NOT_SAVED = "the state could not be saved"
READING = {"GET", "HEAD", "OPTIONS"}

type States = Mapping[str, Callable[[], Any]]


class Served:
    """The application of MiniStack; it counts the calls that may change something, and knows its event loop."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.changes = 0
        self.loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle what the server hands over."""
        self.loop = asyncio.get_running_loop()
        if scope.get("method", "GET") not in READING:
            self.changes += 1
        await self._application(scope, receive, send)


class Failures(logging.Handler):
    """Counts what MiniStack could not save: it logs that, and goes on."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.number = 0

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.number += 1


def write(copy: Path, states: States) -> None:
    """Write the state of every service into a copy, and make it whole unless something could not be written."""
    persistence.STATE_DIR = str(copy / saves.SERVICES)
    lambda_svc.CODE_BLOB_DIR = str(copy / saves.SERVICES / "lambda-blobs")
    failures = Failures()
    logging.getLogger("persistence").addHandler(failures)
    persistence.save_all(states)
    if failures.number:
        message = f"{failures.number} services could not be saved: see above"
        raise OSError(message)
    saves.complete(copy)


def fork(state: Path) -> int:
    """Fork a child that writes a copy of this moment down; return its pid. It runs on the event loop."""
    copy = saves.begin(state)
    states = ministack._build_persistence_save_dict()  # noqa: SLF001 - what MiniStack itself calls at its end
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: the child does not go on with what they did
        pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.closerange(3, MOST_FILES)  # the port and the connections are the parent's
        write(copy, states)
        code = 0
    except OSError as error:
        _say(NOT_SAVED, error)
    finally:
        os._exit(code)


def wait(pid: int) -> tuple[bool, float]:
    """Wait for a child, and kill one that does not end; say whether its copy is whole, and the CPU that it took."""
    deadline = time.monotonic() + MOST_SECONDS
    while True:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return status == 0, used.ru_utime + used.ru_stime
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            deadline += MOST_SECONDS
        time.sleep(0.05)


def keep_saving(state: Path, served: Served, seconds: float) -> None:
    """Save a copy every few seconds, once there are changes, for as long as the process lives."""
    saved, pause = 0, 0.0
    while True:
        time.sleep(max(seconds, pause))
        shorten_log(state.parent)
        loop, changes = served.loop, served.changes
        if loop is None or changes == saved:
            continue
        try:
            is_whole, cpu_seconds = wait(asyncio.run_coroutine_threadsafe(_on_loop(state), loop).result(MOST_SECONDS))
            pause = QUIET_TIMES * cpu_seconds
            saved = changes if is_whole else saved
        except (OSError, TimeoutError) as error:
            _say(NOT_SAVED, error)


def shorten_log(folder: Path, stream: int = 1) -> None:
    """Begin the log anew once it is long, and keep what it said beside it: a server may be up for weeks."""
    try:
        if os.fstat(stream).st_size > MOST_LOG_BYTES:
            shutil.copyfile(folder / saves.LOG, folder / saves.LOG_BEFORE)
            os.ftruncate(stream, 0)
    except OSError as error:
        _say("the log could not be shortened", error)


async def _on_loop(state: Path) -> int:
    return fork(state)


def save_at_the_end(state: Path) -> Callable[[States], None]:
    """Return what MiniStack calls when it stops, in place of its own: a copy that is not whole is none."""

    def save(states: States) -> None:
        try:
            write(saves.begin(state), states)
        except OSError as error:
            _say(NOT_SAVED, error)

    return save


def _say(what: str, error: Exception) -> None:
    sys.stderr.write(f"{what}: {error}\n")
    sys.stderr.flush()


def main() -> None:
    """Serve until the process is stopped."""
    state, seconds = Path(sys.argv[1]), float(sys.argv[2])
    served = Served(ministack.app)
    ministack.app = served
    ministack.save_all = save_at_the_end(state)
    threading.Thread(target=keep_saving, args=(state, served, seconds), daemon=True).start()
    logging.getLogger("hypercorn.access").addFilter(lambda _: False)  # a line for each call, and no other
    persistence.logger.setLevel(logging.WARNING)  # a line for each service and copy
    sys.argv[1:] = []
    fork_workers()
    ministack.main()


if __name__ == "__main__":
    main()
