"""Taking in what gateways tell, in any order: each movement is kept first, then what it comes to is done.

    charge                      a receipt of the gateway: matched and applied like any other
    refund, dispute             its receipt went back; what is left of it pays again what it paid
    dispute_won                 money that arrived again: it pays what the dispute had opened
    fee                         booked on its own
    payout                      looked for at the bank

A refund or dispute that comes before its charge is kept, and done once the charge comes; one of more than is left of
it, once a win brings that (charge_money.py). What is left in the end pays what the charge paid, as far as that is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billproof.approvals.policy import MatchingRules
from billproof.errors import InvalidInput
from billproof.masterdata.gateways import GatewayAccount, MovementOfGateway
from billproof.money import Money
from billproof.payments.cash import ReceiptState, ReceiptUse, SettledPart
from billproof.payments.charge_money import (
    GOES_BACK,
    free_of,
    gone_back,
    left_of,
    more_than_taken,
    parts_of,
    receipt_of,
    reinstated,
    rejected_by,
    shares,
    why,
    why_in_part,
)
from billproof.payments.desk import CashDecision, CashDesk, Matcher
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.gateway_model import GatewayMovement, is_due
from billproof.payments.model import Allocation, Match, MatchOutcome, UseKind
from billproof.payments.payouts import Payouts
from billproof.payments.ports import GatewayDisputes

APPLIED_AGAIN, REINSTATED = "applied-again", "dispute-won"


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
        return self._follow(content.source, content.original or content.reference, content)

    def _gateway(self, movement: GatewayMovement) -> GatewayAccount:
        gateway = self.desk.entity.gateway(movement.source)
        if movement.amount.currency != self.desk.entity.currency:
            message = f"the gateway's account is in {self.desk.entity.currency}, and this in {movement.amount.currency}"
            raise InvalidInput(message)
        return gateway

    def _follow(self, source: str, charge: str, new: GatewayMovement) -> list[ReceiptState]:
        """Take a charge in that was told, matched before anything goes back, and do its refunds and disputes."""
        entity = self.desk.entity.id
        paid = self.book.find(entity, source, MovementOfGateway.CHARGE, charge)
        if paid is None:
            return []
        receipt = self.desk.take(receipt_of(paid), self.matcher, self.rules).receipt.id
        of_charge = self.book.of_charge(entity, source, charge)
        wins = [one for one in of_charge if one.movement is MovementOfGateway.DISPUTE_WON]
        known = (reinstated(won).id for won in wins)
        receipts = [receipt, *(one for one in known if self.desk.book.find(entity, one) is not None)]
        waiting = sorted(of_charge, key=lambda one: one.movement is MovementOfGateway.REFUND)
        for _ in of_charge:  # what waits for money is looked at again once something brought some
            still = [one for one in waiting if not self._done(one, receipts, of_charge)]
            if len(still) == len(waiting):
                break
            waiting = still
        if of_charge:
            self._pay_rest(receipts, of_charge)
        for won in wins:
            self._decide(won, receipts, of_charge)
        self._note_disputes(of_charge, receipts)  # what a dispute that is decided had covered may be another one's
        self._refuse_too_much(new, waiting, receipts)
        return [self.desk.book.state(entity, one) for one in dict.fromkeys(receipts)]

    def _states(self, receipts: Sequence[str]) -> list[ReceiptState]:
        return [self.desk.book.state(self.desk.entity.id, receipt) for receipt in dict.fromkeys(receipts)]

    def _done(self, movement: GatewayMovement, receipts: list[str], of_charge: Sequence[GatewayMovement]) -> bool:
        """Do what a movement comes to, if that can be done now, and say so; what brings money adds its receipt."""
        if movement.movement is MovementOfGateway.DISPUTE_WON:
            is_now = is_due(movement, of_charge)
            if is_now:
                undone = self._undone_by_disputes(movement, receipts, of_charge)
                pays = movement.amount - more_than_taken(movement, of_charge)
                receipts.append(self._reinstated(undone or self._paid_by(receipts), movement, pays))
            return is_now
        return movement.movement not in GOES_BACK or self._goes_back(movement, receipts, of_charge)

    def _goes_back(
        self, movement: GatewayMovement, receipts: Sequence[str], of_charge: Sequence[GatewayMovement]
    ) -> bool:
        """Take of a charge's money what goes back; False, and nothing is done, where so much is not there."""
        states = self._states(receipts)
        rest = -movement.amount - gone_back(movement, states)
        if rest.amount > left_of(states, rest.currency).amount:
            return False
        kind = UseKind.RETURNED if movement.movement is MovementOfGateway.DISPUTE else UseKind.REFUNDED
        done = sum(len(parts_of(movement, state)) for state in states)
        for number, (receipt, share) in enumerate(shares(rest, states), start=done + 1):
            self.desk.give_back(receipt, share, kind, why_in_part(movement, number))
        for state in self._states(receipts):
            if parts_of(movement, state):
                self._pay_again(state.receipt.id, movement, of_charge)
        self._note_disputes([movement], receipts)
        return True

    def _note_disputes(self, movements: Sequence[GatewayMovement], receipts: Sequence[str]) -> None:
        """Note what disputes opened of documents; again changes nothing."""
        states = self._states(receipts)
        for movement in movements:
            if movement.movement is MovementOfGateway.DISPUTE:
                opened = _opened(states, movement)
                self.disputes.opened(movement, opened, self.desk.receivables, self.desk.today)

    def _decide(self, won: GatewayMovement, receipts: Sequence[str], of_charge: Sequence[GatewayMovement]) -> None:
        """Note which dispute a win decides: one of which all came back."""
        disputes = rejected_by(won, of_charge)
        undone = [use for state in self._states(receipts) for one in disputes for use in _undone(state, why(one))]
        documents = [part.allocation.document for use in undone for part in use.settlements]
        self.disputes.decided(won, disputes, documents, self.desk.receivables, self.desk.today)

    def _paid_by(self, receipts: Sequence[str]) -> list[ReceiptUse]:
        """Return what receipts paid, whether that holds or not."""
        return [use for state in self._states(receipts) for use in state.uses if use.kind is UseKind.APPLIED]

    def _pay_rest(self, receipts: Sequence[str], of_charge: Sequence[GatewayMovement]) -> None:
        """Let what is left of a charge's money pay what that paid, where no person decided about it."""
        paid: dict[str, SettledPart] = {}
        uses = self._paid_by(receipts)
        for part in sorted(
            (part for use in uses for part in use.settlements), key=lambda one: one.allocation.paid.amount
        ):
            paid[part.allocation.document] = part
        account = next((use.account for use in uses if use.account is not None), None)

        def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
            free = free_of(state, of_charge)
            if free.amount <= 0 or any(use.decided_by for use in state.uses):
                return None
            allocations = self._allocations(list(paid.values()), free)
            if not allocations:
                return None
            match = _match(APPLIED_AGAIN, account, allocations)
            return [_application(state.next_ordinal, match, self.desk, f"{state.receipt.source}: what is left")]

        for receipt in dict.fromkeys(receipts):
            self.desk.change(receipt, plan)

    def _undone_by_disputes(
        self, won: GatewayMovement, receipts: Sequence[str], of_charge: Sequence[GatewayMovement]
    ) -> list[ReceiptUse]:
        """Return what the disputes of a charge undid: that of the one which was won comes first."""
        disputes = [one for one in of_charge if one.movement is MovementOfGateway.DISPUTE]
        ordered = sorted(disputes, key=lambda one: one.reference != won.reference)
        return [use for one in ordered for state in self._states(receipts) for use in _undone(state, why(one))]

    def _refuse_too_much(
        self, new: GatewayMovement, waiting: Sequence[GatewayMovement], receipts: Sequence[str]
    ) -> None:
        if new in waiting and new.movement in GOES_BACK:
            left, what = left_of(self._states(receipts), new.amount.currency), new.movement.value
            message = f"{-new.amount} cannot go back by a {what} of a charge of which {left} are left: it waits"
            raise InvalidInput(message)

    def _pay_again(self, receipt: str, movement: GatewayMovement, of_charge: Sequence[GatewayMovement]) -> None:
        """Let what is left of a receipt pay again what it paid, once, right after a part of it went back."""
        decision = why(movement)

        def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
            undone, last = _undone(state, decision), state.uses[-1]
            free = free_of(state, of_charge)
            if not undone or last not in parts_of(movement, state) or free.amount <= 0:
                return None
            return self._again(state, undone, decision, free)

        self.desk.change(receipt, plan)

    def _again(
        self, state: ReceiptState, undone: Sequence[ReceiptUse], decision: CashDecision, left: Money
    ) -> Sequence[ReceiptUse]:
        """Return applications of what is left of a receipt to what it paid: as far as that is open, the first first."""
        uses: list[ReceiptUse] = []
        for use in undone:
            allocations = self._allocations(use.settlements, left)
            left = left - Money.zero(left.currency).plus(allocation.spent for allocation in allocations)
            if allocations or use is undone[0]:  # what pays nothing stays on the account
                match = _match(APPLIED_AGAIN, use.account, allocations)
                ordinal = state.next_ordinal + len(uses)
                uses.append(_application(ordinal, match, self.desk, decision.reason))
        return uses

    def _allocations(self, parts: Sequence[SettledPart], left: Money) -> tuple[Allocation, ...]:
        """Return what an amount pays of what some parts paid, each document once and as far as it is open."""
        allocations: dict[str, Allocation] = {}
        for part in parts:
            item = self.desk.receivables.item(part.allocation.document)
            if item is None or left.is_zero or item.document in allocations:
                continue
            is_whole = (
                part.allocation.settled.amount <= item.open.amount and part.allocation.spent.amount <= left.amount
            )
            paid = min(part.allocation.paid_by(left), item.open, key=lambda money: money.amount)
            if paid.amount <= 0:
                continue
            allocations[item.document] = part.allocation if is_whole else part.allocation.of(paid)
            left = left - allocations[item.document].spent
        return tuple(allocations.values())

    def _reinstated(self, undone: Sequence[ReceiptUse], movement: GatewayMovement, pays: Money) -> str:
        """Take in what a dispute that was won gave back: as much as that took pays what it had opened."""
        arrived = reinstated(movement)

        def matcher(*_: object) -> Match:
            if not undone:
                return self.matcher(arrived, self.desk.receivables, self.rules)
            parts = [part for use in undone for part in use.settlements]
            return _match(REINSTATED, undone[0].account, self._allocations(parts, pays))

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


def _opened(states: Sequence[ReceiptState], movement: GatewayMovement) -> dict[str, Money]:
    """Return what a dispute opened of which document: what was undone, less what was applied again."""
    reason = why(movement).reason
    opened: dict[str, Money] = {}
    for use in (use for state in states for use in state.uses):
        if use.reason != reason or use.kind not in {UseKind.REVERSED, UseKind.APPLIED}:
            continue
        for part in use.settlements:
            document, settled = part.allocation.document, part.allocation.settled
            change = settled if use.kind is UseKind.REVERSED else -settled
            opened[document] = opened[document] + change if document in opened else change
    return {document: money for document, money in opened.items() if money.amount > 0}
