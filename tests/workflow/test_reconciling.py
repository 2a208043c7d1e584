"""What a reconciliation finds in an ERP that others work in: other accounts, months, parts, currencies and numbers."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billproof.erp.port import short_reference
from billproof.identities import InvoiceId
from billproof.invoicing.facts import POSTED, fact_key
from billproof.ledger.revenue import revenue_reference
from billproof.masterdata.parties import EMBEDDED_LEDGER
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.service import reconcile_all
from tests.support.charges import miles
from tests.support.foreign_erp import FOREIGN, REFERENCE_LENGTH, Booked, ForeignErp, ForeignServer, Line, again
from tests.support.reconciled import reconcile_in_parts
from tests.support.waiting import run, waiting
from tests.support.world import INC, JANUARY, World, flight

UA = f"{INC}.{JANUARY}.UA"
FEBRUARY, APRIL = "2013-02", "2013-04"
CENT = Decimal("0.01")


@pytest.fixture
def server() -> ForeignServer:
    return ForeignServer()


@pytest.fixture
def world(server: ForeignServer) -> World:
    """January is billed, and posted in the foreign ERP on 1 February."""
    world = World(accounts={"UA"})
    world.erps[FOREIGN] = ForeignErp(server)
    world.use_erp(FOREIGN)
    world.ingest([flight(1)])
    world.bill()
    world.post_all()
    return world


def number_of(world: World, document: str) -> str:
    released = world.register.released(document)
    assert released is not None
    return released.number


def booked(world: World, server: ForeignServer, reference: str) -> Booked:
    (document,) = server.posted(INC, short_reference(reference, REFERENCE_LENGTH))
    return document


def moved(lines: list[Line], source: str, target: str) -> list[Line]:
    """Return lines with what is on one account on another."""
    return [(target if account == source else account, debit, credit) for account, debit, credit in lines]


def variances(world: World, period: str = JANUARY) -> Iterator[tuple[Cause, str, str]]:
    for variance in of(world, period):
        yield variance.cause, variance.external_reference, variance.account


def of(world: World, period: str = JANUARY) -> tuple[Variance, ...]:
    """Reconcile in one call and in parts: both find the same."""
    report = world.reconcile(period=period)
    assert reconcile_in_parts(world, period=period) == report
    return report.variances


def test_a_second_document_in_another_month_is_found_by_the_invoices_month_and_by_its_own(
    world: World, server: ForeignServer
) -> None:
    number = number_of(world, UA)
    server.documents.append(again(booked(world, server, number), day=date(2013, 5, 7)))
    assert list(variances(world)) == [(Cause.POSTED_TWICE, number, "")]
    assert list(variances(world, APRIL)) == [(Cause.POSTED_TWICE, number, "")]
    assert list(variances(world, FEBRUARY)) == []


def test_a_second_document_in_the_next_year_is_found(world: World, server: ForeignServer) -> None:
    number = number_of(world, UA)
    server.documents.append(again(booked(world, server, number), day=date(2014, 1, 7)))
    assert list(variances(world, "2013-12")) == [(Cause.POSTED_TWICE, number, "")]


def test_a_document_that_was_moved_is_found_in_the_month_that_it_was_moved_to(
    world: World, server: ForeignServer
) -> None:
    number = number_of(world, UA)
    booked(world, server, number).day = date(2013, 5, 7)
    assert list(variances(world, APRIL)) == [(Cause.DATE_DIFFERS, number, "")]


def test_a_line_that_was_moved_to_another_account_is_a_variance_of_both(world: World, server: ForeignServer) -> None:
    number = number_of(world, UA)
    document = booked(world, server, number)
    revenue, credit = next((account, credit) for account, _, credit in document.lines if credit)
    document.lines = moved(document.lines, revenue, "4999")
    found = [(v.cause, v.account, v.invoiced.amount, v.posted.amount) for v in of(world)]
    assert found == [
        (Cause.ACCOUNT_DIFFERS, revenue, -credit, Decimal(0)),
        (Cause.ACCOUNT_DIFFERS, "4999", Decimal(0), -credit),
    ]


def test_what_was_posted_under_an_earlier_chart_is_no_variance(world: World) -> None:
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update={"receivable": "1199", "deferred_revenue": "2499"})
    world.publish(entity.model_copy(update={"version": entity.version + 1, "chart_of_accounts": chart}))
    assert list(variances(world)) == []


def test_without_the_fact_the_accounts_are_those_of_the_entry_that_would_be_posted(
    world: World, server: ForeignServer
) -> None:
    number = number_of(world, UA)
    del world.records["invoices"].items[fact_key(InvoiceId.parse(UA), POSTED)]
    assert list(variances(world)) == [(Cause.UNCONFIRMED, number, "")]
    document = booked(world, server, number)
    revenue = next(account for account, _, credit in document.lines if credit)
    document.lines = moved(document.lines, revenue, "4999")
    assert list(variances(world)) == [(Cause.ACCOUNT_DIFFERS, number, revenue), (Cause.ACCOUNT_DIFFERS, number, "4999")]


def test_an_amount_in_two_documents_is_posted_in_parts(world: World, server: ForeignServer) -> None:
    number = number_of(world, UA)
    first = booked(world, server, number)
    rest = [(account, min(debit, CENT), min(credit, CENT)) for account, debit, credit in first.lines]
    first.lines = [
        (account, debit - less, credit - more)
        for (account, debit, credit), (_, less, more) in zip(first.lines, rest, strict=True)
    ]
    server.documents.append(again(first, lines=rest, day=date(2013, 3, 1)))
    (variance,) = of(world)
    assert (variance.cause, variance.posted) == (Cause.POSTED_IN_PARTS, variance.invoiced)
    server.documents[-1].lines = [(account, debit * 2, credit * 2) for account, debit, credit in rest]
    assert [found.cause for found in of(world)] == [Cause.POSTED_TWICE]


def test_one_of_two_documents_in_another_currency_is_named_and_the_other_is_right(
    world: World, server: ForeignServer
) -> None:
    number = number_of(world, UA)
    server.documents.append(again(booked(world, server, number), currency="EUR"))
    assert list(variances(world)) == [(Cause.CURRENCY_DIFFERS, number, "")]


def test_a_document_that_answers_to_no_number_is_named_by_its_reference_or_its_own_id(
    world: World, server: ForeignServer
) -> None:
    document = booked(world, server, number_of(world, UA))
    server.documents += [again(document, reference="BANK-7"), again(document, reference="", currency="EUR")]
    assert list(variances(world)) == [(Cause.NOT_INVOICED, "FI-SECOND", ""), (Cause.NOT_INVOICED, "BANK-7", "")]


def test_our_number_in_an_erp_that_it_was_not_meant_for_is_without_an_invoice(
    world: World, server: ForeignServer
) -> None:
    world.use_erp(EMBEDDED_LEDGER)
    number = number_of(world, UA)
    document = booked(world, server, number)
    assert list(variances(world)) == []
    elsewhere = ForeignServer()
    elsewhere.documents.append(again(document))
    world.erps["third"] = ForeignErp(elsewhere)
    world.use_erp("third")
    assert list(variances(world)) == [(Cause.NOT_INVOICED, document.reference, "")]


def test_a_credit_note_of_an_earlier_period_is_compared_in_the_month_of_its_date(
    world: World, server: ForeignServer
) -> None:
    world.moment = world.moment.replace(month=5)
    credit = world.credit_and_approve(UA)
    world.post(credit.id)
    assert list(variances(world, APRIL)) == []
    booked(world, server, number_of(world, credit.id)).lines[0] = ("1199", Decimal(0), Decimal(1))
    assert (Cause.AMOUNT_DIFFERS, number_of(world, credit.id), "") in list(variances(world, APRIL))


@pytest.fixture
def earned(world: World, server: ForeignServer) -> Booked:
    """What February earns of UA's invoice, as it is posted in the foreign ERP."""
    world.recognize(FEBRUARY)
    assert list(variances(world)) == []
    return booked(world, server, revenue_reference(number_of(world, UA), FEBRUARY))


def test_a_revenue_entry_that_is_posted_twice_is_a_variance(
    world: World, server: ForeignServer, earned: Booked
) -> None:
    server.documents.append(again(earned))
    assert list(variances(world)) == [(Cause.POSTED_TWICE, revenue_reference(number_of(world, UA), FEBRUARY), "")]


def test_a_revenue_entry_that_was_changed_is_a_variance(world: World, earned: Booked) -> None:
    reference = revenue_reference(number_of(world, UA), FEBRUARY)
    account, before = next((account, credit) for account, _, credit in earned.lines if credit)
    earned.day = date(2013, 2, 27)
    assert list(variances(world)) == [(Cause.DATE_DIFFERS, reference, "")]
    earned.lines = moved(earned.lines, account, "4999")
    assert before
    assert list(variances(world)) == [
        (Cause.DATE_DIFFERS, reference, ""),
        *((Cause.ACCOUNT_DIFFERS, reference, each) for each in sorted((account, "4999"))),
    ]
    earned.day, earned.currency = date(2013, 2, 28), "EUR"
    assert list(variances(world)) == [(Cause.CURRENCY_DIFFERS, reference, "")]


def test_a_revenue_entry_is_right_under_the_chart_that_it_was_posted_by(world: World, earned: Booked) -> None:
    entity = world.directory.legal_entity(INC)
    chart = entity.chart_of_accounts.model_copy(update={"deferred_revenue": "2499"})
    world.publish(entity.model_copy(update={"version": entity.version + 1, "chart_of_accounts": chart}))
    assert earned.lines
    assert list(variances(world)) == []


def test_what_is_accrued_of_an_invoice_that_waits_is_compared(server: ForeignServer) -> None:
    life = waiting(miles("1"))
    life.world.erps[FOREIGN] = ForeignErp(server)
    life.world.use_erp(FOREIGN)
    life.use("2013-01-05", "100")
    run(life, 1)
    life.world.recognize(FEBRUARY)
    assert list(variances(life.world, "2012-12")) == []
    (accrued,) = [
        document
        for document in server.documents
        if document.reference == short_reference(f"{UA}-A-{JANUARY}", REFERENCE_LENGTH)
    ]
    accrued.lines = moved(accrued.lines, "4100", "4999")
    assert list(variances(life.world, "2012-12")) == [
        (Cause.ACCOUNT_DIFFERS, f"{UA}-A-{JANUARY}", account) for account in ("4100", "4999")
    ]


def test_what_is_dated_on_the_last_day_of_a_month_after_its_look_through_is_found_in_the_next_one(
    world: World, server: ForeignServer
) -> None:
    stray = again(booked(world, server, number_of(world, UA)), reference="BANK-8", day=date(2013, 2, 28))
    server.documents.append(stray)
    result = reconcile_all(
        legal_entity=INC,
        period=None,
        now=datetime(2013, 3, 2, 6, tzinfo=UTC),
        sources=world.reconciliation_sources(),
    )
    assert (result.reconciled, result.variances) == ((f"{INC}.{JANUARY}", f"{INC}.{FEBRUARY}"), 1)


def test_what_others_post_in_an_erp_that_a_legal_entity_has_left_is_found(world: World, server: ForeignServer) -> None:
    server.documents.append(again(booked(world, server, number_of(world, UA)), reference="BANK-9"))
    world.use_erp(EMBEDDED_LEDGER)
    assert list(variances(world)) == [(Cause.NOT_INVOICED, "BANK-9", "")]
