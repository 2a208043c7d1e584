"""Finding a gateway's payouts among what arrived at the bank: the same amount, on the days that the gateway says.

    payout told | among the bank's credits?       credit taken in | among the payouts?
                ^ whichever comes later finds the other, once

A credit that names payouts is one of those. Of payouts that it may be as well, it is the first one: they are of one
gateway and one amount, so the books are the same whichever it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity
from billproof.payments.cash import ReceiptState, ReceiptUse
from billproof.payments.desk import CashDesk
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.gateway_model import GatewayMovement
from billproof.payments.model import CashReceipt, Channel, Match, MatchOutcome, UseKind
from billproof.periods import month_names

ONE_DAY = timedelta(days=1)
RULE = "gateway-payout"


def gateway_of(receipt: CashReceipt, entity: LegalEntity) -> GatewayAccount | None:
    """Return whose payout a credit of the bank is, as its payer or text says; None where that is nobody, or several."""
    if receipt.channel is not Channel.BANK:
        return None
    said = f"{receipt.payer.name or ''}\n{receipt.remittance}".casefold()
    named = [
        gateway
        for gateway in entity.gateways
        if gateway.pays_into == receipt.source and any(text.casefold() in said for text in gateway.bank_texts)
    ]
    return named[0] if len(named) == 1 else None


def is_within(payout: GatewayMovement, arrived_on: date, gateway: GatewayAccount) -> bool:
    """Say whether a credit of a day may be a payout: a bank may be a day ahead of the gateway."""
    first, last = payout.booked_on - ONE_DAY, payout.booked_on + timedelta(days=gateway.days_to_arrive)
    return first <= arrived_on <= last


def waits_for_payout(*_: object) -> Match:
    """Return the match of a credit that is a gateway's: it is no customer's payment."""
    return Match(
        outcome=MatchOutcome.PROPOSED,
        rule=RULE,
        confidence=Decimal("0.5"),
        evidence=("It is a payout of a gateway, which did not tell of a payout of that amount.",),
    )


@dataclass(frozen=True)
class Payouts:
    """The payouts of a gateway, and what arrived of them."""

    gateway: GatewayAccount
    book: GatewayBook
    desk: CashDesk

    @property
    def _whose(self) -> tuple[str, str]:
        return self.desk.entity.id, self.gateway.source

    def credit_arrived(self, receipt: CashReceipt) -> ReceiptState:
        """Note that a receipt is the gateway's, and find its payout; again changes nothing."""
        self.book.credit(*self._whose, receipt)
        return self._settle(receipt.id)

    def payout_arrives(self, payout: GatewayMovement) -> list[ReceiptState]:
        """Find the receipt that is a payout, or none yet; again changes nothing."""
        days = (payout.booked_on - ONE_DAY, payout.booked_on + timedelta(days=self.gateway.days_to_arrive))
        for receipt in self.book.credits(*self._whose, first=days[0], last=days[1]):
            if self.book.receipt_of_payout(*self._whose, payout.reference) is not None:
                break
            self._settle(receipt)
        arrived = self.book.receipt_of_payout(*self._whose, payout.reference)
        return [] if arrived is None else [self.desk.book.state(self.desk.entity.id, arrived)]

    def _settle(self, receipt: str) -> ReceiptState:
        def plan(state: ReceiptState) -> Sequence[ReceiptUse] | None:
            is_used = state.applications or state.unapplied.amount != state.receipt.amount
            payout = None if is_used else self._payout_of(state.receipt)
            if payout is None:
                return None
            return [
                ReceiptUse(
                    ordinal=state.next_ordinal,
                    kind=UseKind.PAID_OUT,
                    day=self.desk.today,
                    amount=state.receipt.amount,
                    booked=state.received.booked,
                    reason=f"payout {payout.reference}",
                    gateway=self.gateway.source,
                    payout=payout.reference,
                )
            ]

        return self.desk.change(receipt, plan)

    def _payout_of(self, receipt: CashReceipt) -> GatewayMovement | None:
        """Return the first payout that a credit may be and that was not found yet."""
        first, last = receipt.booked_on - timedelta(days=self.gateway.days_to_arrive), receipt.booked_on + ONE_DAY
        payouts = [
            payout
            for month in month_names(first, last)
            for payout in self.book.payouts(*self._whose, month)
            if is_within(payout, receipt.booked_on, self.gateway)
        ]
        named = [payout for payout in payouts if payout.reference in receipt.remittance]
        for payout in named or payouts:
            is_equal = -payout.amount == receipt.amount
            if is_equal and self.book.receipt_of_payout(*self._whose, payout.reference) is None:
                return payout
        return None
