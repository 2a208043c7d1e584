"""Payments are killed at their port calls and done again; messages come in any order, often, and half done.

What lasts must be that of payments that nothing disturbed: each receipt once, each entry of the books once, and both
equations of cash to the unit.
"""

import contextlib
import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.conservation.cash import cash_statement
from billproof.errors import NotFound
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import PaidInvoice, ReceiptDecision, ReceiptVerdict
from billproof.payments.model import ReceiptStatus
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.statements import MovementKind
from tests.support.balances import FEB, JAN
from tests.support.bank_days import NOW, entry, of_day, put
from tests.support.cash import balance_of, booked, by_number, cash_world, number_of, open_of, receivables_of, usd
from tests.support.faults import Fuse, Killed, fused, restore, snapshot, state_of
from tests.support.gateways import gateway_world, on_accounts, report
from tests.support.levels import LEVEL, SEED
from tests.support.verifying import verified
from tests.support.world import INC, World

type Step = Callable[[World], object]


def first_file(world: World) -> None:
    """30.00 that name January, 20.00 of February's 30.00, and 7.00 of nobody."""
    entries = (
        entry("30", 5, reference="r-1", remittance=number_of(world, JAN)),
        entry("20", 5, reference="r-2", remittance=number_of(world, FEB)),
        entry("7", 5, reference="r-3", remittance="thank you"),
    )
    put(world, of_day(5, "100", *entries), name="first.xml")


def second_file(world: World) -> None:
    """The bank takes January's 30.00 back."""
    back = entry("-30", 6, kind=MovementKind.REVERSAL, reference="r-1")
    put(world, of_day(6, "157", back), name="second.xml")


def deliver(world: World) -> None:
    """Take every message, and only then forget them."""
    for body in world.payment_events.bodies:
        apply_payment(read_payment_event(body), sources=world.cash_sources(NOW), matcher=by_number, erps=world.erps)
    world.payment_events.bodies.clear()


def decide(world: World) -> None:
    """Ben knows whose the 7.00 are: a part of February."""
    (unknown,) = (state for state in world.cash_book.received(INC) if state.receipt.reference == "r-3")
    wanted = ReceiptDecision(
        legal_entity=INC,
        receipt=unknown.receipt.id,
        verdict=ReceiptVerdict.APPLIED,
        account="UA",
        pays=(PaidInvoice(number=number_of(world, FEB), amount=Decimal(7)),),
        reason="the customer told us on the telephone",
    )
    decide_receipt(wanted, decided_by="ben", sources=world.cash_sources(NOW), events=world.payment_events)


STEPS: list[Step] = [first_file, deliver, decide, deliver, second_file, deliver]
NAMES = ["file", "apply", "decide", "book", "return", "take-back"]


def lasting(world: World) -> dict[str, object]:
    return {**state_of(world), "payment-events": set(world.payment_events.bodies)}


def kept(world: World) -> Callable[[], None]:
    """Return what puts a world back to where it is."""
    copy, bodies = snapshot(world), list(world.payment_events.bodies)

    def put_back() -> None:
        restore(world, copy)
        world.payment_events.bodies = list(bodies)

    return put_back


def with_fuse(world: World) -> Fuse:
    fuse = fused(world)
    world.payment_events.send = fuse.around(world.payment_events.send)  # type: ignore[method-assign]
    return fuse


@pytest.fixture(scope="module")
def undisturbed() -> list[dict[str, object]]:
    world, states = cash_world(JAN, FEB), []
    for step in STEPS:
        step(world)
        states.append(lasting(world))
    assert (open_of(world, JAN), open_of(world, FEB)) == (usd(30), usd(3))
    return states


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(len(STEPS)), ids=NAMES)
def test_payments_that_were_killed_anywhere_and_done_again_leave_the_same_state(
    *, number: int, after_effect: bool, undisturbed: list[dict[str, object]], request: pytest.FixtureRequest
) -> None:
    world = cash_world(JAN, FEB)
    for step in STEPS[:number]:
        step(world)
    put_back, fuse = kept(world), with_fuse(world)
    STEPS[number](world)
    stride = max(1, round(fuse.calls / request.config.getoption("--chaos-points")))
    for kill_at in range(random.Random(SEED).randint(1, stride), fuse.calls + 1, stride):
        put_back()
        fuse.arm(kill_at, after_effect=after_effect)
        with pytest.raises(Killed):
            STEPS[number](world)
        fuse.arm(None)
        STEPS[number](world)
        assert lasting(world) == undisturbed[number], f"killed at call {kill_at}, seed {SEED}"
        world.settle()
        assert verified(world).findings == (), f"killed at call {kill_at}, seed {SEED}"


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
    bodies, fuse = list(world.payment_events.bodies), with_fuse(world)
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


def card_report(world: World) -> None:
    """January and February by card; 10.00 go back, a bank takes February's, and gives it back."""
    number, other = number_of(world, JAN), number_of(world, FEB)
    rows = (
        f"2013-02-04,charge,ch-1,,po-1,30.00,1.17,,{number}",
        "2013-02-05,refund,re-1,ch-1,po-1,-10.00,,,",
        f"2013-02-04,charge,ch-2,,po-1,30.00,1.17,,{other}",
        "2013-02-05,chargeback,dp-1,ch-2,po-1,-30.00,,,",
        "2013-02-06,reversal,dp-1,ch-2,po-1,30.00,,,",
        "2013-02-07,payout,po-1,,,-47.66,,,",
    )
    report(world, *rows)


def payout_at_the_bank(world: World) -> None:
    put(world, of_day(8, "0", entry("47.66", 8, reference="p-1", remittance="Card Processor")), name="payout.xml")


BY_CARD: list[Step] = [card_report, deliver, payout_at_the_bank, deliver]


@pytest.fixture(scope="module")
def undisturbed_by_card() -> list[dict[str, object]]:
    world, states = gateway_world(JAN, FEB), []
    for step in BY_CARD:
        step(world)
        states.append(lasting(world))
    assert on_accounts(world) == {"cash": "47.66", "fees": "2.34", "receivable": "-50.00"}
    return states


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(len(BY_CARD)), ids=["report", "movements", "payout", "found"])
def test_what_gateways_tell_is_taken_once_wherever_it_was_killed(
    *, number: int, after_effect: bool, undisturbed_by_card: list[dict[str, object]], request: pytest.FixtureRequest
) -> None:
    world = gateway_world(JAN, FEB)
    for step in BY_CARD[:number]:
        step(world)
    put_back, fuse = kept(world), with_fuse(world)
    BY_CARD[number](world)
    stride = max(1, round(fuse.calls / request.config.getoption("--chaos-points")))
    for kill_at in range(random.Random(SEED).randint(1, stride), fuse.calls + 1, stride):
        put_back()
        fuse.arm(kill_at, after_effect=after_effect)
        with pytest.raises(Killed):
            BY_CARD[number](world)
        fuse.arm(None)
        BY_CARD[number](world)
        assert lasting(world) == undisturbed_by_card[number], f"killed at call {kill_at}, seed {SEED}"
        world.settle()
        assert verified(world).findings == (), f"killed at call {kill_at}, seed {SEED}"


@settings(max_examples=10 * LEVEL)
@given(st.permutations(range(9)), DELIVERIES)
def test_movements_in_any_order_often_and_half_done_come_to_the_same_books(
    order: list[int], deliveries: list[tuple[int, int, bool]]
) -> None:
    """The bank's credit is the last of the messages: wherever it comes, it is the payout and nobody's payment."""
    world = gateway_world(JAN, FEB)
    card_report(world)
    payout_at_the_bank(world)
    bodies, fuse = list(world.payment_events.bodies), with_fuse(world)
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
