"""Sending a webhook: the name is resolved once, every address it has is checked, and one of them is connected to.

    URL -> addresses, all of them allowed -> TCP to one of them -> TLS for the name -> request -> status of the answer

No redirect is followed, no proxy is asked, and of the answer only the status is read: its body may be of any size.
"""

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from billproof.errors import InvalidInput
from billproof.webhooks.ports import SendResult
from billproof.webhooks.reaching import Reach

MOST_HEAD_BYTES = 16_384
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r]")
_END_OF_HEAD = b"\r\n\r\n"
_CHUNK = 4_096
_INFORMATIONAL = range(100, 200)

type Resolve = Callable[..., list[Any]]


class HttpsSender:
    """Sends to public addresses, within a limit of seconds for everything."""

    def __init__(
        self,
        *,
        reach: Reach,
        seconds: float = 10.0,
        context: ssl.SSLContext | None = None,
        resolve: Resolve = socket.getaddrinfo,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._reach = reach
        self._seconds = seconds
        self._context = context
        self._resolve = resolve
        self._clock = clock

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> SendResult:
        """Send a body and return the status of the answer, or why there was none."""
        try:
            return SendResult(self._post(url, headers, body, until=self._clock() + self._seconds))
        except TimeoutError:
            return SendResult(None, "time_out")
        except ssl.SSLError as error:
            return SendResult(None, f"tls: {error.reason or type(error).__name__}")
        except (InvalidInput, OSError, ValueError) as error:
            return SendResult(None, error.code if isinstance(error, InvalidInput) else _named(error))

    def _post(self, url: str, headers: Mapping[str, str], body: bytes, *, until: float) -> int:
        parts = self._reach.checked(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        family, kind, protocol, _, address = self._address(host, port, until)
        with socket.socket(family, kind, protocol) as plain:
            self._limit(plain, until)
            plain.connect(address)
            if parts.scheme != "https":
                return self._exchange(plain, _request(parts, headers, body), until)
            context = self._context or ssl.create_default_context()
            self._limit(plain, until)  # what connecting took is not left for the handshake
            with context.wrap_socket(plain, server_hostname=host) as secured:
                return self._exchange(secured, _request(parts, headers, body), until)

    def _address(self, host: str, port: int, until: float) -> Any:
        """Resolve a name; raises InvalidInput where any of its addresses is not allowed."""
        known = self._resolved(host, port, until)
        if not known or not all(self._reach.allows(str(entry[4][0])) for entry in known):
            message = "the endpoint's name has an address that webhooks never go to"
            raise InvalidInput(message)
        return known[0]

    def _resolved(self, host: str, port: int, until: float) -> list[Any]:
        """Resolve a name within the limit: a name server that is slow on purpose keeps nothing but its own thread."""
        answers: SimpleQueue[list[Any] | Exception] = SimpleQueue()

        def resolve() -> None:
            try:
                answers.put(self._resolve(host, port, type=socket.SOCK_STREAM))
            except Exception as error:  # noqa: BLE001 - it is raised again where the answer is waited for
                answers.put(error)

        Thread(target=resolve, name="resolve", daemon=True).start()
        try:
            answer = answers.get(timeout=max(0.0, until - self._clock()))
        except Empty:
            raise TimeoutError from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _exchange(self, connection: socket.socket, request: bytes, until: float) -> int:
        left = memoryview(request)
        while left:
            self._limit(connection, until)
            left = left[connection.send(left[:_CHUNK]) :]
        head = b""
        while len(head) <= MOST_HEAD_BYTES:
            self._limit(connection, until)
            piece = connection.recv(_CHUNK)
            if not piece:
                break
            head += piece
            while _END_OF_HEAD in head:
                status = _status(head)
                if status not in _INFORMATIONAL:
                    return status
                head = head.partition(_END_OF_HEAD)[2]
        message = "no answer of HTTP"
        raise ValueError(message)

    def _limit(self, connection: socket.socket, until: float) -> None:
        left = until - self._clock()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)


def _status(head: bytes) -> int:
    match = _STATUS.match(head)
    if match is None:
        message = "no answer of HTTP"
        raise ValueError(message)
    return int(match[1])


def _request(parts: Any, headers: Mapping[str, str], body: bytes) -> bytes:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {path} HTTP/1.1", f"host: {parts.netloc}", "connection: close", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _named(error: Exception) -> str:
    return str(error) if type(error) is ValueError else type(error).__name__
