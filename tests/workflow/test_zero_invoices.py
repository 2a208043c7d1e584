"""Invoices of nothing: kept as records, sent where the contract says so, numbered apart where the legal entity does."""

import pytest

from billproof.contracts.model import Contract, ZeroInvoices
from billproof.invoicing.delivery import Delivery, deliver_invoice
from billproof.proof.service import prove_run
from tests.support.world import INC, JANUARY, World, flight

UA, WN = f"{INC}.{JANUARY}.UA", f"{INC}.{JANUARY}.WN"


def world_of_nothing(zero_invoices: ZeroInvoices | None = None, *, numbers: bool = True) -> World:
    """UA pays 1.00 a flight and has none in January; everybody else is billed as in the demo."""
    world = World()
    contract = world.directory.contracts("UA")[0].model_dump(mode="json")
    charge = {
        "id": "flights",
        "name": "Flights",
        "product": "flights",
        "revenue_category": "usage",
        "effective": {"start": "2013-01-01"},
        "timing": "in_arrears",
        "meter": "flights_handled",
        "price": {"model": "per_unit", "unit_price": "1"},
    }
    terms = {"version": 2, "charges": [charge], "discounts": [], "commitments": [], "caps": [], "credits": []}
    more = {} if zero_invoices is None else {"zero_invoices": zero_invoices}
    world.publish(Contract.model_validate({**contract, **terms, **more}))
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": 2, "numbers_zero_invoices": numbers}))
    return world


def delivered(world: World, invoice: str) -> Delivery:
    delivered = deliver_invoice(
        invoice_id=invoice,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        render=lambda *_: b"pdf",
        mailer=world.mailer,
        sender="billing@skymeter.example",
        electronic=world.einvoices,
    )
    assert isinstance(delivered, Delivery)
    return delivered


@pytest.mark.parametrize(("term", "mails"), [(None, 0), (ZeroInvoices.KEPT, 0), (ZeroInvoices.SENT, 1)])
def test_an_invoice_of_nothing_is_a_record_unless_the_contract_has_it_sent(
    term: ZeroInvoices | None, mails: int
) -> None:
    world = world_of_nothing(term)
    world.bill()
    assert world.invoice(UA).totals.gross.is_zero
    before = world.register.facts(UA)
    assert before is not None
    assert before.sent == "no"
    delivery = delivered(world, UA)
    assert world.objects.get(delivery.pdf_key) == b"pdf"
    assert (int(delivery.mailed_to is not None), len(world.mailer.sent)) == (mails, mails)
    facts = world.register.facts(UA)
    assert facts is not None
    assert facts.sent == ("yes" if mails else "kept")
    assert delivered(world, UA) == delivery
    proof = prove_run(f"{INC}-{JANUARY}-001", stores=world.stores())
    assert [each for each in proof.differences if each.kind != "posting_missing" and "UA" in each.where] == []


def test_an_invoice_of_something_is_sent() -> None:
    world = world_of_nothing()
    world.ingest([flight(1)])
    world.bill()
    assert delivered(world, UA).mailed_to is not None


def test_they_are_left_out_of_the_number_series_where_the_legal_entity_says_so() -> None:
    world = world_of_nothing(numbers=False)
    world.bill()
    ours, other = world.register.released(UA), world.register.released(WN)
    assert ours is not None
    assert other is not None
    assert ours.number.startswith("SKY-US-Z-2013-")
    series = world.register.series(INC, 2013)
    assert UA not in series
    assert WN in series
    world.post_all()
    assert world.reconcile().variances == ()
    assert prove_run(f"{INC}-{JANUARY}-001", stores=world.stores()).holds


def test_they_are_numbered_as_any_other_by_default() -> None:
    world = world_of_nothing()
    world.bill()
    assert UA in world.register.series(INC, 2013)
