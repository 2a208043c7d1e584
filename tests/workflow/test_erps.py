"""A month of a legal entity whose ERP is somebody else's: posted, reconciled, proved, corrected, earned."""

from datetime import date

import pytest

from billproof.conservation.service import balance_run
from billproof.erp.intent import intend
from billproof.erp.port import short_reference
from billproof.errors import Conflict, InvalidInput, PostingRejected
from billproof.identities import InvoiceId
from billproof.invoicing.facts import POSTED, POSTING, fact_key
from billproof.ledger.revenue import revenue_reference
from billproof.ledger.rules import invoice_entry
from billproof.masterdata.parties import EMBEDDED_LEDGER
from billproof.proof.service import prove_run
from billproof.reconciliation.model import Cause, Reconciliation
from tests.support.foreign_erp import Booked, ForeignErp, ForeignServer
from tests.support.world import INC, JANUARY, World, flight

RUN = f"{INC}-{JANUARY}-001"
UA, B6 = f"{INC}.{JANUARY}.UA", f"{INC}.{JANUARY}.B6"
FOREIGN = "erp-of-others"


def with_foreign(world: World) -> ForeignServer:
    server = ForeignServer()
    world.erps[FOREIGN] = ForeignErp(server)
    return server


@pytest.fixture
def world() -> World:
    """January is billed, and posted in the foreign ERP."""
    world = World()
    world.use_erp(FOREIGN)
    with_foreign(world)
    world.ingest([flight(1)])
    world.bill()
    world.post_all()
    return world


@pytest.fixture
def server(world: World) -> ForeignServer:
    foreign = world.erps[FOREIGN]
    assert isinstance(foreign, ForeignErp)
    return foreign.server


def number_of(world: World, document: str) -> str:
    released = world.register.released(document)
    assert released is not None
    return released.number


def booked(world: World, server: ForeignServer, document: str) -> Booked:
    (found,) = server.posted(INC, short_reference(number_of(world, document), 16))
    return found


def causes(result: Reconciliation) -> list[Cause]:
    return [variance.cause for variance in result.variances]


def test_a_month_in_another_erp_reconciles_balances_and_proves(world: World, server: ForeignServer) -> None:
    assert world.records["ledger"].items == {}
    result = world.reconcile()
    assert (result.outcome, result.invoices, result.postings) == ("balanced", 13, len(server.documents))
    assert result.posted_receivable == result.invoiced.gross
    assert balance_run(RUN, stores=world.stores()).balances
    proof = prove_run(RUN, stores=world.stores())
    assert proof.holds, proof.differences


def test_the_fact_of_a_posting_names_the_erp_and_its_number(world: World, server: ForeignServer) -> None:
    fact = world.register.fact(UA, POSTED) or {}
    assert fact["erp"] == FOREIGN
    assert fact["document"]["erp_id"] == booked(world, server, UA).number
    assert fact["document"]["external_reference"] == short_reference(number_of(world, UA), 16)


def test_what_the_other_erp_holds_otherwise_is_a_variance_and_a_difference(world: World, server: ForeignServer) -> None:
    booked(world, server, UA).day = date(2013, 2, 2)
    assert causes(world.reconcile()) == [Cause.DATE_DIFFERS]
    proof = prove_run(RUN, stores=world.stores())
    (difference,) = proof.differences
    assert difference.stated.startswith("2013-02-02 USD 1100 ")
    assert difference.proved.startswith("2013-02-01 USD 1100 ")


def test_a_document_that_the_erp_moved_to_another_month_is_found_by_its_reference(
    world: World, server: ForeignServer
) -> None:
    booked(world, server, UA).day = date(2013, 3, 1)
    assert causes(world.reconcile()) == [Cause.DATE_DIFFERS]


def test_a_currency_that_is_not_that_of_the_books_is_a_variance(world: World, server: ForeignServer) -> None:
    booked(world, server, UA).currency = "EUR"
    result = world.reconcile()
    assert causes(result) == [Cause.CURRENCY_DIFFERS]
    assert result.posted_receivable != result.invoiced.gross
    assert not prove_run(RUN, stores=world.stores()).holds


def test_an_invoice_that_the_erp_took_twice_is_a_variance(world: World, server: ForeignServer) -> None:
    twin = booked(world, server, UA)
    server.documents.append(Booked(**{**vars(twin), "number": "FI-TWIN"}))
    result = world.reconcile()
    assert causes(result) == [Cause.POSTED_TWICE]
    assert result.variances[0].posted == result.variances[0].invoiced + result.variances[0].invoiced
    assert not balance_run(RUN, stores=world.stores()).balances


def test_what_others_post_is_a_variance_and_our_own_documents_of_other_months_are_not(
    world: World, server: ForeignServer
) -> None:
    credit = world.credit_and_approve(UA)
    world.recognize("2013-02")
    stranger = booked(world, server, B6)
    server.documents.append(Booked(**{**vars(stranger), "number": "FI-9", "reference": "SOMEBODY"}))
    result = world.reconcile()
    assert [(variance.cause, variance.external_reference) for variance in result.variances] == [
        (Cause.NOT_INVOICED, "SOMEBODY")
    ]
    assert booked(world, server, credit.id).is_posted


def test_an_erp_that_is_not_configured_holds_the_posting_until_it_is() -> None:
    world = World()
    world.use_erp("tritton")
    world.ingest([flight(1)])
    world.bill()
    with pytest.raises(InvalidInput, match="the ERP tritton is not configured"):
        world.post(UA)
    assert world.register.fact(UA, POSTING) is None
    with_foreign(world)
    world.use_erp(FOREIGN)
    assert world.post(UA).erp == FOREIGN


def test_a_rejected_posting_is_not_posted_and_comes_through_once_the_remedy_is_done() -> None:
    world = World()
    world.use_erp(FOREIGN)
    server = with_foreign(world)
    server.blocked_parties.add("UA")
    world.ingest([flight(1)])
    world.bill()
    with pytest.raises(PostingRejected, match="UA is blocked") as rejected:
        world.post_all()
    assert "unblock the party" in rejected.value.remedy
    assert world.register.fact(UA, POSTED) is None
    assert Cause.NOT_POSTED in causes(world.reconcile())
    server.blocked_parties.clear()
    world.post_all()
    assert world.reconcile().outcome == "balanced"


def test_what_was_posted_stays_where_it_is_when_a_legal_entity_changes_its_erp() -> None:
    world = World()
    world.ingest([flight(1)])
    world.bill()
    world.post(UA)
    server = with_foreign(world)
    world.use_erp(FOREIGN)
    world.post_all()
    assert (world.register.fact(UA, POSTED) or {})["erp"] == EMBEDDED_LEDGER
    assert (world.register.fact(B6, POSTED) or {})["erp"] == FOREIGN
    credit = world.credit_and_approve(UA)
    world.recognize("2013-02")
    revenue = revenue_reference(number_of(world, UA), "2013-02")
    assert len(world.ledger.find(INC, number_of(world, credit.id))) == 1
    assert len(world.ledger.find(INC, revenue)) == 1
    assert server.posted(INC, short_reference(revenue, 16)) == []
    assert world.reconcile().outcome == "balanced"
    assert balance_run(RUN, stores=world.stores()).balances
    assert prove_run(RUN, stores=world.stores()).holds


def test_a_posting_that_was_under_way_ends_in_the_erp_that_it_was_meant_for(world: World) -> None:
    del world.records["invoices"].items[fact_key(InvoiceId.parse(UA), POSTED)]
    world.use_erp(EMBEDDED_LEDGER)
    posting = world.post(UA)
    assert (posting.erp, posting.outcome.value) == (FOREIGN, "adopted")


def test_revenue_that_is_rejected_stops_no_other_and_says_the_remedy(world: World, server: ForeignServer) -> None:
    server.blocked_parties.add("UA")
    before = len(server.documents)
    with pytest.raises(PostingRejected, match=r"1 of \d+ revenue entries of 2013-02 were rejected") as rejected:
        world.recognize("2013-02")
    assert "unblock the party" in rejected.value.remedy
    assert len(server.documents) > before
    server.blocked_parties.clear()
    assert world.recognize("2013-02").posted == 1


def test_an_intent_of_before_names_the_embedded_ledger_and_no_other(world: World) -> None:
    del world.records["invoices"].items[fact_key(InvoiceId.parse(UA), POSTED)]
    key = fact_key(InvoiceId.parse(UA), POSTING)
    intent = {name: value for name, value in (world.register.fact(UA, POSTING) or {}).items() if name != "erp"}
    world.records["invoices"].items[key] = {**intent, "schema_version": "billproof.posting-intent/1"}
    assert world.post(UA).erp == EMBEDDED_LEDGER


def test_two_deliveries_around_a_change_of_the_erp_do_not_post_in_both(world: World) -> None:
    released = world.register.released(UA)
    assert released is not None
    chart = world.directory.legal_entity(INC).chart_of_accounts
    entry = invoice_entry(world.invoice(UA), released, chart)
    with pytest.raises(Conflict, match=f"is to be posted in {FOREIGN}, not in embedded"):
        intend(entry, UA, erp=EMBEDDED_LEDGER, register=world.register)
