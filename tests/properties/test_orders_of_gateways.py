"""Whatever happened to a charge, and in whichever order and how often a gateway tells of it: the state is the same."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billproof.conservation.cash import cash_statement
from billproof.errors import BillproofError
from billproof.payments.model import UseKind
from billproof.payments.settlement import gateway_balance
from billproof.receivables.disputes import CreditOutcomes, DisputeStatus
from tests.support.balances import JAN
from tests.support.cash import open_of, receivables_of, usd
from tests.support.gateways import charge_row, gateway_world, on_accounts, report, take_message
from tests.support.levels import LEVEL
from tests.support.world import INC, World

WHOLE = 3_000


def row(text: str, name: str, cents: int) -> str:
    return f"2013-02-07,{text},{name},ch-1,,{Decimal(cents) / 100:.2f},,,"


@st.composite
def lives(draw: st.DrawFn) -> list[str]:
    """Draw what happened to a charge of 30.00: never more went back than was there; a win may bring 5.00 too much."""
    left, disputed, rows = WHOLE, dict[str, int](), list[str]()
    for number in range(draw(st.integers(1, 5))):
        step = draw(st.sampled_from(["refund", "chargeback", "reversal"]))
        if step == "reversal" and disputed:
            name = draw(st.sampled_from(sorted(disputed)))
            cents = draw(st.sampled_from([disputed[name], (disputed[name] + 1) // 2, disputed[name] + 500]))
            del disputed[name]
            rows.append(row(step, name, cents))
            left += cents
        elif step != "reversal" and left > 0:
            cents = draw(st.one_of(st.just(left), st.integers(1, left)))
            rows.append(row(step, f"{step}-{number}", -cents))
            left -= cents
            if step == "chargeback":
                disputed[f"{step}-{number}"] = cents
    return rows


def told(world: World, bodies: Sequence[str]) -> None:
    for body in bodies:
        try:
            take_message(world, body)
        except BillproofError:
            continue  # a dead letter: nobody sends it again


def state_of(world: World) -> dict[str, object]:
    """Return what the books, the invoice, its disputes and reconciliation say."""
    statement = cash_statement(receivables_of(world), world.dispute_book)
    assert statement.balances
    (released,) = [equation for equation in statement.equations if equation.code == "invoices released"]
    states = list(world.cash_book.received(INC))
    gone = usd(0).plus(state.returned.amount + state.refunded.amount for state in states)
    parts = {name: Decimal(str(value)) for name, value in released.parts.items()}
    return {
        "books": on_accounts(world),
        "paid": parts["paid"],
        "open": parts["open"] + parts["disputed"],  # what a refund had opened before is no part of a dispute
        "unapplied": usd(0).plus(state.unapplied.amount for state in states).text,
        "gone": gone.text,
        "variances": [one.external_reference for one in world.reconcile(period=JAN).variances],
    }


REFUND_BEFORE_THE_WIN = [row("chargeback", "a", -3000), row("reversal", "a", 3000), row("refund", "b", -3000)]
LARGER_THAN_EACH = [row("chargeback", "a", -1250), row("reversal", "a", 1250), row("refund", "b", -3000)]
TWO_DISPUTES = [row("chargeback", "a", -1000), row("chargeback", "b", -500), row("reversal", "b", 500)]


@pytest.mark.long
@settings(max_examples=20 * LEVEL)
@given(lives(), st.randoms(use_true_random=False))
@example(REFUND_BEFORE_THE_WIN, Random(1))
@example(LARGER_THAN_EACH, Random(2))
@example(TWO_DISPUTES, Random(3))
def test_any_order_of_a_charges_movements_comes_to_the_same_state(rows: list[str], random: Random) -> None:
    world, other = gateway_world(JAN), gateway_world(JAN)
    report(world, charge_row(world), *rows)
    bodies = list(world.payment_events.bodies)
    told(world, bodies)
    mixed = bodies + random.sample(bodies, len(bodies) // 2)
    random.shuffle(mixed)
    told(other, mixed)
    assert state_of(other) == state_of(world)


def test_what_was_refused_is_done_once_a_win_brings_the_money() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world), *reversed(REFUND_BEFORE_THE_WIN))
    told(world, world.payment_events.bodies)
    assert on_accounts(world) == {"clearing": "-1.17", "fees": "1.17"}
    assert state_of(world)["variances"] == []


def test_a_refund_of_more_than_each_receipt_of_a_charge_goes_back_in_parts() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world), *LARGER_THAN_EACH)
    told(world, world.payment_events.bodies)
    uses = [use for state in world.cash_book.received(INC) for use in state.uses if use.kind is UseKind.REFUNDED]
    assert sorted((use.reference, str(use.amount)) for use in uses) == [
        ("refund/b", "17.50 USD"),
        ("refund/b/2", "12.50 USD"),
    ]


def test_a_win_of_a_part_or_of_another_dispute_leaves_a_dispute_open() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world), *TWO_DISPUTES)
    told(world, world.payment_events.bodies)
    status = {
        one.opened.reason.split()[1]: one.status(CreditOutcomes()) for one in world.dispute_book.of_account(INC, "UA")
    }
    assert status == {"a": DisputeStatus.OPEN, "b": DisputeStatus.REJECTED}
    part = gateway_world(JAN)
    report(part, charge_row(part), row("chargeback", "a", -1000), row("reversal", "a", 400))
    told(part, part.payment_events.bodies)
    (dispute,) = part.dispute_book.of_account(INC, "UA")
    assert (dispute.status(CreditOutcomes()), open_of(part, JAN)) == (DisputeStatus.OPEN, usd(6))


def test_the_fee_in_the_line_of_a_payout_is_settled_by_that_payout() -> None:
    world = gateway_world(JAN)
    report(world, charge_row(world), "2013-02-06,payout,po-1,,,-28.33,0.50,,")
    told(world, world.payment_events.bodies)
    (payout,) = gateway_balance(
        world.directory.legal_entity(INC).gateways[0], world.directory.legal_entity(INC), world.gateway_book
    ).payouts
    assert (payout.difference, payout.movements) == (usd(0), 3)
