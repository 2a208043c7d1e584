"""What the embedded AWS saved: whole copies of its state, of one moment each; the newest is what it starts from.

    state/services, state/s3      what the server works on: objects are written at once, all else is in its memory
    state/saved-<nanoseconds>     a whole copy: both folders, of the moment that its name says
    state/saving-<nanoseconds>    one that is being written, or whose writer was killed

Objects are linked, not copied: MiniStack replaces a file, and never writes into one.
"""

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

SAVED, SAVING = "saved-", "saving-"
LOG, LOG_BEFORE = "server.log", "server.log.before"
"""Beside the state: what the server says, and what it said before it was started, or before its log was too long."""
SERVICES, OBJECTS, PORT = "services", "s3", "port"
"""MiniStack keeps queues under their whole URL, so the port belongs to what the services saved."""


def begin(state: Path) -> Path:
    """Make the folder of a new copy, with the objects and keys as they are now; `complete` makes it whole."""
    copy = state / f"{SAVING}{time.time_ns()}"
    (copy / SERVICES).mkdir(parents=True)
    if (state / PORT).exists():
        shutil.copy2(state / PORT, copy)
    _link(state / OBJECTS, copy / OBJECTS)
    for kept in (state / SERVICES).iterdir() if (state / SERVICES).exists() else ():
        if kept.is_file() and kept.suffix == ".pem":  # the keys that tokens are signed with
            shutil.copy2(kept, copy / SERVICES)
        elif kept.is_dir():
            _link(kept, copy / SERVICES / kept.name)
    return copy


def complete(copy: Path) -> None:
    """Make a copy whole, and remove those before it."""
    moment = copy.name.removeprefix(SAVING)
    copy.rename(copy.parent / f"{SAVED}{moment}")
    for older in copy.parent.glob(f"{SAVED}*"):
        if int(older.name.removeprefix(SAVED)) < int(moment):
            shutil.rmtree(older, ignore_errors=True)


def newest(state: Path) -> Path | None:
    """Return the newest whole copy of a state, or None."""
    return max(state.glob(f"{SAVED}*"), key=_moment, default=None)


def saved_at(state: Path) -> datetime | None:
    """Return the moment of the newest whole copy, or None."""
    copy = newest(state)
    return datetime.fromtimestamp(_moment(copy) / 1e9, tz=UTC) if copy else None


def restore(state: Path) -> None:
    """Put the newest whole copy, if there is one, where the server works, and remove what is not whole."""
    for unfinished in state.glob(f"{SAVING}*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    copy = newest(state)
    if copy is None:
        return
    for name in (SERVICES, OBJECTS):
        shutil.rmtree(state / name, ignore_errors=True)
    shutil.copytree(copy / SERVICES, state / SERVICES)
    _link(copy / OBJECTS, state / OBJECTS)
    if (copy / PORT).exists():
        shutil.copy2(copy / PORT, state)


def _moment(copy: Path) -> int:
    return int(copy.name.removeprefix(SAVED))


def _link(source: Path, target: Path) -> None:
    """Link every file below a folder; one that goes meanwhile is not missed."""
    target.mkdir(parents=True, exist_ok=True)
    for folder, _, files in os.walk(source):
        there = target / Path(folder).relative_to(source)
        there.mkdir(parents=True, exist_ok=True)
        for name in files:
            if not name.endswith(".tmp"):
                _link_file(Path(folder, name), there / name)


def _link_file(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        return
