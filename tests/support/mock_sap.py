"""mock-sap in this process: an SAP of somebody else, spoken to in whole HTTP requests, through no socket.

It has OAuth, CSRF tokens, business errors under status 200, and rules that let calls fail. It keeps what a function
module wrote at once; SAP forgets what no commit follows in its session, which `forget_uncommitted` does here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from io import BytesIO
from typing import Any, cast

from mocksap.server import Config, Handler, MockSap

from billproof.adapters.http_calls import HttpAnswer, by_name
from billproof.adapters.sap.rest import SapAccess

ACCESS = SapAccess.model_validate(
    {"address": "https://sap.example.com", "client": "100", "client_id": "billproof", "client_secret": "of SAP"}
)


class _Wire:
    """What a handler and a reader of answers take for a socket."""

    def __init__(self, given: bytes) -> None:
        self.given = given
        self.taken = b""

    def makefile(self, *_: Any, **__: Any) -> BytesIO:
        return BytesIO(self.given)

    def sendall(self, data: Any) -> None:
        self.taken += bytes(data)


class Sap:
    """A system of SAP, and how it is told to fail."""

    def __init__(self, mock: MockSap) -> None:
        self.mock = mock
        self.handler = cast("Any", type("OfThis", (Handler,), {"mock": mock}))
        index = 'CREATE INDEX by_reference ON "A_JournalEntry" ("ReferenceDocument", "CompanyCode")'
        mock.conn.execute(index)

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        """Answer a request; this is the adapter's `send`."""
        sent = {**headers, "Host": "sap.example.com", "Connection": "close", "Content-Length": str(len(body or b""))}
        head = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
        wire = _Wire("\r\n".join([*head, "", ""]).encode() + (body or b""))
        self.handler(wire, ("127.0.0.1", 0), None)
        answer = HTTPResponse(cast("Any", _Wire(wire.taken)), method=method)
        answer.begin()
        return HttpAnswer(answer.status, answer.read(), by_name(answer.getheaders()))

    def fail(self, scenario: str, *, match: str, count: int = 1) -> None:
        """Let the next calls of a path fail as a scenario of mock-sap's says."""
        self.mock.faults.add({"scenario": scenario, "match": match, "count": count})

    def refuse(self, number: str, message: str, *, of: str = "BAPI_ACC_DOCUMENT_POST", kind: str = "E") -> None:
        """Let a function module refuse, under status 200, until `accept`; the number has its class before it."""
        name, _, digits = number.partition(" ")
        rule = {"function": of, "type": kind, "id": name, "number": digits, "message": message}
        self.mock.bapi_behaviour.add(rule)

    def accept(self) -> None:
        self.mock.bapi_behaviour.clear()

    def documents(self) -> int:
        return len(self._entries())

    def numbers(self) -> list[str]:
        return [row["AccountingDocument"] for row in self._entries()]

    def forget_uncommitted(self) -> None:
        """Do what the end of a session does: forget the entries that were posted in it since its last commit."""
        uncommitted = self.mock.unit_of_work.close()
        for number in self.numbers()[len(self.numbers()) - len(uncommitted) :]:
            for table in ("A_JournalEntryItem", "A_JournalEntry"):
                self.mock.conn.execute(f'DELETE FROM "{table}" WHERE "AccountingDocument" = ?', (number,))  # noqa: S608

    def _entries(self) -> list[Any]:
        rows = 'SELECT * FROM "A_JournalEntry" WHERE "AccountingDocumentType" = ? ORDER BY "AccountingDocument"'
        return list(self.mock.conn.execute(rows, ("ZB",)))


@contextmanager
def mock_sap(**config: Any) -> Iterator[Sap]:
    """Open a system that wants tokens and CSRF tokens, and has nothing of ours."""
    oauth = f"{ACCESS.client_id}:{ACCESS.client_secret}"
    mock = MockSap(Config(**{"oauth": oauth, "quiet": True, "log_requests": False, **config}))
    try:
        yield Sap(mock)
    finally:
        mock.close()
