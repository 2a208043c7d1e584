"""Answering a browser: static files, sessions, and calls of the API.

A call of the API needs the cookie of a session. One that changes something also needs a header that no form of another
site can send, and must come from this origin. The token of a session is in a cookie that no script reads.
"""

import json
import mimetypes
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError

from billproof.errors import InvalidInput
from billproof.ids import name
from billproof_ops.web_console.model import CallsApi, ConsoleAnswer, ConsoleRequest

COOKIE = "billproof_session"
OWN_HEADER, OWN_VALUE = "x-billproof-console", "1"
"""What every call that changes something carries; the edge program on AWS asks for the same."""
MOST_SESSIONS = 1_000
"""Of more the oldest are signed out."""
SESSION_SECONDS = 8 * 3_600
"""A session is over after so long, whatever the browser keeps."""
MOST_PATH_LETTERS = 2_000
PASSED_ON = ("content-type", "idempotency-key", "if-match", "if-none-match", "accept", "x-correlation-id")
RETURNED = ("content-type", "content-disposition", "etag", "retry-after", "cache-control", "x-request-id")
SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer says; console/template.yaml says the same of those of CloudFront, and a test compares them."""
READS = frozenset({"GET", "HEAD"})
_JSON = {"content-type": "application/json", "cache-control": "no-store"}


class ConsoleSite:
    """The console at one address; its people are those whom it offers to sign in as, in no order of rank."""

    def __init__(
        self,
        files: Path,
        call_api: CallsApi,
        *,
        address: str,
        people: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files.resolve()
        self._call_api = call_api
        self._address = address
        self._people = tuple(people)
        self._clock = clock
        self._sessions: dict[str, tuple[str, float]] = {}

    def answer(self, request: ConsoleRequest) -> ConsoleAnswer:
        """Answer a request; whatever it is, with the headers that keep a browser from doing more than it should."""
        answer = self._answered(request)
        return ConsoleAnswer(answer.status, {**answer.headers, **SECURITY}, answer.body)

    def _answered(self, request: ConsoleRequest) -> ConsoleAnswer:
        host = request.headers.get("host", "")
        if host == self._localhost and request.method in READS and request.path == "/":
            return ConsoleAnswer(HTTPStatus.FOUND, {"location": self._address})
        if host != self._address.removeprefix("http://"):
            return problem(HTTPStatus.MISDIRECTED_REQUEST, "wrong_host", f"the console is at {self._address}")
        if request.method not in READS and (refused := self._forged(request)):
            return refused
        if request.path == "/session":
            return self._session(request)
        if request.path.startswith("/v1/"):
            return self._api(request)
        return self._file(request)

    @property
    def _localhost(self) -> str:
        """What people type, too; the session's cookie is of the one address."""
        return f"localhost:{self._address.rpartition(':')[2]}"

    def _forged(self, request: ConsoleRequest) -> ConsoleAnswer | None:
        """Refuse a change that another site may have asked for in the name of whoever is signed in."""
        is_own = request.headers.get(OWN_HEADER) == OWN_VALUE
        if is_own and request.headers.get("origin", self._address) == self._address:
            return None
        return problem(HTTPStatus.FORBIDDEN, "not_from_the_console", "what changes something comes from the console")

    def _session(self, request: ConsoleRequest) -> ConsoleAnswer:
        """Say who is signed in, sign somebody in, or sign out."""
        token = _cookie(request)
        if request.method == "DELETE":
            self._sessions.pop(token, None)
            return ConsoleAnswer(HTTPStatus.OK, {**_JSON, "set-cookie": _written("", age=0)}, b"{}")
        if request.method == "POST":
            return self._sign_in(request)
        person = self._person(request)
        shown = {"signed_in": person is not None, "name": person, "by": "name", "people": self._people}
        return ConsoleAnswer(HTTPStatus.OK, _JSON, json.dumps(shown).encode())

    def _sign_in(self, request: ConsoleRequest) -> ConsoleAnswer:
        try:
            person = name(str(json.loads(request.body)["name"]), "the person")
        except (InvalidInput, KeyError, TypeError, ValueError, RecursionError):
            detail = "name: letters, digits, dots and dashes, such as ana"
            return problem(HTTPStatus.BAD_REQUEST, "invalid_input", detail)
        self._sessions.pop(_cookie(request), None)  # who signs in as another one leaves no session behind
        while len(self._sessions) >= MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)), None)
        token = secrets.token_urlsafe(32)
        self._sessions[token] = (person, self._clock() + SESSION_SECONDS)
        body = json.dumps({"signed_in": True, "name": person}).encode()
        return ConsoleAnswer(HTTPStatus.OK, {**_JSON, "set-cookie": _written(token, age=SESSION_SECONDS)}, body)

    def _person(self, request: ConsoleRequest) -> str | None:
        """Return who is signed in, or None; a session that is over is forgotten."""
        token = _cookie(request)
        person, until = self._sessions.get(token, (None, 0.0))
        if person is not None and self._clock() >= until:
            self._sessions.pop(token, None)
            return None
        return person

    def _api(self, request: ConsoleRequest) -> ConsoleAnswer:
        person = self._person(request)
        if person is None:
            return problem(HTTPStatus.UNAUTHORIZED, "no_session", "sign in first: there is no session, or it is over")
        if not _is_page(request.path):
            return problem(HTTPStatus.NOT_FOUND, "not_found", "there is no such path")
        passed = {name: value for name, value in request.headers.items() if name in PASSED_ON}
        try:
            answer = self._call_api(ConsoleRequest(request.method, request.target, passed, request.body), person)
        except (BotoCoreError, ClientError, OSError) as error:
            detail = f"the API does not answer ({type(error).__name__}): is the embedded AWS up? billproof local status"
            return problem(HTTPStatus.BAD_GATEWAY, "no_api", detail)
        kept = {name: value for name, value in answer.headers.items() if name in RETURNED}
        return ConsoleAnswer(answer.status, {"cache-control": "no-store", **kept}, answer.body)

    def _file(self, request: ConsoleRequest) -> ConsoleAnswer:
        """Return a file; a page of the application is its first file, whichever it is."""
        if request.method not in READS:
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, "invalid_input", "files are only read")
        is_asset = request.path.startswith("/assets/")
        wanted = self._found(request.path)
        if wanted is None:
            if is_asset or not _is_page(request.path):
                return problem(HTTPStatus.NOT_FOUND, "not_found", "there is no such file")
            wanted = self._files / "index.html"
        kind = mimetypes.guess_type(wanted.name)[0] or "application/octet-stream"
        headers = {
            "content-type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind,
            "cache-control": "public, max-age=31536000, immutable" if is_asset else "no-cache",
        }
        return ConsoleAnswer(HTTPStatus.OK, headers, wanted.read_bytes())

    def _found(self, path: str) -> Path | None:
        """Return the file of a path, or None: there is none, it is outside, or no file can have that name."""
        try:
            wanted = (self._files / path.lstrip("/")).resolve()
            return wanted if wanted.is_relative_to(self._files) and wanted.is_file() else None
        except (OSError, ValueError):
            return None


def _is_page(path: str) -> bool:
    """Say whether a path may be one of a page, or of the API: it leads nowhere else, however it is written."""
    parts = [unquote(part) for part in path.split("/")]
    return len(path) <= MOST_PATH_LETTERS and path.isprintable() and not {".", ".."} & {*parts}


def _cookie(request: ConsoleRequest) -> str:
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _written(token: str, *, age: int) -> str:
    """Write the cookie: no script reads it, and no other site's request carries it."""
    return f"{COOKIE}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict"


def problem(status: HTTPStatus, code: str, detail: str) -> ConsoleAnswer:
    """Answer what is wrong as the API does (RFC 9457)."""
    document: Mapping[str, object] = {"status": status.value, "title": status.phrase, "code": code, "detail": detail}
    headers = {"content-type": "application/problem+json", "cache-control": "no-store", **SECURITY}
    return ConsoleAnswer(status, headers, json.dumps(document).encode())
