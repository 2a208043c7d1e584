"""Every adapter of the ERP port with the means to make its ERP fail, for the contract tests.

An adapter of a real ERP joins by a harness of its own in `HARNESSES`, and in `REJECTING` where its ERP can refuse.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import pytest

from billproof.adapters.ledger.embedded import EmbeddedLedger
from billproof.erp.port import Erp
from billproof.errors import (
    ExternalServiceUnavailable,
)
from billproof.ledger.model import JournalEntry
from billproof.periods import Period
from billproof.ports import Document, Key, Record, Records
from tests.support.fakes import MemoryRecords
from tests.support.faults import Killed
from tests.support.foreign_erp import TIMEOUT_SECONDS, ForeignErp, ForeignServer
from tests.support.mock_sap import mock_sap
from tests.support.sap_harness import SapHarness

FEBRUARY = Period.month("2013-02")


def entry(reference: str = "R-1", day: str = "2013-02-01", amount: str = "10.50", **changes: Any) -> JournalEntry:
    lines = [
        ("1100", amount),
        ("4000", f"-{amount}"),
        ("2200", "2"),
        ("2200", "-1"),
        ("4000", "-1"),
        ("7", "3"),
        ("7", "-3"),
    ]
    fields = {
        "legal_entity": "e",
        "external_reference": reference,
        "invoice": "e.2013-01.a",
        "billing_account": "a",
        "period": "2013-01",
        "document_date": day,
        "currency": "USD",
        "lines": [
            {"account": account, "amount": {"amount": value, "currency": "USD"}, "memo": ""} for account, value in lines
        ],
        **changes,
    }
    return JournalEntry.balanced(**fields)


class FaultyRecords:
    """Records whose next write fails as it is told: before it, or after it was done."""

    def __init__(self, inner: Records) -> None:
        self.inner = inner
        self.before: BaseException | None = None
        self.after: BaseException | None = None

    def get(self, key: Key) -> Document | None:
        return self.inner.get(key)

    def create(self, record: Record) -> bool:
        return self.create_all([record])

    def create_all(self, records: Sequence[Record]) -> bool:
        before, after, self.before, self.after = self.before, self.after, None, None
        if before is not None:
            raise before
        written = self.inner.create_all(records)
        if after is not None:
            raise after
        return written

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        return self.inner.query(partition, prefix=prefix, newest_first=newest_first, limit=limit)


class Harness(Protocol):
    """An adapter, and how its ERP is made to fail once."""

    erp: Erp

    def refuse_connection(self) -> None: ...
    def lose_acknowledgement(self) -> None: ...
    def answer_too_late(self) -> None: ...
    def die_between_create_and_post(self) -> None: ...


class RejectingHarness(Harness, Protocol):
    """An adapter whose ERP closes February, misses accounts and blocks parties, and how often it was asked."""

    def close_period(self) -> None: ...
    def open_period(self) -> None: ...
    def remove_account(self, account: str) -> None: ...
    def block_party(self, party: str) -> None: ...
    def documents(self) -> int:
        """Return how many documents the ERP holds, drafts among them."""

    def times_posted(self) -> int:
        """Return how often the ERP was asked to post one."""


class EmbeddedHarness:
    def __init__(self, records: Records) -> None:
        self.records = FaultyRecords(records)
        self.erp: Erp = EmbeddedLedger(self.records)

    def refuse_connection(self) -> None:
        self.records.before = ExternalServiceUnavailable("DynamoDB refused the connection")

    def lose_acknowledgement(self) -> None:
        self.records.after = ExternalServiceUnavailable("the connection to DynamoDB was reset")

    def answer_too_late(self) -> None:
        self.records.after = ExternalServiceUnavailable("DynamoDB did not answer in time")

    def die_between_create_and_post(self) -> None:
        self.records.before = Killed()  # a transaction has no between: nothing is written


class ForeignHarness:
    def __init__(self, server: ForeignServer) -> None:
        self.server = server
        self.foreign = ForeignErp(server)
        self.erp: Erp = self.foreign

    def refuse_connection(self) -> None:
        self.server.down.append("post")

    def lose_acknowledgement(self) -> None:
        self.server.lost.append("post")

    def answer_too_late(self) -> None:
        self.server.latency_seconds["post"] = TIMEOUT_SECONDS + 1

    def die_between_create_and_post(self) -> None:
        self.foreign.dies_between_create_and_post = True

    def close_period(self) -> None:
        self.server.closed_before = FEBRUARY.end

    def open_period(self) -> None:
        self.server.closed_before = FEBRUARY.start

    def remove_account(self, account: str) -> None:
        self.server.missing_accounts.add(account)

    def block_party(self, party: str) -> None:
        self.server.blocked_parties.add(party)

    def documents(self) -> int:
        return len(self.server.documents)

    def times_posted(self) -> int:
        return self.server.calls.count("post")


def _sap(request: pytest.FixtureRequest) -> SapHarness:
    opened = mock_sap()
    sap = opened.__enter__()
    request.addfinalizer(lambda: opened.__exit__(None, None, None))
    return SapHarness(sap)


HARNESSES: dict[str, Callable[[pytest.FixtureRequest], Harness]] = {
    "embedded on memory": lambda _request: EmbeddedHarness(MemoryRecords()),
    "embedded on DynamoDB": lambda request: EmbeddedHarness(request.getfixturevalue("dynamo_records")),
    "foreign": lambda _request: ForeignHarness(ForeignServer()),
    "foreign that refuses duplicates": lambda _request: ForeignHarness(ForeignServer(refuses_duplicates=True)),
    "sap": _sap,
}


REJECTING: dict[str, Callable[[pytest.FixtureRequest], RejectingHarness]] = {
    "foreign": lambda _request: ForeignHarness(ForeignServer()),
    "sap": _sap,
}
"""The adapters whose ERP closes periods, misses accounts and blocks parties; the embedded ledger does none of these."""
