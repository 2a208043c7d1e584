"""What became of receipts: facts that follow each other, and what they add up to.

    applied     it pays documents of an account; what is left of it is that account's
    proposed    a person is to say whose it is
    reversed    an application is undone: its documents are open again
    returned    the bank or gateway took it back
    refunded    it was paid back
    paid_out    it is a payout of a gateway, and no customer's payment
    gateway_difference
                a gateway gave back more than it took, or took more than was paid: a person has it booked as other
                income; below zero it is a loss, and money that may go back

received = applied + unapplied + refunded + returned + paid out + gateway differences, to the unit.
"""

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from billproof.invoicing.balance import Worth
from billproof.ledger.model import JournalEntry
from billproof.model import Day, Model
from billproof.money import Money
from billproof.payments.model import Allocation, CashReceipt, Match, ReceiptStatus, UseKind

EXTRAS = ("discount", "charges", "tolerance")
"""The fields of an allocation that free a document of something that nobody paid."""


class SettledPart(Model):
    """What of a document is settled, and what that is worth in the books.

    `booked` is what of the receivable is settled, `paid_booked` what the receipt's part was booked with when it came.
    """

    allocation: Allocation
    booked: Money
    paid_booked: Money

    @property
    def worth(self) -> Worth:
        """What is not open any more."""
        return Worth(self.allocation.settled, self.booked)

    def extras(self) -> Iterator[tuple[str, Worth]]:
        """Yield what the document is freed of besides payment: the name in the allocation, and its share in the books.

        The rest of what is settled is paid.
        """
        left = self.worth
        for name in EXTRAS:
            extra: Money | None = getattr(self.allocation, name)
            if extra is not None and not extra.is_zero:
                share = left.part(extra)
                left += -share
                yield name, share


class ReceivedMoney(Model):
    """The fact that a receipt arrived, and what it was booked with."""

    receipt: CashReceipt
    booked: Money

    @property
    def worth(self) -> Worth:
        """The receipt's amount in both currencies."""
        return Worth(self.receipt.amount, self.booked)


class ReceiptUse(Model):
    """What happened to a receipt, one after the other. `reverses` is the ordinal of the application that it undoes.

    `amount` is what is returned or refunded, `reference` the source's name of the return, where there is one;
    `decided_by` is empty where no person decided. What is paid out names the `gateway` and its `payout`.
    """

    ordinal: int
    kind: UseKind
    day: Day
    account: str | None = None
    match: Match | None = None
    settlements: tuple[SettledPart, ...] = ()
    reverses: int | None = None
    amount: Money | None = None
    booked: Money | None = None
    decided_by: str = ""
    reason: str = ""
    reference: str = Field(default="", exclude_if=operator.not_)
    gateway: str = Field(default="", exclude_if=operator.not_)
    payout: str = Field(default="", exclude_if=operator.not_)


@dataclass(frozen=True)
class ReceiptState:
    """A receipt and all that happened to it."""

    received: ReceivedMoney
    uses: tuple[ReceiptUse, ...] = ()

    @property
    def receipt(self) -> CashReceipt:
        """The receipt."""
        return self.received.receipt

    @cached_property
    def applications(self) -> tuple[ReceiptUse, ...]:
        """The applications that hold: those that no later use undoes."""
        undone = {use.reverses for use in self.uses if use.kind is UseKind.REVERSED}
        return tuple(use for use in self.uses if use.kind is UseKind.APPLIED and use.ordinal not in undone)

    @property
    def account(self) -> str | None:
        """Whose it is, as the last application that holds says."""
        return self.applications[-1].account if self.applications else None

    @property
    def payer_account(self) -> str | None:
        """Whose money it was: also where it went back since, and nothing of it is applied any more."""
        went_back = any(use.kind in {UseKind.RETURNED, UseKind.REFUNDED} for use in self.uses)
        applied = [use.account for use in self.uses if use.kind is UseKind.APPLIED]
        return applied[-1] if self.account is None and went_back and applied else self.account

    @property
    def applied(self) -> Worth:
        """What of it pays documents."""
        nothing = self.received.worth.nothing
        parts = (settlement for use in self.applications for settlement in use.settlements)
        return sum((Worth(part.allocation.spent, part.paid_booked) for part in parts), nothing)

    def _gone(self, kind: UseKind) -> Worth:
        nothing = self.received.worth.nothing
        return sum((worth for use in self.uses if use.kind is kind for worth in _worth_of(use)), nothing)

    @property
    def returned(self) -> Worth:
        """What was taken back."""
        return self._gone(UseKind.RETURNED)

    @property
    def refunded(self) -> Worth:
        """What was paid back."""
        return self._gone(UseKind.REFUNDED)

    @property
    def paid_out(self) -> Worth:
        """What is no customer's payment: a gateway paid out what it had received."""
        return self._gone(UseKind.PAID_OUT)

    @property
    def gateway_difference(self) -> Worth:
        """What of it is other income, as a person decided; below zero what we bear of what went back."""
        return self._gone(UseKind.GATEWAY_DIFFERENCE)

    @property
    def gone_back(self) -> Worth:
        """What of it is the customer's no more, and no payout either."""
        return self.returned + self.refunded + self.gateway_difference

    @property
    def left(self) -> Worth:
        """What of it did not go back, and is no payout."""
        return self.received.worth + -self.gone_back + -self.paid_out

    @property
    def unapplied(self) -> Worth:
        """What of it pays nothing yet."""
        return self.left + -self.applied

    @property
    def waits(self) -> bool:
        """Whether it waits for a person: it pays nothing, and something of it did not go back and is no payout."""
        return not self.applications and not self.left.amount.is_zero

    @property
    def proposal(self) -> ReceiptUse | None:
        """What a person is to decide: the last proposal, if nothing happened since."""
        last = self.uses[-1] if self.uses else None
        return last if last is not None and last.kind is UseKind.PROPOSED else None

    @property
    def status(self) -> ReceiptStatus:
        """Where it stands."""
        if not self.returned.amount.is_zero:
            return ReceiptStatus.RETURNED
        if not self.paid_out.amount.is_zero:
            return ReceiptStatus.PAID_OUT
        if self.proposal is not None:
            return ReceiptStatus.PROPOSED
        if not self.applications:
            return ReceiptStatus.NEW
        if self.unapplied.amount.is_zero:
            return ReceiptStatus.APPLIED
        return ReceiptStatus.ON_ACCOUNT if self.applied.amount.is_zero else ReceiptStatus.PART_APPLIED

    @property
    def next_ordinal(self) -> int:
        """The place of what happens next."""
        return self.uses[-1].ordinal + 1 if self.uses else 1


def _worth_of(use: ReceiptUse) -> Iterator[Worth]:
    if use.amount is not None and use.booked is not None:
        yield Worth(use.amount, use.booked)


class CashPosting(Model):
    """An entry of the journal, and the ERP that it is posted in, written down before that hears of it."""

    entry: JournalEntry
    erp: str


class CashEntry(Model):
    """What a use of a receipt changes of the documents of an account: settles them, or opens them again."""

    ordinal: int
    receipt: str
    use: int
    day: Day
    settlements: tuple[SettledPart, ...]
    is_reversal: bool = False

    @property
    def currency(self) -> str:
        """The currency of the documents; a receipt in another one may pay them."""
        return self.settlements[0].allocation.settled.currency

    def of(self, document: str) -> Iterator[Worth]:
        """Yield what it settles of a document; below zero where it opens it again."""
        for settlement in self.parts_of(document):
            yield -settlement.worth if self.is_reversal else settlement.worth

    def parts_of(self, document: str) -> Iterator[SettledPart]:
        """Yield what of a document it settles or opens again."""
        return (settlement for settlement in self.settlements if settlement.allocation.document == document)
