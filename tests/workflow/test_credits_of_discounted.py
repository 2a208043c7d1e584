"""A credit note of an invoice of which a cash discount was taken gives back what was paid, and no more; by hand.

US was billed 5,712.00 EUR, of it 912.00 German VAT, and paid 5,597.76: 96.00 and 18.24 were taken off.
"""

from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.desk import CashDecision, CashDesk
from billproof.payments.refunds_due import refunds_due
from tests.support.discounts_taken import GERMAN, LAST_DAY, TODAY, balances, discount_world, open_of, pay
from tests.support.world import EUROPE, World


@pytest.fixture
def world() -> World:
    world = discount_world()
    entity = world.directory.legal_entity(EUROPE)
    document = entity.model_dump(mode="json") | {"version": entity.version + 1, "balance_limits": {"EUR": "10000"}}
    document["chart_of_accounts"]["customer_balance"] = "2300"
    world.publish(LegalEntity.model_validate(document))
    return world


@pytest.mark.parametrize("to_balance", [True, False])
def test_all_of_it_is_not_given_back_where_a_discount_was_taken(world: World, *, to_balance: bool) -> None:
    pay(world, "5597.76", LAST_DAY)
    refused = "a discount of 114.24 EUR was taken of it, and 5597.76 EUR are left with tax"
    with pytest.raises(InvalidInput, match=refused):
        world.credit(GERMAN, to_balance=to_balance)


def test_what_was_paid_is_left_to_the_balance_and_no_tax_is_given_back_twice(world: World) -> None:
    """4,704.00 at 19 % are 893.76 of tax: with the 18.24 of the discount that is all of 912.00."""
    pay(world, "5597.76", LAST_DAY)
    note = world.credit_and_approve(
        GERMAN, lines=[{"line": "implementation:2013-01", "amount": "4704"}], to_balance=True
    )
    assert (note.totals.gross, note.totals.tax) == (Money.of("-5597.76", "EUR"), Money.of("-893.76", "EUR"))
    released = world.register.released(note.id)
    assert released is not None
    assert released.balance is not None
    assert released.balance.left == Money.of("5597.76", "EUR")
    assert open_of(world) == Money.of(0, "EUR")
    assert balances(world)
    with pytest.raises(InvalidInput, match=r"and 0\.00 EUR are left with tax"):
        world.credit(GERMAN, "C-2", lines=[{"line": "implementation:2013-01", "amount": "0.01"}], to_balance=True)


def test_a_refund_of_all_of_it_is_what_was_paid(world: World) -> None:
    pay(world, "5597.76", LAST_DAY)
    world.credit_and_approve(GERMAN, refund=True)
    (due,) = refunds_due(world.cash_sources().receivables(EUROPE))
    assert due.amount == Money.of("5597.76", "EUR")


def test_once_the_receipt_is_reversed_all_of_it_may_be_given_back(world: World) -> None:
    state = pay(world, "5597.76", LAST_DAY)
    entity, receivables = world.directory.legal_entity(EUROPE), world.cash_sources().receivables(EUROPE)
    desk = CashDesk(entity, world.cash_book, receivables, 7, TODAY)
    desk.reverse(state.receipt.id, CashDecision(by="ben", reason="another customer's"))
    assert world.credit_and_approve(GERMAN).totals.gross == Money.of("-5712.00", "EUR")
    assert open_of(world) == Money.of(0, "EUR")


def test_a_note_that_waits_while_a_discount_is_taken_is_not_released(world: World) -> None:
    asked = world.credit(GERMAN, to_balance=True)
    pay(world, "5597.76", LAST_DAY)
    assert world.decide(asked.exception, "approved", "ben").outcome == "decided"
    applied = world.apply(asked.exception)
    assert applied.outcome == "outdated"
    assert "a discount of 114.24 EUR was taken of it, and 5597.76 EUR are left with tax" in (applied.reason or "")
    assert world.register.released(asked.document) is None
    assert world.apply(asked.exception) == applied


@pytest.mark.parametrize("refund", [True, False])
def test_who_approves_a_part_is_told_what_of_it_was_not_paid(world: World, *, refund: bool) -> None:
    """Half of 5,712.00 is 2,856.00, of which 2 % were taken off."""
    pay(world, "5597.76", LAST_DAY)
    asked = world.credit(GERMAN, lines=[{"line": "implementation:2013-01", "amount": "2400"}], refund=refund)
    findings = {one.code: one for one in world.exception_store.state(asked.exception).opened.findings}
    assert findings["credit_of_discounted"].amount_at_risk == Money.of("57.12", "EUR")
    assert "otherwise reject it and ask for 2798.88 EUR with tax" in findings["credit_of_discounted"].remedy


@pytest.mark.parametrize(
    "terms",
    [
        {"refund": True},
        {"lines": [{"line": "implementation:2013-01", "amount": "4704"}]},
        {"lines": [{"line": "implementation:2013-01", "amount": "4704"}], "refund": True},
    ],
    ids=["all of it", "what was paid", "what was paid, refunded"],
)
def test_nobody_is_told_so_of_all_that_was_paid_or_where_nothing_was_taken(world: World, terms: dict[str, Any]) -> None:
    pay(world, "5597.76", LAST_DAY)
    of_all = world.credit(GERMAN, **terms)
    undiscounted = discount_world()
    pay(undiscounted, "5712.00", LAST_DAY)
    of_a_part = undiscounted.credit(GERMAN, lines=[{"line": "implementation:2013-01", "amount": "2400"}])
    for place, asked in ((world, of_all), (undiscounted, of_a_part)):
        findings = place.exception_store.state(asked.exception).opened.findings
        assert "credit_of_discounted" not in {one.code for one in findings}
