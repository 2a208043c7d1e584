"""What every ERP must show for a reconciliation to find what differs, or refuse so that it cannot come about."""

from datetime import date
from typing import Any

import pytest

from billproof.erp.lookup import PostedDocuments, Reference
from billproof.erp.port import PostedDocument, short_reference
from billproof.errors import DuplicateReference, PostingRejected
from billproof.identities import InvoiceId
from billproof.invoicing.facts import RELEASED, InvoiceFacts
from billproof.invoicing.model import DocumentRef, Released
from billproof.ledger.model import JournalEntry
from billproof.masterdata.charts import ChartOfAccounts
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money, Taxed
from billproof.periods import Period
from billproof.reconciliation.model import Cause
from billproof.reconciliation.rules import compare
from tests.support.erp_harnesses import FEBRUARY, HARNESSES, Harness, entry
from tests.support.parties import seller

CHART = ChartOfAccounts(receivable="1100", deferred_revenue="2400", tax_payable="2200", revenue={"usage": "4000"})
ERP = "the one"


@pytest.fixture(params=HARNESSES)
def harness(request: pytest.FixtureRequest) -> Harness:
    return HARNESSES[request.param](request)


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


RELEASE = Released(
    invoice="e.2013-01.a",
    number="R-1",
    account="a",
    legal_entity="e",
    period=Period.month("2013-01"),
    issue_date=date(2013, 2, 1),
    document=DocumentRef(key="k", digest="d", totals=Taxed.of(usd("11.50"), usd("-1.00"))),
    run="e-2013-01-001",
)
FACTS = InvoiceFacts(InvoiceId.parse(RELEASE.invoice), {RELEASED: RELEASE.model_dump(mode="json")})
"""What `entry()` posts: 11.50 of revenue, a tax of -1.00, 10.50 receivable."""


def moving(amounts: dict[str, str], currency: str = "USD", **changes: Any) -> JournalEntry:
    """Return the entry under the number that moves other amounts."""
    lines = [
        {"account": account, "amount": {"amount": amount, "currency": currency}, "memo": ""}
        for account, amount in amounts.items()
    ]
    return entry(lines=lines, currency=currency, **changes)


def lookup(harness: Harness) -> PostedDocuments:
    entity: LegalEntity = seller("DE").model_copy(update={"id": "e", "erp": ERP})
    return PostedDocuments(entity, {ERP: harness.erp})


def causes(harness: Harness) -> list[tuple[Cause, str]]:
    expected = PostedDocument.of_entry(entry(), external_reference="R-1", erp_id="")
    documents = lookup(harness).of_document(FACTS)
    variances = compare(RELEASE, documents, is_confirmed=True, chart=CHART, expected=expected.totals)
    return [(variance.cause, variance.account) for variance in variances]


def post_or_be_refused(harness: Harness, second: JournalEntry) -> bool:
    """Post what an ERP need not take; say whether it took it."""
    try:
        harness.erp.post(second)
    except (DuplicateReference, PostingRejected):
        return False
    return True


def test_what_is_posted_as_it_should_be_has_no_variance(harness: Harness) -> None:
    assert causes(harness) == [(Cause.NOT_POSTED, "")]
    harness.erp.post(entry())
    assert causes(harness) == []


def test_a_document_of_another_month_is_found_by_its_reference(harness: Harness) -> None:
    harness.erp.post(entry(day="2013-07-01"))
    assert causes(harness) == [(Cause.DATE_DIFFERS, "")]
    assert list(lookup(harness).dated_in(FEBRUARY)) == []
    assert list(lookup(harness).dated_in(Period.month("2013-07"))) == [Reference(ERP, "R-1")]


def test_a_second_document_in_another_month_is_refused_or_found(harness: Harness) -> None:
    harness.erp.post(entry())
    was_taken = post_or_be_refused(harness, entry(day="2013-07-01"))
    assert causes(harness) == ([(Cause.POSTED_TWICE, "")] if was_taken else [])


def test_an_amount_in_two_documents_is_refused_or_found_to_be_in_parts(harness: Harness) -> None:
    harness.erp.post(moving({"1100": "10.00", "4000": "-10.00"}))
    was_taken = post_or_be_refused(harness, moving({"1100": "0.50", "4000": "-1.50", "2200": "1.00"}))
    wrong = [(Cause.AMOUNT_DIFFERS, ""), (Cause.TAX_DIFFERS, "")]
    assert causes(harness) == ([(Cause.POSTED_IN_PARTS, "")] if was_taken else wrong)


def test_an_amount_on_another_account_is_a_variance_of_both_accounts(harness: Harness) -> None:
    harness.erp.post(moving({"1100": "10.50", "2200": "1.00", "4000": "-8.00", "4900": "-3.50"}))
    assert causes(harness) == [(Cause.ACCOUNT_DIFFERS, "4000"), (Cause.ACCOUNT_DIFFERS, "4900")]


def test_a_posting_in_another_currency_is_refused_or_a_variance(harness: Harness) -> None:
    was_taken = post_or_be_refused(harness, moving({"1100": "10.50", "2200": "1.00", "4000": "-11.50"}, currency="EUR"))
    assert causes(harness) == [(Cause.CURRENCY_DIFFERS if was_taken else Cause.NOT_POSTED, "")]


def test_what_answers_to_no_number_of_ours_is_listed_in_its_month(harness: Harness) -> None:
    long = "SOMEBODY-ELSES-DOCUMENT-1"
    harness.erp.post(entry(long))
    listed = lookup(harness).dated_in(FEBRUARY)
    assert [reference.text for reference in listed] == [short_reference(long, harness.erp.reference_length)]


def test_an_entry_that_leaves_nothing_due_is_missed_where_it_moves_revenue() -> None:
    nothing_due = RELEASE.model_copy(
        update={"document": RELEASE.document.model_copy(update={"totals": Taxed.of(usd("0"), usd("0"))})}
    )
    moves = {"4000": usd("-5.00"), "4900": usd("5.00")}
    for expected, causes_found in ((moves, [Cause.NOT_POSTED]), ({}, []), (None, [])):
        variances = compare(nothing_due, [], is_confirmed=True, chart=CHART, expected=expected)
        assert [variance.cause for variance in variances] == causes_found
