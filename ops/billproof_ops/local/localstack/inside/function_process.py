"""A version of a function as a child process under AWS's runtime client for Python.

    FunctionProcess() -> child loads its handler -> invoke, invoke, ... -> stop
A child that ran out of time is killed, and one that died answers nothing more: whoever invokes starts another.
"""

import contextlib
import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from billproof_ops.local.localstack.inside.runtime_api import Invocation, InvocationOutcome, RuntimeApi, error_document

START_SECONDS = 60
"""What loading a handler may take: AWS allows 10 s, but a busy laptop runs many of them at once."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a child process is started from."""

    interpreter: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    variables: dict[str, str]
    log: Path


class FunctionProcess:
    """One child process and the Runtime API that it talks to."""

    def __init__(self, launch: Launch) -> None:
        """Start the child and wait until it asks for work; raises InitError where it does not come that far."""
        self._log = launch.log
        self._api = RuntimeApi()
        path = os.pathsep.join(str(folder) for folder in (launch.code, *launch.layers))
        with launch.log.open("ab") as log:
            self._child = subprocess.Popen(
                [launch.interpreter, "-m", "awslambdaric", launch.handler],
                cwd=launch.code,
                env={**launch.variables, "PYTHONPATH": path, "AWS_LAMBDA_RUNTIME_API": self._api.address},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        threading.Thread(target=self._watch, daemon=True).start()
        try:
            self._api.ready.result(timeout=START_SECONDS)
        except BaseException:
            self.stop()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether the child can take an invocation."""
        return self._child.poll() is None

    def invoke(self, invocation: Invocation) -> tuple[InvocationOutcome, str]:
        """Return what the call came to, and what the child wrote meanwhile."""
        start = self._log.stat().st_size
        try:
            outcome = self._api.invoke(invocation)
        except TimeoutError:
            self._child.kill()
            self._child.wait()
            said = f"RequestId: {invocation.id} Error: Task timed out after {invocation.timeout_seconds}.00 seconds"
            outcome = InvocationOutcome(error_document("Sandbox.Timedout", said), is_error=True)
        return outcome, self._log.read_bytes()[start:].decode("utf-8", "replace")

    def stop(self) -> None:
        """End the child and its server."""
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        self._child.wait()
        self._api.close()

    def _watch(self) -> None:
        status = self._child.wait()
        self._api.fail("Runtime.ExitError", f"Runtime exited with status {status}")
