"""The Lambda Runtime API for one process: the process asks for the next invocation and posts what came of it.

    invoke -> queue -> GET  .../runtime/invocation/next
                       POST .../runtime/invocation/<id>/response   -> invoke returns the payload
                       POST .../runtime/invocation/<id>/error      -> invoke returns the error
                       POST .../runtime/init/error                 -> starting fails
See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of a function."""

    id: str
    function_arn: str
    payload: bytes
    trace_id: str
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class InvocationOutcome:
    """What a call came to."""

    payload: bytes
    is_error: bool


class InitError(Exception):
    """The process did not come as far as its first invocation."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload.decode("utf-8", "replace"))
        self.payload = payload


def error_document(kind: str, message: str) -> bytes:
    """Return an error as the Runtime API writes it."""
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


class RuntimeApi:
    """A server on a free port of the loopback interface, for the life of one process."""

    def __init__(self) -> None:
        self.ready: Future[None] = Future()
        self._invocations: queue.Queue[Invocation | None] = queue.Queue()
        self._outcomes: dict[str, Future[InvocationOutcome]] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API names them."""
        return f"127.0.0.1:{self._server.server_port}"

    def invoke(self, invocation: Invocation) -> InvocationOutcome:
        """Hand an invocation to the process and wait for its outcome; raises TimeoutError after the function's time."""
        outcome = self._outcomes[invocation.id] = Future()
        self._invocations.put(invocation)
        try:
            return outcome.result(timeout=invocation.timeout_seconds)
        finally:
            self._outcomes.pop(invocation.id, None)

    def next_invocation(self) -> Invocation | None:
        """Wait for the next invocation; None once the server closes. Who asks for the first time is ready."""
        if not self.ready.done():
            self.ready.set_result(None)
        return self._invocations.get()

    def finish(self, invocation_id: str, outcome: InvocationOutcome) -> None:
        """Take an outcome; one that comes too late is nobody's."""
        future = self._outcomes.get(invocation_id)
        if future is not None and not future.done():
            future.set_result(outcome)

    def fail(self, kind: str, message: str) -> None:
        """Fail the start of a process that is gone, or the invocation that it was working on."""
        document = error_document(kind, message)
        self.fail_start(document)
        for invocation_id in list(self._outcomes):
            self.finish(invocation_id, InvocationOutcome(document, is_error=True))

    def fail_start(self, document: bytes) -> None:
        """Let starting fail: the process could not load its handler."""
        if not self.ready.done():
            self.ready.set_exception(InitError(document))

    def close(self) -> None:
        """Answer no more."""
        self._invocations.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: RuntimeApi


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _api(self) -> RuntimeApi:
        return cast("_Server", self.server).api

    def do_GET(self) -> None:
        invocation = self._api.next_invocation()
        if invocation is None:  # the process is being stopped, and reads no answer
            self.close_connection = True
            return
        deadline = int((time.time() + invocation.timeout_seconds) * 1000)
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        self._answer(HTTPStatus.OK, invocation.payload, headers)

    def do_POST(self) -> None:
        body = self._body()
        if self.path.endswith("/init/error"):
            self._api.fail_start(body)
        else:
            invocation_id, kind = self.path.split("/")[-2:]
            self._api.finish(invocation_id, InvocationOutcome(body, is_error=kind == "error"))
        self._answer(HTTPStatus.ACCEPTED, b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
        """Log nothing: LocalStack logs the calls."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
