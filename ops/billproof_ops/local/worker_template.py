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
import re
import runpy
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session

LIBRARIES = ("botocore.handlers", "botocore.httpsession", "duckdb", "msgspec", "pydantic", "aws_lambda_powertools")
APART = re.compile(r"billproof\.adapters\.(?!aws\b)")
"""Adapters of one counterpart or format each: the few functions that have them import them."""
SERVICES = ("dynamodb", "s3", "sqs", "stepfunctions")
FILES = 4
MOST_BYTES = 1_000_000


def import_shared() -> None:
    """Import what many functions do, of which nothing reads the environment of one."""
    for library in LIBRARIES:
        importlib.import_module(library)
    package = importlib.import_module("billproof")
    for module in pkgutil.walk_packages(package.__path__, "billproof."):
        if not APART.match(module.name):
            importlib.import_module(module.name)
    share_models()


def share_models() -> None:
    """Read AWS's service models once: each worker's sessions find them read."""
    loader = botocore.loaders.create_loader()
    for service in SERVICES:
        loader.load_service_model(service, "service-2")
        loader.load_service_model(service, "endpoint-rule-set-1")
    botocore.session.create_loader = lambda *_: loader


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
    path = sys.path[1:]  # the first one is the folder that the server was started in
    sys.path[:0] = layers
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # workers that ended leave nothing
    output, sys.stdout = sys.stdout, sys.stderr  # loggers keep where they write; answers alone go to the output
    import_shared()
    sys.stdout = output
    worker = serve(socket.socket(fileno=int(number)))
    if worker is None:
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(worker["folder"])
    os.environ.clear()
    os.environ.update(worker["variables"])
    sys.path[:] = [str(Path(worker["script"]).parent), *path]
    sys.argv[:] = [worker["script"]]
    runpy.run_path(worker["script"], run_name="__main__")


if __name__ == "__main__":
    main()
