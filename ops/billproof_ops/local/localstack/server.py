"""LocalStack's process: started on a free loopback port, in a folder of its own, and stopped by its own pid.

Everything that it writes is below the folder; nothing is kept from one start to the next.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from billproof_ops.errors import OpsError
from billproof_ops.local.emulators import Emulator, recognize
from billproof_ops.local.localstack.dynamodb_local import VERSION
from billproof_ops.local.server import Server, free_port
from billproof_ops.paths import FUNCTIONS_PYTHON, ROOT

ENVIRONMENT = ROOT / ".localstack"
"""What `make .localstack/.ready` makes: the environment of LocalStack, and DynamoDB Local."""
DYNAMODB_LOCAL = ENVIRONMENT / f"dynamodb-local-{VERSION}"
START_SECONDS = 120
STOP_SECONDS = 20


def start(folder: Path) -> Server:
    """Start LocalStack with its state below a folder; raises OpsError where it does not come up."""
    if not (ENVIRONMENT / ".ready").exists():
        message = f"there is no LocalStack in {ENVIRONMENT}: `make integration-localstack` installs it"
        raise OpsError(message)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    port = free_port()
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [ENVIRONMENT / "server" / "bin" / "python", "-m", "billproof_ops.local.localstack.inside"],
            env=_variables(folder, port),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(pid=process.pid, port=port, owner="localstack")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OpsError):
            if recognize(server.endpoint) is Emulator.LOCALSTACK:
                return server
        time.sleep(0.2)
    stop(server)
    message = f"LocalStack did not come up: see {folder / 'server.log'}"
    raise OpsError(message)


def stop(server: Server) -> None:
    """Stop LocalStack, and then whatever is left of what it started: functions, DynamoDB Local."""
    started = _started_by(server.pid)
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(server.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and os.waitpid(server.pid, os.WNOHANG) == (0, 0):
            time.sleep(0.1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    for process in started:  # DynamoDB Local leads a group of its own
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _started_by(process: int) -> list[int]:
    """Return the processes that a process started, and those that they started, as Linux lists them."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    started, waiting = [], [process]
    while waiting:
        mine = children.get(waiting.pop(), [])
        started += mine
        waiting += mine
    return started


def _variables(folder: Path, port: int) -> dict[str, str]:
    """Return LocalStack's configuration; it downloads nothing, reports to nobody and needs no Docker."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "en_US.UTF-8",
        "PYTHONPATH": str(ROOT / "ops"),
        "TMPDIR": str(folder / "tmp"),
        "FILESYSTEM_ROOT": str(folder / "root"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LAMBDA_RETRY_BASE_DELAY": "1",  # a failed asynchronous call is tried again at once, not after minutes
        "GATEWAY_SERVER": "hypercorn",
        "DNS_ADDRESS": "0",
        "DISABLE_EVENTS": "1",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "OVERRIDE_IN_DOCKER": "0",
        "LS_LOG": "warning",
        "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "60",
        "BILLPROOF_FUNCTIONS_PYTHON": str(FUNCTIONS_PYTHON),
        "BILLPROOF_DYNAMODB_LOCAL": str(DYNAMODB_LOCAL),
    }
