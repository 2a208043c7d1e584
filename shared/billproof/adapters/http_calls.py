"""Calling another system: one connection each, no redirect, no proxy, and an answer within seconds."""

from collections.abc import Iterable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from billproof.errors import InvalidInput

SECONDS = 3
"""How long a connection may be silent: the eight calls of a posting stay below the time-out of post_to_erp."""
LOCAL = {"127.0.0.1", "localhost", "::1"}


class HttpAnswer(NamedTuple):
    """What came back; the names of headers are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


def by_name(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by their names in lower case; what comes several times, as cookies do, is a line each."""
    named: dict[str, str] = {}
    for name, value in headers:
        known = named.get(name.lower())
        named[name.lower()] = value if known is None else f"{known}\n{value}"
    return named


class Send(Protocol):
    """Sends a request; raises OSError where no answer comes, or none in time."""

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        """Send to a path with its query; return the answer, whatever its status."""


class HttpSend:
    """Sends to the server of an address by HTTPS; plain HTTP goes to this machine alone, since the key goes with it."""

    def __init__(self, address: str, *, service: str, seconds: float = SECONDS) -> None:
        parts = urlsplit(address)
        is_secure = parts.scheme == "https"
        if not parts.hostname or not (is_secure or (parts.scheme == "http" and parts.hostname in LOCAL)):
            message = f"the address of {service} must begin with https://"
            raise InvalidInput(message)
        self._connection = HTTPSConnection if is_secure else HTTPConnection
        self._host, self._port, self._seconds = parts.hostname, parts.port, seconds

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        """Send a request and read its answer."""
        connection = self._connection(self._host, self._port, timeout=self._seconds)
        try:
            connection.request(method, target, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return HttpAnswer(answer.status, answer.read(), by_name(answer.getheaders()))
        except HTTPException as error:
            raise ConnectionError(type(error).__name__) from error
        finally:
            connection.close()
