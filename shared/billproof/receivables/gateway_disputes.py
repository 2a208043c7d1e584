"""Disputes at gateways: a customer's bank took a charge back, and whether it is given back is decided there.

What a dispute took opened invoices: of those it is disputed, so that nobody is reminded of it. Won, it is disputed no
more. Lost, people decide: uphold it (a credit note), reject it (the customer is to pay again), or write it off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billproof.errors import Contended
from billproof.findings import Owner
from billproof.identities import InvoiceId
from billproof.money import Money
from billproof.payments.gateway_model import GatewayMovement
from billproof.payments.receivables import Receivables
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.disputes import (
    DecidedDispute,
    DisputeCause,
    DisputeEvidence,
    DisputeVerdict,
    OpenedDispute,
    disputed_of,
    gateway_actor,
)
from billproof.receivables.disputing import released_credits
from billproof.retrying import attempts

MAX_ATTEMPTS = 20
DAYS_TO_DECIDE = timedelta(days=30)
"""By when a person is to look at what a dispute opened: gateways decide most disputes later, and that is told."""


def _reason(dispute: GatewayMovement) -> str:
    return f"dispute {dispute.reference} of charge {dispute.original} at {dispute.source}"


@dataclass(frozen=True)
class DisputesAtGateways:
    """Opens and decides the disputes that gateways tell of, over the book of disputes."""

    book: DisputeBook

    def opened(
        self, movement: GatewayMovement, amounts: Mapping[str, Money], receivables: Receivables, today: date
    ) -> None:
        """Note what a dispute opened of documents, each as a dispute; again changes nothing."""
        for document, amount in amounts.items():
            self._open(movement, document, amount, receivables, today)

    def _open(
        self, movement: GatewayMovement, document: str, amount: Money, receivables: Receivables, today: date
    ) -> None:
        released, item = receivables.register.released(document), receivables.item(document)
        if released is None or item is None:
            return
        reason = _reason(movement)
        notes = released_credits(str(InvoiceId.parse(document)), receivables)
        for _ in attempts(MAX_ATTEMPTS):
            known = self.book.of_account(released.legal_entity, released.account)
            if any(one.opened.evidence.invoice == document and one.opened.reason == reason for one in known):
                return
            disputed = disputed_of(item.number, known, item.open, on=today, released=notes)
            most = min(amount, item.open - disputed, key=lambda money: money.amount)
            if most.amount <= 0:
                return
            dispute = OpenedDispute(
                ordinal=known[-1].opened.ordinal + 1 if known else 1,
                number=item.number,
                evidence=DisputeEvidence(invoice=document, digest=released.document.digest, line=None, contract=None),
                net=None,
                amount=most,
                cause=DisputeCause.SERVICE,
                owner=Owner.BILLING,
                deadline=today + DAYS_TO_DECIDE,
                opened_on=today,
                opened_by=gateway_actor(movement.source),
                reason=reason,
            )
            if self.book.open(released.legal_entity, released.account, dispute):
                return
        message = f"others kept opening disputes of {released.account}"
        raise Contended(message)

    def decided(
        self,
        won: GatewayMovement,
        disputes: Sequence[GatewayMovement],
        documents: Sequence[str],
        receivables: Receivables,
        today: date,
    ) -> None:
        """Note that disputes were won: the invoice is right. What is lost is for people to decide."""
        reasons = {_reason(dispute) for dispute in disputes}
        released = (receivables.register.released(document) for document in documents)
        for account in dict.fromkeys(one.account for one in released if one is not None):
            for state in self.book.of_account(won.legal_entity, account):
                is_won = state.opened.opened_by == gateway_actor(won.source) and state.opened.reason in reasons
                if is_won and not state.decisions:
                    decided = DecidedDispute(
                        ordinal=state.opened.ordinal,
                        verdict=DisputeVerdict.REJECTED,
                        amount=Money.zero(state.opened.amount.currency),
                        credit="",
                        day=today,
                        decided_by=gateway_actor(won.source),
                        reason=f"won at {won.source} under {won.reference}",
                    )
                    self.book.decide(won.legal_entity, account, decided, number=state.next_decision)
