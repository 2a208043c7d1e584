"""Taking in what gateways tell, in any order: each movement is kept first, then what it comes to is done.

    charge                      a receipt of the gateway: matched and applied like any other
    refund, dispute             its receipt went back; what is left of it pays again what it paid
    dispute_won                 money that arrived again: it pays what the dispute had opened
    fee                         booked on its own
    payout                      looked for at the bank

A refund or dispute that comes before its charge is kept, and done once the charge comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billproof.approvals.policy import MatchingRules
from billproof.errors import InvalidInput
from billproof.masterdata.gateways import GatewayAccount, MovementOfGateway
from billproof.money import Money
from billproof.payments.cash import ReceiptState, ReceiptUse, SettledPart
from billproof.payments.desk import CashDecision, CashDesk, Matcher
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.gateway_model import GatewayMovement, is_due, movement_name
from billproof.payments.model import Allocation, CashReceipt, Channel, Match, MatchOutcome, UseKind
from billproof.payments.payouts import Payouts
from billproof.payments.ports import GatewayDisputes

APPLIED_AGAIN, REINSTATED = "applied-again", "dispute-won"
_DISPUTED = {MovementOfGateway.DISPUTE, MovementOfGateway.DISPUTE_WON, MovementOfGateway.DISPUTE_LOST}


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


def why(movement: GatewayMovement) -> CashDecision:
    """Return why a receipt went back: for nobody's decision, under the gateway's name of the refund or dispute."""
    reference = movement_name(movement.movement.value, movement.reference)
    return CashDecision(
        reason=f"{movement.source}: {movement.movement.value} {movement.reference}", reference=reference
    )


def reinstated(won: GatewayMovement) -> CashReceipt:
    """Return the receipt of what a dispute that was won gave back."""
    return receipt_of(won).model_copy(update={"reference": why(won).reference})


@dataclass(frozen=True)
class GatewayDesk:
    """What takes in the movements of a legal entity's gateways."""

    desk: CashDesk
    book: GatewayBook
    disputes: GatewayDisputes
    matcher: Matcher
    rules: MatchingRules

    def take(self, movement: GatewayMovement) -> list[ReceiptState]:
        """Keep a movement and do what it comes to; told again it changes nothing. Return the receipts that it is about.

        Raises InvalidInput where the legal entity has no such gateway, it is in another currency, or more goes back
        than was paid; Conflict where the gateway told something else under the same reference.
        """
        gateway = self._gateway(movement)
        content = self.book.keep(movement)
        if content.movement is MovementOfGateway.FEE:
            return []
        if content.movement is MovementOfGateway.PAYOUT:
            return Payouts(gateway, self.book, self.desk).payout_arrives(content)
        return self._follow(content.source, content.original or content.reference)

    def _gateway(self, movement: GatewayMovement) -> GatewayAccount:
        gateway = self.desk.entity.gateway(movement.source)
        if movement.amount.currency != self.desk.entity.currency:
            message = f"the gateway's account is in {self.desk.entity.currency}, and this in {movement.amount.currency}"
            raise InvalidInput(message)
        return gateway

    def _follow(self, source: str, charge: str) -> list[ReceiptState]:
        """Take a charge in that was told, matched before anything goes back, and do its refunds and disputes."""
        entity = self.desk.entity.id
        paid = self.book.find(entity, source, MovementOfGateway.CHARGE, charge)
        if paid is None:
            return []
        receipt = self.desk.take(receipt_of(paid), self.matcher, self.rules).receipt.id
        of_charge = self.book.of_charge(entity, source, charge)
        due = [one for one in of_charge if one.movement in _DISPUTED and is_due(one, of_charge)]
        receipts = [receipt, *(self._disputed(receipt, one, of_charge) for one in due)]
        for movement in of_charge:
            if movement.movement is MovementOfGateway.REFUND:
                self._gone(self._refundable(receipts, movement), movement, UseKind.REFUNDED)
        return [self.desk.book.state(entity, one) for one in dict.fromkeys(receipts)]

    def _disputed(self, receipt: str, movement: GatewayMovement, of_charge: Sequence[GatewayMovement]) -> str:
        """Do what a dispute comes to; return the receipt whose money moved."""
        receivables, today = self.desk.receivables, self.desk.today
        if movement.movement is MovementOfGateway.DISPUTE:
            state = self._gone(receipt, movement, UseKind.RETURNED)
            self.disputes.opened(movement, _opened(state, movement), receivables, today)
            return receipt
        state = self.desk.book.state(self.desk.entity.id, receipt)
        disputes = [one for one in of_charge if one.movement is MovementOfGateway.DISPUTE]
        undone = [use for one in disputes for use in _undone(state, why(one))]
        documents = [part.allocation.document for use in undone for part in use.settlements]
        self.disputes.decided(movement, documents, receivables, today)
        if movement.movement is MovementOfGateway.DISPUTE_WON:
            return self._reinstated(undone, movement)
        return receipt

    def _refundable(self, receipts: Sequence[str], movement: GatewayMovement) -> str:
        """Return the receipt that a refund is of: a charge that was disputed and won is money that arrived again."""
        states = [self.desk.book.state(self.desk.entity.id, receipt) for receipt in receipts]
        reference = why(movement).reference
        for state in states:
            is_done = any(use.reference == reference for use in state.uses)
            if is_done or state.left.amount.amount >= -movement.amount.amount:
                return state.receipt.id
        return receipts[0]  # where it is refused, with what is left of it

    def _gone(self, receipt: str, movement: GatewayMovement, kind: UseKind) -> ReceiptState:
        decision = why(movement)
        self.desk.give_back(receipt, -movement.amount, kind, decision)

        def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
            undone = _undone(state, decision)
            if not undone or state.uses[-1].reference != decision.reference or state.unapplied.amount.is_zero:
                return None
            return self._again(state, undone, decision)

        return self.desk.change(receipt, plan)

    def _again(self, state: ReceiptState, undone: Sequence[ReceiptUse], decision: CashDecision) -> Sequence[ReceiptUse]:
        """Return applications of what is left of a receipt to what it paid: as far as that is open, the first first."""
        left = state.unapplied.amount
        uses: list[ReceiptUse] = []
        for use in undone:
            allocations = self._allocations(use.settlements, left)
            left = left - Money.zero(left.currency).plus(allocation.paid for allocation in allocations)
            if allocations or use is undone[0]:  # what pays nothing stays on the account
                match = _match(APPLIED_AGAIN, use.account, allocations)
                ordinal = state.next_ordinal + len(uses)
                uses.append(_application(ordinal, match, self.desk, decision.reason))
        return uses

    def _allocations(self, parts: Sequence[SettledPart], left: Money) -> tuple[Allocation, ...]:
        allocations = []
        for part in parts:
            item = self.desk.receivables.item(part.allocation.document)
            if item is None or left.is_zero:
                continue
            is_whole = part.allocation.settled.amount <= item.open.amount and part.allocation.paid.amount <= left.amount
            paid = min(part.allocation.paid, item.open, left, key=lambda money: money.amount)
            if paid.amount <= 0:
                continue
            plain = Allocation(document=item.document, number=item.number, paid=paid)
            allocations.append(part.allocation if is_whole else plain)
            left = left - paid
        return tuple(allocations)

    def _reinstated(self, undone: Sequence[ReceiptUse], movement: GatewayMovement) -> str:
        """Take in what a dispute that was won gave back: it pays what the dispute had opened."""
        arrived = reinstated(movement)

        def matcher(*_: object) -> Match:
            if not undone:
                return self.matcher(arrived, self.desk.receivables, self.rules)
            parts = [part for use in undone for part in use.settlements]
            return _match(REINSTATED, undone[0].account, self._allocations(parts, movement.amount))

        return self.desk.take(arrived, matcher, self.rules).receipt.id


def _match(rule: str, account: str | None, allocations: tuple[Allocation, ...]) -> Match:
    return Match(
        outcome=MatchOutcome.APPLIED, rule=rule, confidence=Decimal(1), account=account, allocations=allocations
    )


def _application(ordinal: int, match: Match, desk: CashDesk, reason: str) -> ReceiptUse:
    return ReceiptUse(
        ordinal=ordinal, kind=UseKind.APPLIED, day=desk.today, account=match.account, match=match, reason=reason
    )


def _undone(state: ReceiptState, decision: CashDecision) -> list[ReceiptUse]:
    """Return the applications that were undone because a receipt, or a part of it, went back."""
    return [use for use in state.uses if use.kind is UseKind.REVERSED and use.reason == decision.reason]


def _opened(state: ReceiptState, movement: GatewayMovement) -> dict[str, Money]:
    """Return what a dispute opened of which document: what was undone, less what was applied again."""
    reason = why(movement).reason
    opened: dict[str, Money] = {}
    for use in state.uses:
        if use.reason != reason or use.kind not in {UseKind.REVERSED, UseKind.APPLIED}:
            continue
        for part in use.settlements:
            document, settled = part.allocation.document, part.allocation.settled
            change = settled if use.kind is UseKind.REVERSED else -settled
            opened[document] = opened[document] + change if document in opened else change
    return {document: money for document, money in opened.items() if money.amount > 0}
