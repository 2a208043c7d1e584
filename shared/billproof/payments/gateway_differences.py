"""What a gateway gave back beyond what it took, and what it took beyond what was paid: a person decides what that is.

dispute 20, won 25      25 arrived: 20 pay what the dispute had opened, and 5 pay nothing until somebody decides:
other income, or the customer's (it stays on the account, pays another invoice, goes back)
charge 20, refund 30    nothing goes back of the books until somebody decides that we bear the 10, as less other
income; then all 30 go back
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from billproof.errors import Conflict, InvalidInput
from billproof.masterdata.gateways import MovementOfGateway
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.cash import ReceiptState, ReceiptUse
from billproof.payments.charge_money import GOES_BACK, gone_back, left_of, more_than_taken, reinstated
from billproof.payments.desk import CashDecision, CashDesk
from billproof.payments.entries import other_income
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.gateway_model import GatewayMovement
from billproof.payments.model import CashReceipt, Channel, UseKind, receipt_id

DECIDES = {UseKind.APPLIED, UseKind.RETURNED, UseKind.REFUNDED}
"""What a person may do with a receipt that says that all of it is the customer's, or was."""


@dataclass(frozen=True)
class GatewayDifference:
    """A win of more than was taken, or what cannot go back; `amount` is what a person is to decide of it.

    It is above zero where the gateway gave more, below zero where it took more.
    """

    movement: GatewayMovement
    receipt: str
    amount: Money


def differences_of(
    entity: str, source: str, charge: str, *, book: GatewayBook, cash: CashBook
) -> Iterator[GatewayDifference]:
    """Yield what of a charge waits for a person, as it is now; nothing where the gateway did not tell of the charge."""
    of_charge = book.of_charge(entity, source, charge)
    wins = [one for one in of_charge if one.movement is MovementOfGateway.DISPUTE_WON]
    paid = receipt_id(entity, Channel.GATEWAY, source, charge)
    known = (cash.find(entity, receipt) for receipt in (paid, *(reinstated(won).id for won in wins)))
    states = [state for state in known if state is not None]
    of_receipt = {state.receipt.id: state for state in states}
    for won in wins:
        state = of_receipt.get(reinstated(won).id)
        more = Money.zero(won.amount.currency) if state is None else _undecided(won, state, of_charge)
        if state is not None and more.amount > 0:
            yield GatewayDifference(won, state.receipt.id, more)
    for movement in of_charge if paid in of_receipt else ():
        rest, left = -movement.amount - gone_back(movement, states), left_of(states, movement.amount.currency)
        if movement.movement in GOES_BACK and rest.amount > left.amount:
            yield GatewayDifference(movement, paid, left - rest)


def _undecided(won: GatewayMovement, state: ReceiptState, of_charge: Sequence[GatewayMovement]) -> Money:
    more = more_than_taken(won, of_charge) - state.gateway_difference.amount
    more = min(more, state.left.amount, key=lambda money: money.amount)  # what else went back is nobody's question
    is_customers = any(use.decided_by and use.kind in DECIDES for use in state.uses)
    return Money.zero(more.currency) if is_customers else more


def charge_of(receipt: CashReceipt, book: GatewayBook) -> str | None:
    """Return the charge whose money a receipt of a gateway is: what it brought, or what a won dispute brought again."""
    if receipt.channel is not Channel.GATEWAY:
        return None
    month = book.of_month(receipt.legal_entity, receipt.source, f"{receipt.booked_on:%Y-%m}")
    wins = (one for one in month if one.movement is MovementOfGateway.DISPUTE_WON)
    return next((one.original for one in wins if reinstated(one).id == receipt.id), receipt.reference)


def decide_difference(
    receipt: str, amount: Money, decision: CashDecision, *, desk: CashDesk, book: GatewayBook
) -> ReceiptState:
    """Book a gateway's difference as a person decides; the same decision again changes nothing.

    Raises InvalidInput where the chart of accounts has no account for it, or no so large difference waits for that
    receipt, and Conflict for another amount for the same reason.
    """
    other_income(desk.entity)

    def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
        same = [use.amount for use in state.uses if use.kind is UseKind.GATEWAY_DIFFERENCE and decision.is_why(use)]
        if same:
            if all(before is not None and abs(before.amount) == amount.amount for before in same):
                return None
            message = "another amount was decided for the same reason: what is another needs another reason"
            raise Conflict(message)
        waits = _waiting(state, desk.book, book)
        if amount.amount <= 0 or amount.amount > abs(waits.amount):
            message = f"{amount} is no difference of a gateway: {abs(waits.amount)} of this receipt wait for a decision"
            raise InvalidInput(message)
        signed = amount if waits.amount > 0 else -amount
        return [
            ReceiptUse(
                ordinal=state.next_ordinal,
                kind=UseKind.GATEWAY_DIFFERENCE,
                day=desk.today,
                amount=signed,
                booked=signed,
                decided_by=decision.by,
                reason=decision.reason,
            )
        ]

    return desk.change(receipt, plan)


def _waiting(state: ReceiptState, cash: CashBook, book: GatewayBook) -> Money:
    """Return what of a receipt waits for a decision: no more of what a win brought than pays nothing yet."""
    receipt, charge = state.receipt, charge_of(state.receipt, book)
    if charge is None:
        return Money.zero(receipt.amount.currency)
    differences = differences_of(receipt.legal_entity, receipt.source, charge, book=book, cash=cash)
    waits = Money.zero(state.receipt.amount.currency)
    waits = waits.plus(one.amount for one in differences if one.receipt == state.receipt.id)
    return min(waits, state.unapplied.amount, key=lambda money: money.amount)
