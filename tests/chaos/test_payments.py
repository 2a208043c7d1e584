"""Messages about payments come in any order, often, and half done.

What lasts must be that of payments that nothing disturbed: each receipt once, each entry of the books once, and both
equations of cash to the unit. That each step is killed at each of its calls is in test_faults.py.
"""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.conservation.cash import cash_statement
from billproof.errors import NotFound
from billproof.payments.model import ReceiptStatus
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.statements import MovementKind
from tests.support.balances import FEB, JAN
from tests.support.bank_days import NOW, entry, of_day, put
from tests.support.cash import balance_of, booked, by_number, cash_world, number_of, open_of, receivables_of, usd
from tests.support.faults import Killed, fused
from tests.support.gateways import gateway_world, on_accounts
from tests.support.histories import ended
from tests.support.histories_of_money import CARD, PAYMENTS, card_report, payout_at_the_bank
from tests.support.levels import LEVEL
from tests.support.verifying import verified
from tests.support.world import INC, World


def test_payments_that_nothing_disturbed_come_to_what_was_worked_out_by_hand() -> None:
    """30.00 of January are taken back; of February's 20.00 + 7.00 the 7.00 were wrong; by card 10.00 go back."""
    world = ended(PAYMENTS)
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(30), usd(10))
    assert on_accounts(ended(CARD)) == {"cash": "47.66", "fees": "2.34", "receivable": "-50.00"}


DELIVERIES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60), st.booleans()), max_size=12)
"""Which message is delivered, and at which call its taker dies, before or after its effect."""


@settings(max_examples=10 * LEVEL)
@given(DELIVERIES)
def test_messages_in_any_order_often_and_half_done_come_to_the_same_books(
    deliveries: list[tuple[int, int, bool]],
) -> None:
    """20.00 and 10.00 for January, 25.00 for February; 5.00 of the 10.00 are taken back, and 5.00 pay nothing then."""
    world = cash_world(JAN, FEB)
    paid = [entry("20", 5, reference="a", remittance=number_of(world, JAN))]
    paid += [entry("10", 5, reference="b", remittance=number_of(world, JAN))]
    paid += [entry("25", 5, reference="c", remittance=number_of(world, FEB))]
    back = entry("-5", 5, kind=MovementKind.REVERSAL, reference="b")
    put(world, of_day(5, "0", *paid, back))
    bodies, fuse = list(world.payment_events.bodies), fused(world)
    for place, kill_at, after_effect in deliveries:
        fuse.arm(kill_at + 1, after_effect=after_effect)
        _taken(world, bodies[place % len(bodies)])
    fuse.arm(None)
    for body in [*bodies, *bodies]:  # what failed is delivered again; a return is known once its receipt is
        _taken(world, body)
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(10), usd(5))
    states = list(world.cash_book.received(INC))
    assert [state.status for state in states if state.receipt.reference in {"a", "c"}] == [ReceiptStatus.APPLIED] * 2
    assert cash_statement(receivables_of(world), world.dispute_book).balances
    balances = balance_of([document for state in states for document in booked(world, state)])
    assert balances == {"cash": "50.00", "unapplied": "-5.00", "receivable": "-45.00"}
    world.settle()
    assert verified(world).findings == ()


def _taken(world: World, body: str) -> None:
    with contextlib.suppress(Killed, NotFound):
        apply_payment(read_payment_event(body), sources=world.cash_sources(NOW), matcher=by_number, erps=world.erps)


@settings(max_examples=10 * LEVEL)
@given(st.permutations(range(9)), DELIVERIES)
def test_movements_in_any_order_often_and_half_done_come_to_the_same_books(
    order: list[int], deliveries: list[tuple[int, int, bool]]
) -> None:
    """The bank's credit is the last of the messages: wherever it comes, it is the payout and nobody's payment."""
    world = gateway_world(JAN, FEB)
    card_report(world)
    payout_at_the_bank(world)
    bodies, fuse = list(world.payment_events.bodies), fused(world)
    assert len(bodies) == len(order)
    for place, kill_at, after_effect in deliveries:
        fuse.arm(kill_at + 1, after_effect=after_effect)
        _taken(world, bodies[place % len(bodies)])
    fuse.arm(None)
    for place in order:
        _taken(world, bodies[place])
    assert on_accounts(world) == {"cash": "47.66", "fees": "2.34", "receivable": "-50.00"}
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(10), usd(0))
    assert cash_statement(receivables_of(world), world.dispute_book).balances
    world.settle()
    assert verified(world).findings == ()
