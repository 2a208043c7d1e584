"""Whatever happens to receipts, day by day: what was open on a day stays so, and all of it is open by the statement.

Ageing reads documents and entries of accounts, the conservation statement the receipts: neither knows the other.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.approvals.policy import MatchingRules
from billproof.conservation.cash import RECEIVED, RELEASED, cash_statement
from billproof.errors import InvalidInput
from billproof.money import Money
from billproof.payments.desk import CashDecision
from billproof.payments.model import Allocation, CashReceipt, Match, UseKind
from billproof.payments.ports import OpenBook
from billproof.receivables.ageing import age_receivables
from billproof.receivables.dispute_notes import DisputeDecision, WantedDispute
from billproof.receivables.disputing import dispute_invoice, resolve_dispute
from billproof.receivables.model import Ageing
from billproof.receivables.statement import state_account
from tests.support.balances import FEB, JAN
from tests.support.cash import by_number, cash_world, desk_of, number_of, receipt, receivables_of, usd
from tests.support.levels import LEVEL
from tests.support.world import INC, World

FIRST = date(2013, 3, 4)
ACTIONS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from(["take", "take with charges", "reverse", "return", "refund", "dispute", "reject"]),
        st.integers(0, 2),
        st.sampled_from([JAN, FEB]),
        st.integers(1, 4000),
    ),
    min_size=1,
    max_size=7,
)


def with_charges(arrived: CashReceipt, book: OpenBook, rules: MatchingRules) -> Match:
    """Match by number, and let banks keep up to a cent of what is open besides."""
    match = by_number(arrived, book, rules)
    allocations = []
    for allocation in match.allocations:
        item = book.numbered(allocation.number)
        assert item is not None
        charges = min(item.open - allocation.paid, usd("0.01"), key=lambda money: money.amount)
        allocations.append(Allocation.model_validate({**dict(allocation), "charges": charges}))
    return match.model_copy(update={"allocations": tuple(allocations)})


@pytest.mark.long
@settings(max_examples=15 * LEVEL, deadline=None)
@given(ACTIONS)
def test_what_was_open_on_a_day_stays_so_and_agrees_with_the_statement(
    actions: list[tuple[int, str, int, str, int]],
) -> None:
    world, receipts, aged_on = cash_world(JAN, FEB), {}, {}
    for later, action, number, month, cents in sorted(actions, key=lambda action: action[0]):
        today, amount = FIRST + timedelta(days=later), usd(str(Decimal(cents) / 100))
        if number not in receipts:
            arrived = receipt(amount, str(number), remittance=number_of(world, month), booked_on=today.isoformat())
            matcher = with_charges if action == "take with charges" else by_number
            receipts[number] = desk_of(world, today=today).take(arrived, matcher, MatchingRules()).receipt.id
        else:
            _undo(world, today, receipts[number], action, amount)
            _dispute(world, today, action, month, amount)
        aged_on[today] = age_receivables(receivables_of(world), world.dispute_book, on=today)
        _agrees(aged_on[today], world, today)
    for day, ageing in aged_on.items():
        assert age_receivables(receivables_of(world), world.dispute_book, on=day) == ageing


def _undo(world: World, today: date, name: str, action: str, amount: Money) -> None:
    desk, decision = desk_of(world, today=today), CashDecision("ben", f"{action} of {amount} on {today}")
    try:
        if action == "reverse":
            desk.reverse(name, decision)
        elif action in {"return", "refund"}:
            kind = UseKind.RETURNED if action == "return" else UseKind.REFUNDED
            desk.give_back(name, amount, kind, decision)
    except InvalidInput:
        return


def _dispute(world: World, today: date, action: str, month: str, amount: Money) -> None:
    """Dispute a part of a month's fee, or reject the last dispute that is open."""
    receivables, book = receivables_of(world), world.dispute_book
    wanted = {"cause": "price", "owner": "billing", "deadline": "2013-12-31", "reason": f"{amount} on {today}"}
    line = {"invoice": f"{INC}.{month}.UA", "line": f"fee:{month}", "amount": str(amount.amount)}
    rejected = {"legal_entity": INC, "account": "UA", "verdict": "rejected", "reason": f"rejected on {today}"}
    waiting = [state for state in book.of_account(INC, "UA") if not state.decisions]
    try:
        if action == "dispute":
            dispute = WantedDispute.model_validate({**wanted, **line})
            dispute_invoice(dispute, opened_by="ana", receivables=receivables, book=book, today=today)
        elif action == "reject" and waiting:
            decision = DisputeDecision.model_validate({**rejected, "dispute": waiting[-1].opened.ordinal})
            resolve_dispute(
                decision,
                decided_by="ana",
                receivables=receivables,
                book=book,
                is_refused=lambda _: False,
                ask=lambda _: "",
                today=today,
            )
    except InvalidInput:
        return


def _agrees(ageing: Ageing, world: World, today: date) -> None:
    """Compare what is open and unapplied with the statement of cash, and with the account's own statement."""
    (whole,) = ageing.totals or (None,)
    equations = {
        equation.code: equation for equation in cash_statement(receivables_of(world), world.dispute_book).equations
    }
    whereabouts = equations[RELEASED].parts
    left, unapplied = whereabouts["open"] + whereabouts["disputed"], equations[RECEIVED].parts["unapplied"]
    assert (left, unapplied) == ((whole.open.amount, whole.unapplied.amount) if whole else (0, 0))
    if whole:
        assert whole.disputed.amount == whereabouts["disputed"]
        assert whole.open == whole.overpaid.plus(whole.buckets.values())
    (stated,) = state_account("UA", receivables_of(world), world.dispute_book, on=today, only_open=False).currencies
    assert stated.aged.open.amount == left
    assert stated.aged.open == usd(0).plus(document.open for document in stated.documents)
    for document in stated.documents:
        parts = (document.credited, document.written_off, document.given_up, document.paid, document.open)
        assert usd(0).plus(parts) == document.gross
    for arrived in stated.receipts:
        assert arrived.amount == arrived.gone_back.plus([arrived.unapplied, *(part.amount for part in arrived.pays)])
