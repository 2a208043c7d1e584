"""What is wrong with what gateways told in a month: payouts, refunds of unknown charges, fees that are not posted.

So is what a gateway gave back beyond what it took, or took beyond what was paid, until a person decides what that is.
"""

from collections.abc import Iterable, Iterator

from billproof.masterdata.gateways import MovementOfGateway
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.book import CashBook
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.gateway_differences import differences_of
from billproof.payments.gateway_model import OF_A_CHARGE, GatewayMovement, movement_name
from billproof.payments.settlement import not_done, settled_payout, unknown_charges
from billproof.periods import Period
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.rules import variance


def compare_gateways(entity: LegalEntity, book: GatewayBook, cash: CashBook, month: Period) -> Iterator[Variance]:
    """Yield the payouts of a month that are not what they settle or not at the bank, and what waits or is not posted.

    Of a payout that differs the amounts are what it settles and what was paid out.
    """
    nothing = Money.zero(entity.currency)
    for gateway in entity.gateways:
        for payout_of in book.payouts(entity.id, gateway.source, month.name):
            payout = settled_payout(payout_of, book)
            differs, name = payout.amount - payout.difference, movement_name(gateway.source, payout.payout)
            if not payout.difference.is_zero:
                yield variance(Cause.PAYOUT_DIFFERS, invoice="", reference=name, invoiced=differs, posted=payout.amount)
            if payout.receipt is None:
                yield variance(
                    Cause.PAYOUT_NOT_FOUND, invoice="", reference=name, invoiced=payout.amount, posted=nothing
                )
        movements = list(book.of_month(entity.id, gateway.source, month.name))
        for waiting in unknown_charges(movements, book):
            name = movement_name(gateway.source, waiting.reference)
            yield variance(Cause.CHARGE_UNKNOWN, invoice="", reference=name, invoiced=waiting.amount, posted=nothing)
        for refused in not_done(movements, book, cash):
            name = movement_name(gateway.source, refused.reference)
            yield variance(Cause.CASH_NOT_POSTED, invoice="", reference=name, invoiced=refused.amount, posted=nothing)
        yield from _differences(movements, book, cash)
        for fee in movements:
            is_fee = fee.movement is MovementOfGateway.FEE
            if is_fee and cash.posting(entity.id, month.name, fee.id) is None:
                yield variance(
                    Cause.CASH_NOT_POSTED, invoice="", reference=fee.id, invoiced=-fee.amount, posted=nothing
                )


def _differences(movements: Iterable[GatewayMovement], book: GatewayBook, cash: CashBook) -> Iterator[Variance]:
    """Yield the movements of which a person is to decide: what was to be moved, and what the gateway moved."""
    for movement in movements:
        if movement.movement not in OF_A_CHARGE or movement.original is None:
            continue
        whose = (movement.legal_entity, movement.source, movement.original)
        for one in differences_of(*whose, book=book, cash=cash):
            if one.movement == movement:
                yield variance(
                    Cause.GATEWAY_DIFFERENCE,
                    invoice="",
                    reference=movement_name(movement.source, movement.reference),
                    invoiced=movement.amount - one.amount,
                    posted=movement.amount,
                    since=movement.booked_on,
                )
