"""SAP over HTTP: a token by client credentials, a CSRF token for a session, OData to read, function modules to write.

POST /sap/bc/sec/oauth2/token        -> token        401 to a call: the token is old, another one is fetched once
GET  .../API_JOURNALENTRY_SRV/       -> CSRF token and the cookies of a session
                                                     403 that requires one: the session is over, another is begun once
GET  .../A_JournalEntry?$filter=...  -> entries
POST /sap/bc/rfc/<function module>   -> its results, and what it says in RETURN: errors come with status 200, too

A call that was answered with 401, or with 403 for its CSRF token, was not done: it is sent again. Nothing else is.
"""

import json
import re
import threading
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from billproof.adapters.answers import as_documented
from billproof.adapters.http_calls import HttpAnswer, Send
from billproof.errors import ExternalServiceUnavailable, PostingRejected
from billproof.model import Model

TOKEN = "/sap/bc/sec/oauth2/token"  # noqa: S105 - a path
FUNCTIONS = "/sap/bc/rfc"
COMMIT = "BAPI_TRANSACTION_COMMIT"
JOURNAL = "/sap/opu/odata/sap/API_JOURNALENTRY_SRV"
AGAIN = "then send the posting again"
SUCCESS = range(200, 300)
_COOKIE = re.compile(r"^\s*([^=;\s]+=[^;\s]*)")

type Document = dict[str, Any]


class SapAccess(Model):
    """What the secret holds: where SAP is, the number of its client, and who may speak to it."""

    address: str
    client: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Session:
    """A session of SAP: its CSRF token, and the cookies that it is known by."""

    csrf: str
    cookies: str


class SapRest:
    """One system and client of SAP. Each thread has a session of its own: a commit is of everything in a session."""

    def __init__(self, access: SapAccess, send: Send) -> None:
        self._access = access
        self._base = urlsplit(access.address).path.rstrip("/")
        self._send = send
        self._token = ""
        self._fetching = threading.Lock()
        self._of_thread = threading.local()

    def read(self, entity_set: str, **options: str) -> list[Document]:
        """Return what a query selects; raises ExternalServiceUnavailable, PostingRejected where it may not be read."""
        named = {f"${name}": value for name, value in options.items()}
        answer = self._call("GET", f"{JOURNAL}/{entity_set}?{self._query(**named)}")
        with as_documented("SAP", "sap"):
            return [dict(entry) for entry in answer["d"]["results"]]

    def call(self, function: str, parameters: Document) -> Document:
        """Call a function module in the session of this thread; return its results, errors in RETURN among them.

        Raises ExternalServiceUnavailable and PostingRejected.
        """
        result = self._call("POST", f"{FUNCTIONS}/{function}?{self._query()}", parameters)
        if not isinstance(result, dict):
            raise _unreadable()
        return result

    def end_session(self) -> None:
        """Forget the session of this thread: what it did not commit, nobody can commit any more."""
        self._of_thread.session = None

    def probe(self) -> None:
        """Read the description of the journal; raises ExternalServiceUnavailable, PostingRejected without the right."""
        self._call("GET", f"{JOURNAL}/?{self._query()}")

    def _query(self, **options: str) -> str:
        return urlencode({"sap-client": self._access.client, "$format": "json", **options})

    def _call(self, method: str, target: str, body: Document | None = None) -> Any:
        """Call with a token, and where something is written in a session; each is renewed once where it is over."""
        renewed: set[str] = set()
        while True:
            token = self._current_token()
            answer = self._sent(method, target, token, body)
            over = _what_is_over(answer)
            if not over or over in renewed or (target.startswith(f"{FUNCTIONS}/{COMMIT}") and over == "session"):
                return _read(answer)  # what a session did not commit is gone with it
            renewed.add(over)
            if over == "token":
                self._drop_token(token)
            else:
                self.end_session()

    def _sent(self, method: str, target: str, token: str, body: Document | None) -> HttpAnswer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is None:
            return self._answer(method, target, headers, None)
        session = getattr(self._of_thread, "session", None)
        if session is None:
            fetched = self._answer("GET", f"{JOURNAL}/?{self._query()}", {**headers, "X-CSRF-Token": "Fetch"}, None)
            if fetched.status not in SUCCESS:
                return fetched  # nothing was written yet
            session = self._of_thread.session = Session(fetched.headers.get("x-csrf-token", ""), _cookies(fetched))
        headers |= {"X-CSRF-Token": session.csrf, "Cookie": session.cookies, "Content-Type": "application/json"}
        return self._answer(method, target, headers, json.dumps(body).encode())

    def _current_token(self) -> str:
        with self._fetching:
            if not self._token:
                self._token = self._fetched_token()
            return self._token

    def _drop_token(self, token: str) -> None:
        with self._fetching:
            if self._token == token:  # another thread may have another one by now
                self._token = ""

    def _fetched_token(self) -> str:
        named = b64encode(f"{self._access.client_id}:{self._access.client_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {named}", "Content-Type": "application/x-www-form-urlencoded"}
        answer = self._answer("POST", TOKEN, headers, urlencode({"grant_type": "client_credentials"}).encode())
        if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
            message = "SAP gives no token: check client_id and client_secret in its secret"
            raise ExternalServiceUnavailable(message, service="sap", status=f"{answer.status}")
        try:
            return str(_read(answer)["access_token"])
        except (KeyError, TypeError):
            raise _unreadable() from None

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        try:
            return self._send(method, f"{self._base}{target}", headers=headers, body=body)
        except OSError as error:
            message = f"SAP did not answer: {str(error) or type(error).__name__}"
            raise ExternalServiceUnavailable(message, service="sap") from error


def _what_is_over(answer: HttpAnswer) -> str:
    """Say what an answer finds out of date: the token, the session, or nothing."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return "token"
    is_csrf = answer.headers.get("x-csrf-token", "").lower() == "required"
    return "session" if answer.status == HTTPStatus.FORBIDDEN and is_csrf else ""


def _cookies(answer: HttpAnswer) -> str:
    set_by = (_COOKIE.match(line) for line in answer.headers.get("set-cookie", "").splitlines())
    return "; ".join(match[1] for match in set_by if match)


def _read(answer: HttpAnswer) -> Any:
    if answer.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        message = f"SAP refuses: {_said(answer.body)}"
        raise PostingRejected(message, remedy=f"do in SAP what it asks for, {AGAIN}")
    if answer.status == HTTPStatus.FORBIDDEN and not _what_is_over(answer):
        message = "SAP does not let the user of the client do this"
        raise PostingRejected(message, remedy=f"give it the right to post and to read journal entries, {AGAIN}")
    try:
        if answer.status in SUCCESS:
            return json.loads(answer.body, parse_float=Decimal)
    except ValueError:
        pass  # what no proxy nor server of SAP should have sent: it may have been done
    message = _WHY.get(answer.status, f"SAP answered with status {answer.status}")
    after = answer.headers.get("retry-after", "")
    waits = {"retry_after": after} if after.isascii() and after.isdigit() else {}
    raise ExternalServiceUnavailable(message, service="sap", status=f"{answer.status}", **waits)


_WHY: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "the session in SAP is over",
    HTTPStatus.UNAUTHORIZED: "SAP does not know the token that it gave",
    HTTPStatus.LOCKED: "somebody else keeps a lock in SAP",
    HTTPStatus.NOT_FOUND: "SAP has no such service: activate the journal entry service and the function modules",
}


def _said(body: bytes) -> str:
    """Return what SAP says of an error, in either of OData's shapes."""
    try:
        message = json.loads(body)["error"]["message"]
        return str(message["value"] if isinstance(message, dict) else message)
    except (ValueError, KeyError, TypeError):
        return "the request is not well formed"


def _unreadable() -> ExternalServiceUnavailable:
    return ExternalServiceUnavailable("SAP answered something else than its documentation says", service="sap")
