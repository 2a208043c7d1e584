"""Tryton, the real one, with the means to make it fail: each harness has a journal and customers of its own."""

import itertools
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from billproof.adapters.http_calls import HttpAnswer, Send
from billproof.adapters.tryton.erp import NAME, TrytonErp
from billproof.erp.port import Erp
from billproof.errors import PostingRejected
from billproof.masterdata.charts import ErpBooks
from billproof.masterdata.parties import Account, LegalEntity
from tests.support.erp_harnesses import FEBRUARY
from tests.support.faults import Killed
from tests.support.parties import seller
from tests.support.tryton_server import TrytonServer

ACCOUNTS = {"4000": "84000"}
"""Our account of revenue has another code in Tryton."""
OF_E = ["company.party.name", "=", "Books of e"]
NUMBERS = itertools.count(1)


class FaultySend:
    """Sends on; what is told fails at the next request whose target has an ending: before it was sent, or after."""

    def __init__(self, inner: Send) -> None:
        self.inner = inner
        self.before: dict[str, BaseException] = {}
        self.after: dict[str, BaseException] = {}
        self.sent: list[str] = []

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        name = f"{method} {urlsplit(target).path.rpartition('/')[2]}"
        if name in self.before:
            raise self.before.pop(name)
        self.sent.append(name)
        answer = self.inner(method, target, headers=headers, body=body)
        if name in self.after:
            raise self.after.pop(name)
        return answer


CREATE, POST = "POST account.move", "POST post"


class TrytonHarness:
    def __init__(self, server: TrytonServer, database: str, *, taxes: Mapping[str, str] | None = None) -> None:
        self.admin = server.rest(database, "admin")
        self.journal = f"BILL-{next(NUMBERS)}"
        self.admin.create("account.journal", {"name": self.journal, "code": self.journal, "type": "general"})
        self.send = FaultySend(server.send())
        self.customers: dict[str, Account] = {}
        self.taxes = taxes or {}
        self.undo: list[Callable[[], None]] = []
        rest = server.rest(database, "clerk", self.send)
        self.tryton = TrytonErp(lambda: rest, entities=self.entity, accounts=self.customers.get)
        self.erp: Erp = self.tryton

    def entity(self, name: str) -> LegalEntity:
        books = ErpBooks(
            company=f"Books of {name}",
            journal=self.journal,
            party_prefix=f"{self.journal}-",
            accounts=ACCOUNTS,
            taxes=dict(self.taxes),
        )
        return seller("DE").model_copy(update={"id": name, "erp": NAME, "erp_books": {NAME: books}})

    def close(self) -> None:
        """Put back what was changed for all."""
        for undo in reversed(self.undo):
            undo()

    def refuse_connection(self) -> None:
        self.send.before[POST] = ConnectionRefusedError("refused")

    def lose_acknowledgement(self) -> None:
        self.send.after[POST] = ConnectionResetError("reset by peer")

    def answer_too_late(self) -> None:
        self.send.after[POST] = TimeoutError("timed out")

    def die_between_create_and_post(self) -> None:
        self.send.before[POST] = Killed()

    def _id(self, model: str, *clauses: list[Any]) -> int:
        (record,) = self.admin.search(model, clauses, ["id"])
        return int(record["id"])

    def _period(self) -> int:
        return self._id("account.period", ["start_date", "=", FEBRUARY.start], OF_E)

    def close_period(self) -> None:
        self.admin.act("account.period", self._period(), "close")
        self.undo.append(self.open_period)

    def open_period(self) -> None:
        with suppress(PostingRejected):  # it is open
            self.admin.act("account.period", self._period(), "reopen")

    def remove_account(self, account: str) -> None:
        known = self._id("account.account", ["code", "=", account], OF_E)
        self.admin.write("account.account", known, {"code": f"{account}-GONE"})
        self.undo.append(lambda: self.admin.write("account.account", known, {"code": account}))

    def block_party(self, party: str) -> None:
        known = self.admin.create("party.party", {"code": f"{self.journal}-{party}", "name": party})
        self.admin.write("party.party", known, {"active": False})

    def documents(self) -> int:
        return len(list(self.admin.search("account.move", [["journal.code", "=", self.journal]], ["id"])))

    def times_posted(self) -> int:
        return self.send.sent.count(POST)
