"""A stand-in for Docker's daemon: what `sam local invoke` puts into a container runs as a process beside it.

sam -> image (base image, emulator, layers) -> container (code, environment, port) -> the runtime emulator on that port

It takes the calls of Docker's HTTP API that sam makes, and no others. Code, layers and environment are what sam hands
over; the base image is this machine's Python with Lambda's runtime client, and the emulator is sam's own, both for this
machine's processor. A name that Docker gives the host leads to this machine.
"""

import io
import json
import os
import re
import signal
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from billproof_ops.local.server import free_port

HOST = "host.docker.internal"
"""What Docker calls the machine that a container runs on."""
_API = "1.41"
_CONTAINER = "billproof"
_TASK = "/var/task"
_ADDED = re.compile(r"ADD (\S+) (?:/opt|/tmp/layer\d+)")
_IMAGE = re.compile(r"/images/(.+)/json")
_BYTES_OF_LENGTH = 4
_STANDARD_ERROR = b"\x02\0\0\0"


@dataclass
class Containers:
    """The images that were built, and the one container at a time."""

    emulator: Path
    python: Path
    folder: Path
    images: dict[str, list[Path]] = field(default_factory=dict)
    container: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def build(self, tag: str, context: bytes) -> None:
        """Keep the layers that an image is built of, in their order."""
        place = self.folder / f"image-{len(self.images)}"
        with tarfile.open(fileobj=io.BytesIO(context)) as tar:
            tar.extractall(place, filter="data")
        added = filter(None, map(_ADDED.fullmatch, (place / "Dockerfile").read_text().splitlines()))
        self.images[tag] = [place / layer[1].strip("/") for layer in added]

    def start(self) -> None:
        """Run what the container is of: the mounted code, the image's layers, the environment, on the port."""
        (bound,) = self.container["HostConfig"]["PortBindings"].values()
        binds = (bind.split(":") for bind in self.container["HostConfig"]["Binds"])
        (code,) = (outside for outside, inside, _ in binds if inside == _TASK)
        layers = reversed(self.images[self.container["Image"]])  # a later one overwrites an earlier one
        given = dict(line.replace(HOST, "127.0.0.1").split("=", 1) for line in self.container["Env"])
        paths = [code, *(str(layer / "python") for layer in layers)]
        command = [
            str(self.emulator),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{bound[0]['HostPort']}"),
            *("--runtime-api-address", f"127.0.0.1:{free_port()}"),
            *(str(self.python), "-m", "awslambdaric", given["AWS_LAMBDA_FUNCTION_HANDLER"]),
        ]
        self.process = subprocess.Popen(
            command,
            cwd=code,
            env={"PATH": os.environ["PATH"], **given, "PYTHONPATH": os.pathsep.join(paths)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Stop what runs, if anything does."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def state(self) -> dict[str, Any]:
        """Return the container as Docker describes it."""
        is_running = self.process is not None and self.process.poll() is None
        return {
            "Id": _CONTAINER,
            "Name": f"/{_CONTAINER}",
            "Image": "sha256:0",
            "State": {"Status": "running" if is_running else "created", "Running": is_running},
            "Config": {"Tty": False},
            "HostConfig": {},
        }


class _Calls(BaseHTTPRequestHandler):
    """The calls of Docker's API."""

    protocol_version = "HTTP/1.1"
    containers: Containers

    def _take(self) -> None:
        url, body = urlsplit(self.path), self._body()
        path, mine = re.sub(r"^/v[0-9.]+", "", url.path), self.containers
        one = f"/containers/{_CONTAINER}"
        match self.command, path:
            case _, "/_ping" | "/events":
                self._say(HTTPStatus.OK)
            case _, "/version":
                self._say(HTTPStatus.OK, {"ApiVersion": _API, "MinAPIVersion": _API, "Version": "stand-in"})
            case "POST", "/build":
                mine.build(parse_qs(url.query)["t"][0], body)
                self._say(HTTPStatus.OK, {"stream": "built"})
            case "POST", "/containers/create":
                mine.container = json.loads(body)
                self._say(HTTPStatus.CREATED, {"Id": _CONTAINER, "Warnings": []})
            case "GET", place if place == f"{one}/json":
                self._say(HTTPStatus.OK, mine.state())
            case "POST", place if place == f"{one}/start":
                mine.start()
                self._say(HTTPStatus.NO_CONTENT)
            case "POST", place if place == f"{one}/attach":
                self._tell_output()
            case ("DELETE", _) | ("POST", "/containers/billproof/stop" | "/containers/billproof/kill"):
                mine.stop()
                self._say(HTTPStatus.NO_CONTENT)
            case _, place if (image := _IMAGE.fullmatch(place)) and image[1] in mine.images:
                self._say(HTTPStatus.OK, {"Id": "sha256:0", "RepoTags": [image[1]], "Config": {}})
            case _:
                self._say(HTTPStatus.NOT_FOUND, {"message": f"the stand-in has no {path}"})

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        whole = io.BytesIO()
        while size := int(self.rfile.readline(), 16):
            whole.write(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return whole.getvalue()

    def _say(self, status: HTTPStatus, document: dict[str, Any] | None = None) -> None:
        text = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("api-version", _API)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _tell_output(self) -> None:
        """Send what the process prints, in Docker's frames, until it ends."""
        self.send_response(HTTPStatus.OK)
        self.send_header("content-type", "application/vnd.docker.raw-stream")
        self.end_headers()
        self.close_connection = True
        process = self.containers.process
        for line in process.stdout or () if process else ():
            self.wfile.write(_STANDARD_ERROR + len(line).to_bytes(_BYTES_OF_LENGTH) + line)
            self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    do_GET = do_HEAD = do_POST = do_DELETE = _take  # noqa: N815 - as http.server calls them


@contextmanager
def docker(containers: Containers) -> Iterator[str]:
    """Serve Docker's API on a loopback port and yield its address, as DOCKER_HOST has it."""
    calls = type("Calls", (_Calls,), {"containers": containers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), calls)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        containers.stop()
