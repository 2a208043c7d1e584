"""What a gateway holds, and what each of its payouts is made of: payout = charges - fees - refunds - disputes."""

from collections.abc import Iterable, Iterator

from billproof.masterdata.gateways import GatewayAccount, MovementOfGateway
from billproof.masterdata.parties import LegalEntity
from billproof.model import Day, Model
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.charge_money import GOES_BACK, gone_back, left_of, receipt_of, reinstated
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.gateway_model import OF_A_CHARGE, GatewayMovement, is_due


class SettledPayout(Model):
    """A payout: what it settles by movement, what that leaves unexplained, and the receipt of the bank, if found."""

    payout: str
    booked_on: Day
    amount: Money
    movements: int
    settles: dict[MovementOfGateway, Money]
    difference: Money
    receipt: str | None

    @property
    def is_sound(self) -> bool:
        """Whether it is what it settles, and arrived."""
        return self.difference.is_zero and self.receipt is not None


class GatewayBalance(Model):
    """What a gateway did in all, and what it holds: what its clearing account has to hold is `held` and `on_the_way`.

    `held` was not paid out; `on_the_way` was, and was not found at the bank.
    """

    gateway: str
    totals: dict[MovementOfGateway, Money]
    held: Money
    on_the_way: Money
    payouts: tuple[SettledPayout, ...]


def settled_payout(payout: GatewayMovement, book: GatewayBook) -> SettledPayout:
    """Return what a payout is made of, as its gateway told."""
    items = book.items(payout.legal_entity, payout.source, payout.reference)
    settles = totals_of(items, payout.amount.currency)
    return SettledPayout(
        payout=payout.reference,
        booked_on=payout.booked_on,
        amount=-payout.amount,
        movements=len(items),
        settles=settles,
        difference=-payout.amount - _sum(settles.values(), payout.amount.currency),
        receipt=book.receipt_of_payout(payout.legal_entity, payout.source, payout.reference),
    )


def gateway_balance(gateway: GatewayAccount, entity: LegalEntity, book: GatewayBook) -> GatewayBalance:
    """Return what a gateway holds as it is now; every movement that it told of is read."""
    totals = totals_of(book.of_month(entity.id, gateway.source, ""), entity.currency)
    payouts = tuple(settled_payout(payout, book) for payout in book.payouts(entity.id, gateway.source))
    return GatewayBalance(
        gateway=gateway.source,
        totals=totals,
        held=_sum(totals.values(), entity.currency),
        on_the_way=_sum((payout.amount for payout in payouts if payout.receipt is None), entity.currency),
        payouts=payouts,
    )


def unknown_charges(movements: Iterable[GatewayMovement], book: GatewayBook) -> Iterator[GatewayMovement]:
    """Yield the refunds and disputes of which their gateway did not tell the charge or dispute: they wait for that."""
    for movement in movements:
        if movement.movement in OF_A_CHARGE and movement.original is not None:
            whose = (movement.legal_entity, movement.source, MovementOfGateway.CHARGE, movement.original)
            of_charge = book.of_charge(movement.legal_entity, movement.source, movement.original)
            if book.find(*whose) is None or not is_due(movement, of_charge):
                yield movement


def not_done(movements: Iterable[GatewayMovement], book: GatewayBook, cash: CashBook) -> Iterator[GatewayMovement]:
    """Yield the refunds and disputes of known charges of which no receipt went back, and wins that none brought.

    They were kept, and what took them in died; what is more than there is to go back is a gateway's difference.
    """
    for movement in movements:
        if movement.movement not in OF_A_CHARGE or movement.original is None:
            continue
        of_charge = book.of_charge(movement.legal_entity, movement.source, movement.original)
        charge = book.find(movement.legal_entity, movement.source, MovementOfGateway.CHARGE, movement.original)
        if charge is None or not is_due(movement, of_charge) or movement.amount.is_zero:
            continue
        won = (reinstated(one) for one in of_charge if one.movement is MovementOfGateway.DISPUTE_WON)
        receipts = (cash.find(movement.legal_entity, receipt.id) for receipt in (receipt_of(charge), *won))
        states = [state for state in receipts if state is not None]
        if movement.movement in GOES_BACK:
            rest = -movement.amount - gone_back(movement, states)
            is_done = bool(states) and (rest.is_zero or rest.amount > left_of(states, rest.currency).amount)
        else:
            is_done = any(state.receipt.id == reinstated(movement).id for state in states)
        if not is_done:
            yield movement


def totals_of(movements: Iterable[GatewayMovement], currency: str) -> dict[MovementOfGateway, Money]:
    """Add movements up by what they are, in the order of the closed list."""
    totals: dict[MovementOfGateway, Money] = {}
    for one in movements:
        totals[one.movement] = totals.get(one.movement, Money.zero(currency)) + one.amount
    return {movement: totals[movement] for movement in MovementOfGateway if movement in totals}


def _sum(amounts: Iterable[Money], currency: str) -> Money:
    return Money.zero(currency).plus(amounts)
