"""The console's server on loopback, and the API of the embedded stack behind it."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from billproof_ops.errors import OpsError
from billproof_ops.local.emulators import Emulator, recognize
from billproof_ops.local.people import signed_in
from billproof_ops.local.server import REGION
from billproof_ops.paths import ROOT
from billproof_ops.target import Target
from billproof_ops.web_console.model import CallsApi, ConsoleAnswer, ConsoleRequest
from billproof_ops.web_console.site import ConsoleSite, problem

FILES = ROOT / "build" / "console"
PORT = 8765
"""Where the console is, if the port is free."""
MOST_SECONDS = 60
MOST_BYTES = 1_000_000
"""Bytes of the largest body: the API takes no larger one."""


class SignedCalls:
    """Calls of the API of the embedded stack, signed as local users; each has a key until this is closed."""

    def __init__(self, url: str, region: str) -> None:
        self._url, self._region = url, region
        self._keys: dict[str, Credentials] = {}
        self._open = ExitStack()
        self._lock = Lock()

    def __call__(self, request: ConsoleRequest, person: str) -> ConsoleAnswer:
        """Call the API as a person; whoever has no key yet is given one."""
        with self._lock:
            if person not in self._keys:
                self._keys[person] = self._open.enter_context(signed_in(person))
        call = AWSRequest(request.method, self._url + request.target, headers=dict(request.headers), data=request.body)
        SigV4Auth(self._keys[person], "execute-api", self._region).add_auth(call)
        response = URLLib3Session(timeout=MOST_SECONDS).send(call.prepare())
        headers = {name.lower(): value for name, value in response.headers.items()}
        return ConsoleAnswer(response.status_code, headers, response.content)

    def close(self) -> None:
        """Delete every key."""
        self._open.close()


def built_files() -> Path:
    """Return the folder of the console's files; raises OpsError where they are not built."""
    if not (FILES / "index.html").is_file():
        message = "the console is not built: make console"
        raise OpsError(message)
    return FILES


def serve_until_interrupted(target: Target, files: Path, tell: Callable[[str], None]) -> None:
    """Serve the console of the embedded stack until Ctrl-C, and tell its address; raises OpsError on LocalStack.

    The people of its policies are those whom it offers to sign in as.
    """
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    if recognize(endpoint) is Emulator.LOCALSTACK:
        message = "LocalStack has no API for the console: use the embedded AWS"
        raise OpsError(message)
    directory = target.ports.directory
    people = sorted({person.id for entity in directory.entity_ids() for person in directory.policy(entity).people})
    calls = SignedCalls(f"{endpoint}/_aws/execute-api/{target.outputs['ApiId']}/$default", REGION)
    try:
        with served(files, calls, people=tuple(people), port=PORT) as address:
            tell(address)
            with suppress(KeyboardInterrupt):
                Event().wait()
    finally:
        calls.close()


def refused_unread(headers: Mapping[str, str]) -> ConsoleAnswer | None:
    """Return the answer of a request whose body is not to be read, or None: it has no length, or a too large one."""
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not (length.isascii() and length.isdigit()):
        return problem(HTTPStatus.LENGTH_REQUIRED, "invalid_input", "name the bytes of the body in content-length")
    if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
        return problem(HTTPStatus.CONTENT_TOO_LARGE, "invalid_input", f"the body is larger than {MOST_BYTES:,} bytes")
    return None


@contextmanager
def served(files: Path, call_api: CallsApi, *, people: tuple[str, ...] = (), port: int = 0) -> Iterator[str]:
    """Serve the console on a port of loopback, or on any free one, and yield its address."""
    sites: list[ConsoleSite] = []

    class Browser(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer_browser(self) -> None:
            """Answer a request."""
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = refused_unread(headers)
            if answer is None:
                body = self.rfile.read(int(headers.get("content-length", "0")))
                answer = sites[0].answer(ConsoleRequest(self.command, self.path, headers, body))
            else:
                self.close_connection = True  # what of the request is not read is no request of its own
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            with suppress(ConnectionError):  # a browser that went on to another page
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        setattr(Browser, f"do_{method}", Browser.answer_browser)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Browser)
    except OSError:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Browser)
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_address[1]}"
    sites.append(ConsoleSite(files, call_api, address=address, people=people))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
