"""MiniStack's workers of functions, forked from a process that has imported what their layers hold.

    layers --once--> unpacked, imported by a template --each worker--> fork, then MiniStack's own script

A worker of its own takes a second of CPU to unpack its layers and import them; a month uses fifty. What a function
may do, see and remember is as before: its process, folder, variables and code are its own.
"""

import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from billproof.ids import digest_bytes

LAYERS = "_LAMBDA_LAYERS_DIRS"
"""The variable in which MiniStack names the unpacked layers of a worker."""
POINTER = "unpacked"
"""The file in what MiniStack unpacks for a worker that names the folder with the layer itself."""
READ_AT_IMPORT = "POWERTOOLS_"
"""Variables that modules read as they are imported: workers with other ones have another template."""
MOST_TEMPLATES = 6
"""Templates of a server, of about 100 MB each: those of the layers in template.yaml, and of the ones before."""


class ForkedWorker:
    """A worker as MiniStack handles it: what it uses of subprocess.Popen."""

    def __init__(self, pid: int, ends: Sequence[int]) -> None:
        """Hold our ends of what it reads and writes, and of what it holds open while it lives."""
        self.pid, self.returncode = pid, None
        self.stdin = os.fdopen(ends[0], "w", buffering=1)
        self.stdout, self.stderr, self._life = (os.fdopen(end) for end in ends[1:])

    def poll(self) -> int | None:
        """Say whether it has ended: 0, since nobody is told how, or nothing."""
        return 0 if self._has_ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; raises TimeoutExpired."""
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return 0

    def terminate(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._send(signal.SIGKILL)

    def _has_ended(self, timeout: float | None) -> bool:
        waiting = select.poll()  # select.select refuses descriptors above 1,023
        waiting.register(self._life, select.POLLIN)
        return bool(waiting.poll(None if timeout is None else timeout * 1_000))

    def _send(self, number: signal.Signals) -> None:
        if not self._has_ended(0):  # its pid may be another's then
            os.kill(self.pid, number)


class Template:
    """A process that has imported some layers, and forks workers."""

    def __init__(self, layers: Sequence[str], variables: Mapping[str, str]) -> None:
        """Start it; the first worker waits until it has imported them."""
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "billproof_ops.local.worker_template", str(theirs.fileno()), *layers],
                env={**variables},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self._lock, self._is_over = threading.Lock(), False

    @property
    def pid(self) -> int | None:
        """Its process, while it can fork."""
        return None if self._is_over or self._process.poll() is not None else self._process.pid

    def fork(self, script: str, folder: str, variables: Mapping[str, str]) -> ForkedWorker:
        """Fork a worker; raises ConnectionError where the template has ended, OSError where the message is too long."""
        message = json.dumps({"script": script, "folder": folder, "variables": {**variables}}).encode()
        (their_input, our_input), *outputs = (os.pipe() for _ in range(4))
        theirs, ours = [their_input, *(end for _, end in outputs)], [our_input, *(end for end, _ in outputs)]
        try:
            pid = self._forked(message, theirs)
        except OSError as error:
            self._is_over = self._is_over or isinstance(error, ConnectionError)
            _close(ours)
            raise
        finally:
            _close(theirs)
        return ForkedWorker(pid, ours)

    def end(self) -> None:
        """Let it end, as soon as it waits for the next worker; those that it forked go on."""
        with suppress(OSError):  # it has ended
            self._connection.shutdown(socket.SHUT_RDWR)

    def _forked(self, message: bytes, ends: Sequence[int]) -> int:
        with self._lock:
            socket.send_fds(self._connection, [message], ends)
            answer = self._connection.recv(64)
        if not answer:
            ended = "the process that functions are forked from has ended"
            raise ConnectionResetError(ended)
        return int(answer)


def _close(ends: Sequence[int]) -> None:
    for end in ends:
        os.close(end)


class Templates:
    """The templates of a server, by layers and by the variables that are read as they are imported."""

    def __init__(self) -> None:
        """Begin without any."""
        self._unpacked = tempfile.TemporaryDirectory(prefix="layers-")
        self._templates: dict[tuple[Any, ...], Template] = {}
        self._lock = threading.Lock()

    @property
    def running(self) -> tuple[int, ...]:
        """The processes that workers can be forked from."""
        with self._lock:
            return tuple(template.pid for template in self._templates.values() if template.pid is not None)

    def unpacked(self, layer: bytes) -> bytes:
        """Unpack a layer once; return a small one that names its folder."""
        folder = Path(self._unpacked.name, digest_bytes(layer))
        with self._lock:
            if not folder.exists():
                unfinished = folder.with_suffix(".unfinished")
                with zipfile.ZipFile(io.BytesIO(layer)) as packed:
                    packed.extractall(unfinished)
                unfinished.rename(folder)
        pointer = io.BytesIO()
        with zipfile.ZipFile(pointer, "w") as packed:
            packed.writestr(POINTER, str(folder))
        return pointer.getvalue()

    def start(self, command: Sequence[str], cwd: str, variables: Mapping[str, str]) -> ForkedWorker:
        """Start a worker whose layers are unpacked."""
        layers = [Path(layer, POINTER).read_text() for layer in variables.get(LAYERS, "").split(os.pathsep) if layer]
        variables = {**variables, LAYERS: os.pathsep.join(layers)}
        shared = {name: value for name, value in variables.items() if name.startswith(READ_AT_IMPORT)}
        with suppress(ConnectionError):  # it ended meanwhile: then another one forks it
            return self._template(layers, shared).fork(command[1], cwd, variables)
        return self._template(layers, shared).fork(command[1], cwd, variables)

    def _template(self, layers: Sequence[str], shared: Mapping[str, str]) -> Template:
        """Return the template of some layers and variables, a new one where it has ended."""
        key = (*layers, *sorted(shared.items()))
        with self._lock:
            template = self._templates.pop(key, None)
            if template is None or template.pid is None:
                paths = [str(Path(layer, "python")) for layer in layers]
                template = Template(paths, {**os.environ, **shared})
            self._templates[key] = template  # the last one that was used comes last
            while len(self._templates) > MOST_TEMPLATES:
                self._templates.pop(next(iter(self._templates))).end()
        return template


def fork_workers() -> None:
    """Let MiniStack fork its workers of Python functions."""
    templates, spawning = Templates(), threading.local()
    resolve, spawn = lambda_svc._resolve_layer_zip, lambda_runtime.Worker._spawn  # noqa: SLF001

    def resolved(attachment: Any) -> bytes | None:
        layer: bytes | None = resolve(attachment)
        return templates.unpacked(layer) if layer and getattr(spawning, "is_on", False) else layer

    def spawned(worker: Any) -> None:
        spawning.is_on = True
        try:
            spawn(worker)
        finally:
            spawning.is_on = False

    class Subprocess:
        TimeoutExpired, PIPE = subprocess.TimeoutExpired, subprocess.PIPE
        DEVNULL, STDOUT = subprocess.DEVNULL, subprocess.STDOUT

        @staticmethod
        def Popen(command: Sequence[str], **options: Any) -> Any:  # noqa: N802 - its name
            if not getattr(spawning, "is_on", False) or command[0] != sys.executable:
                return subprocess.Popen(command, **options)
            return templates.start(command, options["cwd"], options["env"])

    lambda_svc._resolve_layer_zip, lambda_runtime.Worker._spawn = resolved, spawned  # noqa: SLF001
    lambda_runtime.subprocess = Subprocess
