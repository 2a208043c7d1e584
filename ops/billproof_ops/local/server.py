"""The MiniStack process: on a free loopback port, with its state kept between runs, stopped by its own pid.

    start: newest whole copy of the state, marked dirty -> process up, saving copies        stop: last copy -> unmark
A state that is still marked when the server starts is that of one that was killed: it goes on from the newest copy.
Without any it was never saved, and one of another format is of another version of billproof: both are wiped.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from billproof.ids import digest_bytes
from billproof.pipeline.artefacts import FORMAT
from billproof_ops.errors import OpsError
from billproof_ops.local import saves
from billproof_ops.local.locks import locked
from billproof_ops.local.saves import LOG, LOG_BEFORE
from billproof_ops.paths import DEMO_CONTRACTS, DEMO_ORDERS, LOCAL, OPS

START_SECONDS = 60
STOP_SECONDS = 60
SAVE_SECONDS = 10
"""How much a kill loses at least; a large state, whose copy takes longer, is saved less often."""
REGION = "us-east-1"
PERSON, DEMO = "person", "demo"
STATE_FORMAT = f"{FORMAT} {digest_bytes(DEMO_CONTRACTS.read_bytes() + DEMO_ORDERS.read_bytes())}"
"""A state of another format, or with other contracts under the demo's versions, cannot be gone on with."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running MiniStack."""

    pid: int
    port: int
    owner: str

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


def running(folder: Path = LOCAL) -> Server | None:
    """Return the server that was started from this folder, if it is up."""
    try:
        recorded = json.loads((folder / "server.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    server = Server(**recorded)
    return server if _is_ours(server.pid) and _is_healthy(server) else None


def start(folder: Path = LOCAL, *, owner: str = PERSON) -> tuple[Server, bool]:
    """Start the server, or return the one that is up; the flag says whether the last state was wiped.

    The owner is written down: what a demo started and left behind when it was killed, the next one stops. Of two that
    start it at once one does; the other waits for it.
    """
    with locked(folder / "starting"):
        known = running(folder)
        return (known, False) if known is not None else _start(folder, owner)


def killed(folder: Path = LOCAL) -> bool:
    """Say whether the server that was started from this folder was killed.

    One that is being started is waited for: it answers nothing yet, and was not killed.
    """
    with locked(folder / "starting"):
        return running(folder) is None and (folder / "state").exists() and (folder / "dirty").exists()


def saved_at(folder: Path = LOCAL) -> datetime | None:
    """Return the moment of the newest copy of the state of the server of this folder, or None."""
    return saves.saved_at(folder / "state")


def lost_state(folder: Path = LOCAL) -> bool:
    """Say whether the next start wipes what a person's server held, since it was killed before it saved anything."""
    with locked(folder / "starting"):
        if running(folder) is not None or not ((folder / "state").exists() and (folder / "dirty").exists()):
            return False
        if saves.newest(folder / "state") is not None:
            return False
        try:
            return bool(json.loads((folder / "server.json").read_text())["owner"] == PERSON)
        except (FileNotFoundError, json.JSONDecodeError, KeyError):
            return False


def _start(folder: Path, owner: str) -> tuple[Server, bool]:
    dirty, state_format = folder / "dirty", folder / "state" / "format"
    is_ours = state_format.exists() and state_format.read_text() == STATE_FORMAT
    was_lost = dirty.exists() and saves.newest(folder / "state") is None
    wiped = (folder / "state").exists() and (was_lost or not is_ours)
    if wiped:
        shutil.rmtree(folder / "state", ignore_errors=True)
    saves.restore(folder / "state")
    (folder / "state" / "tmp").mkdir(parents=True, exist_ok=True)
    state_format.write_text(STATE_FORMAT)
    dirty.touch()
    server = _spawn(folder, owner)
    (folder / "server.json").write_text(json.dumps(asdict(server)))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _is_healthy(server):
            return server, wiped
        if not _is_ours(server.pid):
            break
        time.sleep(0.1)
    _kill_group(server.pid)
    message = f"the embedded AWS did not start: see {folder / LOG}"
    raise OpsError(message)


def stop(folder: Path = LOCAL) -> bool:
    """Stop the server by its pid and wait until its state is saved; False where none is up."""
    try:
        pid = json.loads((folder / "server.json").read_text())["pid"]
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    was_up = _is_ours(pid)
    if was_up:
        saved_before = saves.newest(folder / "state")
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _is_ours(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        survived = _is_ours(pid)
        _kill_group(pid)
        if survived:
            message = f"the embedded AWS did not stop and was killed: {_goes_on_from(folder)}"
            raise OpsError(message)
        if saves.newest(folder / "state") == saved_before:
            message = f"the embedded AWS could not save its state, {folder / LOG} says why: {_goes_on_from(folder)}"
            raise OpsError(message)
        (folder / "dirty").unlink(missing_ok=True)
    (folder / "server.json").unlink(missing_ok=True)
    return was_up


def _goes_on_from(folder: Path) -> str:
    moment = saved_at(folder)
    return f"it goes on from {moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "nothing of it is saved"


def _kill_group(pid: int) -> None:
    """Kill what is left of the server: its Lambda processes are of its group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _choose_port(folder: Path) -> int:
    """Return the port of the last time if it is free, else another one, to which the saved state is moved.

    MiniStack keeps queues under their whole URL.
    """
    remembered = folder / "state" / "port"
    last = int(remembered.read_text()) if remembered.exists() else 0
    try:
        port = free_port(last)
    except OSError:
        port = free_port()
        for file in (folder / "state" / "services").glob("*.json"):
            file.write_text(file.read_text().replace(f"127.0.0.1:{last}", f"127.0.0.1:{port}"))
    remembered.write_text(str(port))
    return port


def free_port(wanted: int = 0) -> int:
    """Return the wanted port of the loopback interface, or any free one for 0; raises OSError where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", wanted))
        return int(probe.getsockname()[1])


def _spawn(folder: Path, owner: str) -> Server:
    port = _choose_port(folder)
    state = folder / "state"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCALSTACK_"))},
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "EDGE_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "TMPDIR": str(state / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join([str(OPS), *filter(None, [os.environ.get("PYTHONPATH", "")])]),
        "IOT_MTLS_ENABLED": "0",  # a broker on every interface
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
    }
    if (folder / LOG).exists():
        (folder / LOG).replace(folder / LOG_BEFORE)
    with (folder / LOG).open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "billproof_ops.local.saving_ministack", str(state), str(SAVE_SECONDS)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Server(pid=process.pid, port=port, owner=owner)


def _is_healthy(server: Server) -> bool:
    try:
        with urllib.request.urlopen(f"{server.endpoint}/_localstack/health", timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _is_ours(pid: int) -> bool:
    """Say whether the pid is a living MiniStack; pids are used again, so its command line is asked."""
    try:
        finished, _ = os.waitpid(pid, os.WNOHANG)
        if finished == pid:
            return False
    except ChildProcessError:
        pass
    try:
        state = Path(f"/proc/{pid}/status").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return _is_ours_without_proc(pid)
    # Right after it was started a process has no command line yet.
    return (b"ministack" in command or not command) and "State:\tZ" not in state


def _is_ours_without_proc(pid: int) -> bool:
    if Path("/proc/self").exists():
        return False
    ps = shutil.which("ps") or "/bin/ps"
    listed = subprocess.run([ps, "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "ministack" in listed.stdout
