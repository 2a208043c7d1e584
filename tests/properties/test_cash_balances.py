"""Whatever happens to receipts, in any order, twice and refused: both equations of cash balance, and so do the books.

A ledger of the test's own, of a few lines, says what is open and what is left: it knows nothing of the cash book.
"""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.conservation.cash import cash_statement
from billproof.errors import InvalidInput
from billproof.payments.desk import CashDecision
from billproof.payments.model import UseKind
from tests.support.balances import FEB, JAN
from tests.support.cash import (
    balance_of,
    booked,
    cash_world,
    desk_of,
    number_of,
    open_of,
    receipt,
    receivables_of,
    take,
    usd,
)
from tests.support.levels import LEVEL
from tests.support.world import World

MONTHS = (JAN, FEB)
BILLED = 3000
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["take", "take again", "pay", "reverse", "return", "refund"]),
        st.integers(0, 3),
        st.integers(0, 1),
        st.integers(1, 4000),
    ),
    min_size=1,
    max_size=8,
)


class PlainLedger:
    """What is open of two invoices and left of receipts, in cents, by the rules as a person would apply them."""

    def __init__(self) -> None:
        self.open = dict.fromkeys(MONTHS, BILLED)
        self.left: dict[int, int] = {}
        self.paid: dict[int, list[tuple[str, int]]] = {}
        self.gone: dict[int, int] = {}

    def take(self, number: int, month: str, cents: int) -> None:
        paid = min(cents, self.open[month])
        self.left[number], self.paid[number], self.gone[number] = cents - paid, [], 0
        self._pay(number, month, paid)

    def _pay(self, number: int, month: str, cents: int) -> None:
        self.open[month] -= cents
        if cents:
            self.paid[number].append((month, cents))

    def pay(self, number: int, month: str, cents: int) -> bool:
        if cents > self.left[number] or cents > self.open[month]:
            return False
        self.left[number] -= cents
        self._pay(number, month, cents)
        return True

    def reverse(self, number: int) -> None:
        for month, cents in self.paid[number]:
            self.open[month] += cents
            self.left[number] += cents
        self.paid[number] = []

    def give_back(self, number: int, cents: int) -> bool:
        if cents > self.left[number] + sum(cents for _, cents in self.paid[number]):
            return False
        if cents > self.left[number]:
            self.reverse(number)
        self.left[number] -= cents
        self.gone[number] += cents
        return True


@pytest.mark.long
@settings(max_examples=15 * LEVEL, deadline=None)
@given(ACTIONS)
def test_whatever_happens_to_receipts_both_equations_balance(actions: list[tuple[str, int, int, int]]) -> None:
    world, ledger = cash_world(*MONTHS), PlainLedger()
    receipts: dict[int, str] = {}
    for step, (action, number, place, cents) in enumerate(actions):
        month, amount = MONTHS[place], usd(str(Decimal(cents) / 100))
        desk, by = desk_of(world), CashDecision(by="ben", reason=f"step {step}")
        if number not in receipts:
            state = take(world, receipt(amount, str(number), remittance=number_of(world, month)))
            receipts[number] = state.receipt.id
            ledger.take(number, month, cents)
            continue
        known = world.cash_book.state("skymeter-inc", receipts[number])
        try:
            match action:
                case "take" | "take again":
                    take(world, known.receipt)
                case "pay":
                    payments = [(number_of(world, month), amount)]
                    if ledger.pay(number, month, cents):
                        desk.decide(known.receipt.id, account="UA", payments=payments, decision=by)
                case "reverse":
                    desk.reverse(known.receipt.id, by)
                    ledger.reverse(number)
                case "return" | "refund":
                    kind = UseKind.RETURNED if action == "return" else UseKind.REFUNDED
                    desk.give_back(known.receipt.id, amount, kind, by)
                    assert ledger.give_back(number, cents)
        except InvalidInput:
            assert action in {"return", "refund"}
            assert not ledger.give_back(number, cents)
    _compare(world, ledger, receipts)


def _compare(world: World, ledger: PlainLedger, receipts: dict[int, str]) -> None:
    for month in MONTHS:
        assert open_of(world, month) == usd(str(Decimal(ledger.open[month]) / 100))
    states = {number: world.cash_book.state("skymeter-inc", name) for number, name in receipts.items()}
    for number, state in states.items():
        assert state.unapplied.amount.amount * 100 == ledger.left[number]
    statement = cash_statement(receivables_of(world), world.dispute_book)
    assert statement.balances, statement
    balances = balance_of([document for state in states.values() for document in booked(world, state)])
    open_cents = sum(ledger.open.values())
    assert Decimal(balances.get("receivable", "0")) * 100 == open_cents - BILLED * len(MONTHS)
    assert Decimal(balances.get("unapplied", "0")) * 100 == -sum(ledger.left.values())
    assert balances.keys() <= {"cash", "receivable", "unapplied"}
