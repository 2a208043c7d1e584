"""The routes of template.yaml in this process, as API Gateway (HTTP API, payload format 2.0) calls what is behind them.

request -> route -> event -> function, over a world in memory -> response

Who calls is the person that a bearer token names. What API Gateway answers itself (nobody's call, no such route) is as
it answers.
"""

import base64
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from billproof_ops.local.people import local_identity
from billproof_ops.openapi import camel, described
from tests.support.invoking import FUNCTIONS, Context, handler
from tests.support.world import World

Answer = tuple[int, dict[str, str], bytes]
_NAME = re.compile(r"\{([a-z_]+)\}")
GREEDY_READS = "GET /v1/{proxy+}"
_JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class GatewayRoute:
    """A route: its key, what its path is like, the function behind it, and whether no person has its scope."""

    key: str
    path: re.Pattern[str]
    function: str
    is_of_machines: bool

    @property
    def is_greedy(self) -> bool:
        """Whether API Gateway has it under the one route of what is read of operations."""
        return self.function == "api_operations"


def routes() -> list[GatewayRoute]:
    """The routes; those without names in the path come first, as API Gateway has it."""
    own = {camel(function): function for function in FUNCTIONS}
    shared = {key: name for name in FUNCTIONS for key in handler(name).__dict__.get("routes", {})}
    known = []
    for route in described():
        literal = re.escape(route.path).replace(r"\{", "{").replace(r"\}", "}")
        pattern = re.compile(_NAME.sub(r"(?P<\1>[^/]+)", literal))
        function = shared.get(route.key) or own[route.name]
        known.append(GatewayRoute(route.key, pattern, function, is_of_machines=(route.scope or "").endswith(":write")))
    return sorted(known, key=lambda route: route.path.groups)


class Gateway:
    """Answers requests one at a time."""

    def __init__(self, world: World, machine: str) -> None:
        self.world, self.machine, self.routes = world, machine, routes()
        self._lock = threading.Lock()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request as API Gateway does."""
        url = urlsplit(target)
        for route in self.routes:
            match = route.path.fullmatch(url.path)
            if match and route.key.startswith(f"{method} "):
                person = bearer(headers)
                if person is None:
                    return 401, _JSON, b'{"message":"Unauthorized"}'
                names = {name: unquote(value) for name, value in match.groupdict().items()}
                by = self.machine if route.is_of_machines else person
                key, names = (GREEDY_READS, {"proxy": unquote(url.path[4:])}) if route.is_greedy else (route.key, names)
                return self._invoke(route, _event(key, by, names, url.query, headers, body))
        return 404, _JSON, b'{"message":"Not Found"}'

    def _invoke(self, route: GatewayRoute, event: dict[str, Any]) -> Answer:
        with self._lock:
            response = handler(route.function)(event, Context(), self.world)
        text = response["body"]
        content = base64.b64decode(text) if response.get("isBase64Encoded") else text.encode()
        return response["statusCode"], response["headers"], content


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the person that a token names, or None."""
    match = re.fullmatch("Bearer ([a-z]+)", headers.get("authorization", ""))
    return match[1] if match else None


def _event(
    key: str, by: str, names: dict[str, str], query: str, headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    try:
        text, is_encoded = body.decode(), False
    except UnicodeDecodeError:
        text, is_encoded = base64.b64encode(body).decode(), True
    return {
        "version": "2.0",
        "routeKey": key,
        "headers": dict(headers),
        "requestContext": {"requestId": "id", "authorizer": {"iam": {"userArn": local_identity(by).subject}}},
        "pathParameters": names or None,
        "queryStringParameters": values or None,
        "body": text or None,
        "isBase64Encoded": is_encoded,
    }


@contextmanager
def served(answer: Callable[[str, str, Mapping[str, str], bytes], Answer]) -> Iterator[str]:
    """Serve on a loopback port and yield the address."""

    class Calls(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _call(self) -> None:
            headers: dict[str, str] = {}
            for name, value in self.headers.items():
                known = headers.get(name.lower())
                headers[name.lower()] = value if known is None else f"{known},{value}"
            body = self.rfile.read(int(headers.get("content-length", "0")))
            status, more, content = answer(self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"):
        setattr(Calls, f"do_{method}", Calls._call)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Calls)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
