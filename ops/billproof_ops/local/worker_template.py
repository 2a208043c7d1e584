"""The process that workers of functions are forked from: it has imported what their layers hold.

    python -m billproof_ops.local.worker_template SOCKET LAYER ...

Each message on the socket is a worker: its script, folder and variables, and what it reads, writes and holds open while
it lives. The answer is its pid. Where nobody is at the other end any more, the template ends; so do its workers, whose
input ends then.
"""

import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
from typing import Any

LIBRARIES = ("boto3", "botocore.handlers", "duckdb", "msgspec", "pydantic", "aws_lambda_powertools")
OUTSIDE = "billproof.adapters."
"""Modules that speak to the outside, each in a few functions: they are imported by those alone."""
FILES = 4
MOST_BYTES = 1_000_000


def import_shared() -> None:
    """Import what many functions do, of which nothing reads the environment of one."""
    for library in LIBRARIES:
        importlib.import_module(library)
    package = importlib.import_module("billproof")
    for module in pkgutil.walk_packages(package.__path__, "billproof."):
        if not module.name.startswith(OUTSIDE):
            importlib.import_module(module.name)


def serve(connection: socket.socket) -> dict[str, Any] | None:
    """Fork a worker for each message; return the message in a worker, and nothing at the end of the template."""
    while True:
        text, files, _, _ = socket.recv_fds(connection, MOST_BYTES, FILES)
        if not text:
            return None
        pid = os.fork()
        if not pid:
            connection.close()
            for number, file in enumerate(files[:-1]):
                os.dup2(file, number)
                os.close(file)
            message: dict[str, Any] = json.loads(text)
            return message
        for file in files:
            os.close(file)
        connection.send(str(pid).encode())


def main() -> None:
    """Serve as a template, then be the worker that was asked for."""
    number, *layers = sys.argv[1:]
    path = [*sys.path]
    sys.path[:0] = layers
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # workers that ended leave nothing
    import_shared()
    worker = serve(socket.socket(fileno=int(number)))
    if worker is None:
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(worker["folder"])
    os.environ.clear()
    os.environ.update(worker["variables"])
    sys.path[:] = path
    sys.argv[:] = [worker["script"]]
    runpy.run_path(worker["script"], run_name="__main__")


if __name__ == "__main__":
    main()
