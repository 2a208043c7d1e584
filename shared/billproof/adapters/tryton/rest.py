"""Tryton's REST application: records by model, read in pages, created, written, removed and acted on.

Every call carries the key of a user application, and the company that it works in. What Tryton refuses (a user error,
400; a right that is missing, 403) is a rejection; everything else that is no answer may have been done.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from billproof.adapters.answers import as_documented
from billproof.adapters.http_calls import HttpAnswer, Send
from billproof.adapters.tryton.tagged import decode, encode
from billproof.errors import ExternalServiceUnavailable, PostingRejected

PAGE_SIZE = 500
AGAIN = "then send the posting again"
SUCCESS = range(200, 300)

type Document = dict[str, Any]
type Domain = Sequence[Any]
"""A condition of Tryton's: clauses of a field, an operator and a value."""


class TrytonRest:
    """The records of one database, by its address (`https://tryton.example.com/database`) and a key."""

    def __init__(self, address: str, key: str, send: Send) -> None:
        self._base = f"{urlsplit(address).path.rstrip('/')}/rest/model"
        self._key = key
        self._send = send

    def search(
        self, model: str, domain: Domain, fields: Sequence[str], *, company: int | None = None
    ) -> Iterator[Document]:
        """Yield the records that a condition selects, by their ids, page by page; raises ExternalServiceUnavailable."""
        last = 0
        while True:
            query = [("d", _packed([*domain, ["id", ">", last]])), ("o", _packed([["id", "ASC"]])), ("s", PAGE_SIZE)]
            answer = self._call("GET", f"{model}?{urlencode([*query, *_named(fields)])}", company=company)
            with as_documented("Tryton", "tryton"):
                page = [dict(record) for record in answer]
                ids = [int(record["id"]) for record in page]
            if ids != sorted({last, *ids})[1:]:
                message = f"the records of {model} are not in the order of their ids"
                raise ExternalServiceUnavailable(message, service="tryton")
            yield from page
            if len(page) < PAGE_SIZE:
                return
            last = ids[-1]

    def probe(self) -> None:
        """Ask for the companies; raises ExternalServiceUnavailable, PostingRejected for a user without the right."""
        next(self.search("company.company", [], ["id"]), None)

    def create(self, model: str, values: Document, *, company: int | None = None) -> int:
        """Create a record and return its id; raises PostingRejected and ExternalServiceUnavailable."""
        created = self._call("POST", f"{model}?f=id", body=values, company=company)
        if created is None:
            message = f"Tryton does not show what it created: let the user of the key read {model}"
            raise ExternalServiceUnavailable(message, service="tryton")
        with as_documented("Tryton", "tryton"):
            return int(created["id"])

    def write(self, model: str, record: int, values: Document, *, company: int | None = None) -> None:
        """Change a record; raises PostingRejected and ExternalServiceUnavailable."""
        self._call("PUT", f"{model}/{record}?f=id", body=values, company=company)

    def delete(self, model: str, record: int, *, company: int | None = None) -> None:
        """Remove a record, or find it gone; raises PostingRejected and ExternalServiceUnavailable."""
        self._call("DELETE", f"{model}/{record}", company=company, may_be_gone=True)

    def act(self, model: str, record: int, action: str, *, company: int | None = None) -> None:
        """Do what a button of a record does; raises PostingRejected and ExternalServiceUnavailable."""
        self._call("POST", f"{model}/{record}/{quote(action)}?f=id", body={}, company=company)

    def _call(
        self, method: str, path: str, *, body: Document | None = None, company: int | None, may_be_gone: bool = False
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._key}", "Accept-Language": "en"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if company is not None:
            headers["X-Tryton-Context"] = _packed({"company": company})
        sent = None if body is None else encode(body)
        try:
            answer = self._send(method, f"{self._base}/{path}", headers=headers, body=sent)
        except OSError as error:
            message = f"Tryton did not answer: {str(error) or type(error).__name__}"
            raise ExternalServiceUnavailable(message, service="tryton") from error
        if may_be_gone and answer.status == HTTPStatus.NOT_FOUND:
            return None
        return _read(answer)


def _read(answer: HttpAnswer) -> Any:
    if answer.status == HTTPStatus.BAD_REQUEST:
        message = f"Tryton refuses: {_said(answer.body)}"
        raise PostingRejected(message, remedy=f"do in Tryton what it asks for, {AGAIN}")
    if answer.status == HTTPStatus.FORBIDDEN:
        message = "Tryton does not let the user of the key do this"
        raise PostingRejected(message, remedy=f"put the user into the groups that post and keep parties, {AGAIN}")
    try:
        if answer.status in SUCCESS:
            return decode(answer.body) if answer.body else None
    except ValueError:
        pass  # what no proxy nor server of Tryton should have sent: it may have been done
    message = f"Tryton answered with status {answer.status}"
    if answer.status == HTTPStatus.UNAUTHORIZED:
        message = "Tryton does not know the key: put the key of a validated user application into its secret"
    raise ExternalServiceUnavailable(message, service="tryton", status=f"{answer.status}")


def _said(body: bytes) -> str:
    try:
        return str(decode(body)["message"])
    except (ValueError, KeyError, TypeError):
        return "the request is not well formed"


def _named(fields: Sequence[str]) -> list[tuple[str, str]]:
    return [("f", field) for field in fields]


def _packed(value: Any) -> str:
    return urlsafe_b64encode(encode(value)).decode()
