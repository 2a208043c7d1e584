"""The money of one charge: what the charge brought, what won disputes brought again, and what goes back of either.

    charge 30 | refund 20 | dispute 30: waits, 10 are left | won 30: 40 are left, the dispute takes 30

What goes back is taken of the receipt that covers it, else of several, in parts: as much as was told, and never more
than there is. What is more than that waits for money that comes again. So it is the same in which order it is told.

What a win brings beyond what its dispute took, and what goes back beyond what was paid and never comes again, is for a
person to decide (gateway_differences.py). Until then the first pays nothing.
"""

from collections.abc import Iterable, Sequence

from billproof.masterdata.gateways import MovementOfGateway
from billproof.money import Money
from billproof.payments.cash import ReceiptState, ReceiptUse
from billproof.payments.desk import CashDecision
from billproof.payments.gateway_model import GatewayMovement, is_of, movement_name
from billproof.payments.model import CashReceipt, Channel

GOES_BACK = (MovementOfGateway.DISPUTE, MovementOfGateway.REFUND)


def receipt_of(charge: GatewayMovement) -> CashReceipt:
    """Return the receipt of a charge."""
    return CashReceipt(
        legal_entity=charge.legal_entity,
        channel=Channel.GATEWAY,
        source=charge.source,
        reference=charge.reference,
        amount=charge.amount,
        booked_on=charge.booked_on,
        payer=charge.payer,
        remittance=charge.remittance,
    )


def reinstated(won: GatewayMovement) -> CashReceipt:
    """Return the receipt of what a dispute that was won gave back."""
    return receipt_of(won).model_copy(update={"reference": why(won).reference})


def why(movement: GatewayMovement) -> CashDecision:
    """Return why a receipt went back: for nobody's decision, under the gateway's name of the refund or dispute."""
    reference = movement_name(movement.movement.value, movement.reference)
    return CashDecision(
        reason=f"{movement.source}: {movement.movement.value} {movement.reference}", reference=reference
    )


def why_in_part(movement: GatewayMovement, number: int) -> CashDecision:
    """Return why a receipt went back in the n-th part of a refund or dispute: the first one has its plain name."""
    whole = why(movement)
    return whole if number == 1 else whole._replace(reference=movement_name(whole.reference, str(number)))


def parts_of(movement: GatewayMovement, state: ReceiptState) -> list[ReceiptUse]:
    """Return what went back of a receipt because of a refund or dispute."""
    reference = why(movement).reference
    return [use for use in state.uses if use.reference == reference or use.reference.startswith(f"{reference}/")]


def more_than_taken(won: GatewayMovement, of_charge: Sequence[GatewayMovement]) -> Money:
    """Return what a win brought beyond what the dispute of its name took; nothing where that is not told."""
    nothing = Money.zero(won.amount.currency)
    taken = [one.amount for one in of_charge if one.movement is MovementOfGateway.DISPUTE and is_of(won, one)]
    return max(won.amount.plus(taken), nothing, key=lambda money: money.amount) if taken else nothing


def free_of(state: ReceiptState, of_charge: Sequence[GatewayMovement]) -> Money:
    """Return what of a receipt pays nothing yet and may pay: of what a win brought too much, people decide."""
    wins = (one for one in of_charge if one.movement is MovementOfGateway.DISPUTE_WON)
    won = next((one for one in wins if reinstated(one).id == state.receipt.id), None)
    unapplied = state.unapplied.amount
    return unapplied if won is None else unapplied - more_than_taken(won, of_charge)


def gone_back(movement: GatewayMovement, states: Iterable[ReceiptState]) -> Money:
    """Return what went back because of a refund or dispute."""
    parts = [use.amount for state in states for use in parts_of(movement, state) if use.amount is not None]
    return Money.zero(movement.amount.currency).plus(parts)


def left_of(states: Iterable[ReceiptState], currency: str) -> Money:
    """Return what of a charge's money did not go back."""
    return Money.zero(currency).plus(state.left.amount for state in states)


def shares(amount: Money, states: Sequence[ReceiptState]) -> list[tuple[str, Money]]:
    """Divide what is to go back among receipts: all of the first that covers it, else of one after the other."""
    whole = next((state for state in states if state.left.amount.amount >= amount.amount), None)
    divided, left = list[tuple[str, Money]](), amount
    for state in [whole] if whole is not None else states:
        share = min(left, state.left.amount, key=lambda money: money.amount)
        if share.amount > 0:
            divided.append((state.receipt.id, share))
            left = left - share
    return divided


def rejected_by(won: GatewayMovement, of_charge: Sequence[GatewayMovement]) -> list[GatewayMovement]:
    """Return the dispute that a win is of, the one of its name, where that came back as a whole."""
    same = [one for one in of_charge if is_of(won, one)]
    disputes = [one for one in same if one.movement is MovementOfGateway.DISPUTE]
    wins = (one.amount for one in same if one.movement is MovementOfGateway.DISPUTE_WON)
    back = Money.zero(won.amount.currency).plus(wins)
    return [one for one in disputes if back.amount >= -one.amount.amount]
