"""The usage API on a loopback port, as a function over a world answers it, on a line that fails as a test says."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.world import World


class FlakyApi:
    """Answers calls; some are lost before the function sees them, some answers after, some are refused for a while."""

    def __init__(
        self,
        world: World,
        *,
        by: str,
        faults: float,
        seed: int,
        kinds: tuple[str, ...] = ("before", "after", "503", "429"),
        most_faults: int = 1_000_000,
    ) -> None:
        self.world, self.by = world, by
        self.faults, self.random = faults, random.Random(seed)
        self.kinds, self.most_faults = kinds, most_faults
        self.faults_made = 0
        self._lock = threading.Lock()

    def answer(self, path: str, body: str, content_type: str) -> tuple[int, str] | None:
        """Return the status and the body of an answer, or None where the line breaks."""
        with self._lock:
            is_faulty = self.random.random() < self.faults and self.faults_made < self.most_faults
            fault = self.random.choice(self.kinds) if is_faulty else ""
            self.faults_made += bool(fault)
            if fault == "before":
                return None
            if fault in {"503", "429"}:
                return int(fault), json.dumps({"code": "away", "detail": "for a while"})
            event = route_event(f"POST {path}", self.by, body=body, content_type=content_type)
            response: dict[str, Any] = handler("api_usage")(event, Context(), self.world)
            return None if fault == "after" else (response["statusCode"], response["body"])


@contextmanager
def flaky_api(world: World, *, by: str, faults: float, seed: int, **more: Any) -> Iterator[tuple[str, FlakyApi]]:
    """Serve the API and yield its address."""
    api = FlakyApi(world, by=by, faults=faults, seed=seed, **more)

    class Calls(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            answer = api.answer(self.path, body, self.headers["content-type"])
            self.close_connection = True
            if answer is None:
                return
            status, text = answer
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text.encode())))
            self.send_header("connection", "close")
            if status in {429, 503}:
                self.send_header("retry-after", "1")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Calls)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
