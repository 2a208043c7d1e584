"""mock-sap with the means to make it fail, for the contract tests of the ERP port."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from billproof.adapters.http_calls import HttpAnswer
from billproof.adapters.sap.erp import NAME, SapErp
from billproof.adapters.sap.rest import SapRest
from billproof.erp.port import Erp
from billproof.masterdata.charts import ErpBooks
from billproof.masterdata.parties import LegalEntity
from tests.support.faults import Killed
from tests.support.mock_sap import ACCESS, Sap
from tests.support.parties import seller

COMPANIES = {"e": "1710", "other": "1720"}
POST, COMMIT = "BAPI_ACC_DOCUMENT_POST", "BAPI_TRANSACTION_COMMIT"


@dataclass
class FaultyCalls:
    """Sends on; what is told fails at the next request to a path with an ending: before it was sent, or after."""

    inner: Sap
    before: dict[str, BaseException] = field(default_factory=dict)
    after: dict[str, BaseException] = field(default_factory=dict)
    sent: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def __call__(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None) -> HttpAnswer:
        name = urlsplit(target).path.rstrip("/").rpartition("/")[2]
        if name in self.before:
            error = self.before.pop(name)
            if isinstance(error, Killed):
                self.inner.forget_uncommitted()  # the session ends with who held it
            raise error
        self.sent.append((name, headers))
        answer = self.inner(method, target, headers=headers, body=body)
        if name in self.after:
            raise self.after.pop(name)
        return answer

    def names(self) -> list[str]:
        return [name for name, _ in self.sent]


class SapHarness:
    def __init__(self, sap: Sap) -> None:
        self.sap = sap
        self.send = FaultyCalls(sap)
        rest = SapRest(ACCESS, self.send)
        self.adapter = SapErp(lambda: rest, entities=self.entity)
        self.erp: Erp = self.adapter

    def entity(self, name: str) -> LegalEntity:
        books = ErpBooks(company=COMPANIES[name], journal="ZB", party_prefix="C-", accounts={"4000": "41000000"})
        return seller("DE").model_copy(update={"id": name, "erp": NAME, "erp_books": {NAME: books}})

    def refuse_connection(self) -> None:
        self.send.before[POST] = ConnectionRefusedError("refused")

    def lose_acknowledgement(self) -> None:
        self.send.after[COMMIT] = ConnectionResetError("reset by peer")

    def answer_too_late(self) -> None:
        self.send.after[COMMIT] = TimeoutError("timed out")

    def die_between_create_and_post(self) -> None:
        self.send.before[COMMIT] = Killed()

    def close_period(self) -> None:
        self.sap.refuse("F5 201", "Posting period 002 2013 is not open")

    def open_period(self) -> None:
        self.sap.accept()

    def remove_account(self, account: str) -> None:
        self.sap.refuse("F5 506", f"G/L account {account} is not defined in the chart of accounts")

    def block_party(self, party: str) -> None:
        self.sap.refuse("F5 154", f"Account C-{party} is blocked for posting")

    def documents(self) -> int:
        return self.sap.documents()

    def times_posted(self) -> int:
        return self.send.names().count(POST)
