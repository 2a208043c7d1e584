from collections.abc import Iterator
from typing import Any

import pytest

from billproof.adapters.ledger.embedded import EmbeddedLedger
from billproof.erp.port import PostedDocument
from billproof.errors import (
    Conflict,
    Contended,
    DuplicateReference,
    ExternalServiceUnavailable,
    InvalidInput,
    NotFound,
    UnbalancedEntry,
)
from billproof.identities import InvoiceId
from billproof.invoicing.facts import POSTED, fact_key
from billproof.ledger.model import EntryLine, JournalEntry
from billproof.ledger.rules import invoice_entry
from billproof.masterdata.parties import EMBEDDED_LEDGER
from billproof.money import Money
from billproof.periods import Period
from billproof.reconciliation.model import Cause
from tests.support.billed import one_flight
from tests.support.fakes import MemoryRecords
from tests.support.world import INC, JANUARY, World

UA = f"{INC}.{JANUARY}.UA"
ZERO = f"{INC}.{JANUARY}.OO"


@pytest.fixture
def world() -> World:
    return one_flight()


class FlakyErp:
    """An ERP that fails as it is told: before it has posted, or after."""

    def __init__(self, inner: EmbeddedLedger) -> None:
        self.inner = inner
        self.reference_length = inner.reference_length
        self.fail_before = self.fail_after = 0
        self.posted = 0

    def find(self, legal_entity: str, external_reference: str) -> list[PostedDocument]:
        return self.inner.find(legal_entity, external_reference)

    def post(self, entry: JournalEntry) -> PostedDocument:
        if self.fail_before:
            self.fail_before -= 1
            raise ExternalServiceUnavailable("the ERP did not answer")
        document = self.inner.post(entry)
        self.posted += 1
        if self.fail_after:
            self.fail_after -= 1
            raise ExternalServiceUnavailable("the ERP took it and then did not answer")
        return document

    def of_period(self, legal_entity: str, period: Period) -> Iterator[PostedDocument]:
        return self.inner.of_period(legal_entity, period)


def entry(**changes: Any) -> JournalEntry:
    lines = [
        EntryLine(account="1", amount=Money.of("10", "USD"), memo="debit"),
        EntryLine(account="2", amount=Money.of("-10", "USD"), memo="credit"),
    ]
    fields: dict[str, Any] = {
        "legal_entity": INC,
        "external_reference": "X-1",
        "invoice": UA,
        "billing_account": "UA",
        "period": JANUARY,
        "document_date": "2013-02-01",
        "currency": "USD",
        "lines": lines,
    }
    return JournalEntry.balanced(**{**fields, **changes})


def test_an_unbalanced_entry_cannot_be_made_nor_posted() -> None:
    debit = EntryLine(account="1", amount=Money.of("10", "USD"), memo="debit")
    with pytest.raises(UnbalancedEntry, match=r"out of balance by 10\.00 USD"):
        entry(lines=[debit])
    forged = entry().model_copy(update={"lines": (debit,)})
    with pytest.raises(UnbalancedEntry):
        EmbeddedLedger(MemoryRecords()).post(forged)


def test_the_ledger_takes_a_reference_once() -> None:
    ledger = EmbeddedLedger(MemoryRecords())
    ledger.post(entry())
    with pytest.raises(DuplicateReference):
        ledger.post(entry())
    assert ledger.entry(INC, "X-1") == entry()


def test_a_posting_that_did_not_come_through_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    records = MemoryRecords()
    monkeypatch.setattr(records, "create_all", lambda _records: False)
    with pytest.raises(Contended):
        EmbeddedLedger(records).post(entry())


def test_what_is_billed_in_advance_is_deferred(world: World) -> None:
    world.post(UA)
    posted = world.posted(UA)
    assert {account: posted.on(account).text for account in ("1100", "4000", "2400", "4100")} == {
        "1100": "5001.61",
        "4000": "-2500.00",
        "2400": "-2500.00",
        "4100": "-1.61",
    }


def test_revenue_without_an_account_is_an_error_not_a_default(world: World) -> None:
    released = world.register.released(UA)
    assert released is not None
    chart = world.directory.legal_entity(INC).chart_of_accounts.model_copy(update={"revenue": {}})
    with pytest.raises(InvalidInput, match="no revenue account"):
        invoice_entry(world.invoice(UA), released, chart)


def test_posting_again_changes_nothing(world: World) -> None:
    assert [world.post(UA).outcome.value for _ in range(2)] == ["posted", "already_posted"]


def test_a_zero_invoice_has_nothing_to_post_and_is_confirmed(world: World) -> None:
    assert world.post(ZERO).outcome.value == "nothing_to_post"
    assert world.register.fact(ZERO, POSTED) is not None


def test_what_is_not_released_is_not_posted() -> None:
    with pytest.raises(NotFound, match="not released"):
        World().post(UA)


@pytest.mark.parametrize("moment", ["fail_before", "fail_after"])
def test_an_erp_that_times_out_is_posted_to_once(world: World, moment: str) -> None:
    world.erps[EMBEDDED_LEDGER] = erp = FlakyErp(world.ledger)
    setattr(erp, moment, 1)
    with pytest.raises(ExternalServiceUnavailable):
        world.post(UA)
    outcome = world.post(UA).outcome.value
    assert outcome == ("posted" if moment == "fail_before" else "adopted")
    assert erp.posted == 1


def test_a_crash_between_the_erp_and_our_fact_is_found_again(world: World) -> None:
    world.post(UA)
    del world.records["invoices"].items[fact_key(InvoiceId.parse(UA), POSTED)]
    assert [variance.cause for variance in world.reconcile().variances if variance.invoice == UA] == [Cause.UNCONFIRMED]
    assert world.post(UA).outcome.value == "adopted"


def test_another_delivery_that_was_faster_is_no_error(world: World) -> None:
    inner = world.ledger

    class Racing(FlakyErp):
        def post(self, entry: JournalEntry) -> PostedDocument:
            inner.post(entry)
            raise DuplicateReference("taken a moment ago")

    world.erps[EMBEDDED_LEDGER] = Racing(inner)
    assert world.post(UA).outcome.value == "adopted"


def test_something_else_under_our_number_is_a_conflict(world: World) -> None:
    released = world.register.released(UA)
    assert released is not None
    world.ledger.post(entry(external_reference=released.number))
    with pytest.raises(Conflict, match="has another document"):
        world.post(UA)
    causes = {variance.cause for variance in world.reconcile().variances if variance.invoice == UA}
    assert causes == {Cause.AMOUNT_DIFFERS}


def test_a_changed_chart_of_accounts_does_not_post_twice_in_two_ways(world: World) -> None:
    world.erps[EMBEDDED_LEDGER] = erp = FlakyErp(world.ledger)
    erp.fail_before = 1
    with pytest.raises(ExternalServiceUnavailable):
        world.post(UA)
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update={"receivable": "9999"})
    world.publish(entity.model_copy(update={"version": 2, "chart_of_accounts": chart}))
    with pytest.raises(Conflict, match="other content"):
        world.post(UA)


def test_books_that_agree_have_no_variance(world: World) -> None:
    world.post_all()
    result = world.reconcile()
    assert (result.outcome, result.invoices, result.postings) == ("balanced", 13, 7)
    assert result.invoiced.gross == result.posted_receivable


def test_every_difference_has_a_cause_an_amount_and_an_owner(world: World) -> None:
    world.ledger.post(entry(external_reference="SKY-US-2013-000099"))
    b6, hidden = world.register.released(f"{INC}.{JANUARY}.B6"), world.register.released(ZERO)
    assert b6 is not None
    assert hidden is not None
    del world.objects.items[hidden.document.key]
    found = {(variance.cause, variance.external_reference): variance for variance in world.reconcile().variances}
    missing = found[Cause.NOT_POSTED, b6.number]
    assert (missing.invoiced.text, missing.posted.text, missing.owner.value) == ("1690.84", "0.00", "billing")
    assert found[Cause.NOT_INVOICED, "SKY-US-2013-000099"].posted.text == "10.00"
    assert (Cause.DOCUMENT_CHANGED, hidden.number) in found
    assert all(variance.remedy for variance in found.values())


def test_tax_that_was_posted_otherwise_is_a_variance(world: World) -> None:
    world.post_all()
    b6 = world.register.released(f"{INC}.{JANUARY}.B6")
    assert b6 is not None
    key = next(
        key for key in world.records["ledger"].items if key.sort == b6.number and key.partition.startswith("doc")
    )
    posted = world.ledger.entry(INC, b6.number)
    assert posted is not None
    lines = tuple(
        line.model_copy(update={"account": "2201"}) if line.account == "2200" else line for line in posted.lines
    )
    world.records["ledger"].items[key] = posted.model_copy(update={"lines": lines}).model_dump(mode="json")
    assert [variance.cause for variance in world.reconcile().variances] == [Cause.TAX_DIFFERS]
