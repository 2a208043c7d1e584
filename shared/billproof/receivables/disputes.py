"""What customers dispute of their invoices: facts that follow each other, and what is disputed on a day.

    opened      a customer disputes a line of an invoice, a part of it, or the whole invoice
    rejected    the invoice is right: it is disputed no more
    upheld      the customer is right: a credit note is asked for; disputed until it is released
    partial     the customer is right about a part: of that it is so, and the rest is disputed no more

Where the credit note is rejected by its approver, the dispute is open again and decided anew.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billproof.findings import Owner
from billproof.invoicing.credit_requests import CreditReason
from billproof.model import Day, Model
from billproof.money import Money, total


class DisputeCause(StrEnum):
    """Why a customer disputes something: there is no other cause."""

    PRICE = "price"
    QUANTITY = "quantity"
    TAX = "tax"
    TERMS = "terms"
    DUPLICATE = "duplicate"
    NOT_ORDERED = "not_ordered"
    SERVICE = "service"


CREDITED_AS = {
    DisputeCause.PRICE: CreditReason.BILLING_ERROR,
    DisputeCause.QUANTITY: CreditReason.BILLING_ERROR,
    DisputeCause.TAX: CreditReason.BILLING_ERROR,
    DisputeCause.TERMS: CreditReason.BILLING_ERROR,
    DisputeCause.DUPLICATE: CreditReason.DUPLICATE,
    DisputeCause.NOT_ORDERED: CreditReason.CANCELLATION,
    DisputeCause.SERVICE: CreditReason.SERVICE_LEVEL,
}
"""With which reason a credit note is asked for that a dispute leads to."""


class DisputeVerdict(StrEnum):
    """What a person decides of a dispute."""

    UPHELD = "upheld"
    PARTIAL = "partial"
    REJECTED = "rejected"


class DisputeStatus(StrEnum):
    """Where a dispute stands; what waits for a credit note was upheld, as a whole or in part."""

    OPEN = "open"
    WAITS_FOR_CREDIT = "waits_for_credit"
    CREDITED = "credited"
    REJECTED = "rejected"


class DisputeEvidence(Model):
    """What proves the line that is disputed: the invoice, the digest of its document, and the line's id.

    `billproof invoice prove INVOICE` computes it again from the usage log and the contract.
    """

    invoice: str
    digest: str
    line: str | None
    contract: str | None


class OpenedDispute(Model):
    """The fact that a customer disputes something. `amount` is its gross, `net` what of its line, if any."""

    ordinal: int
    number: str
    evidence: DisputeEvidence
    net: Money | None
    amount: Money
    cause: DisputeCause
    owner: Owner
    deadline: Day
    opened_on: Day
    opened_by: str
    reason: str


class DecidedDispute(Model):
    """The fact that a person decided a dispute: `credit` is asked for, and `amount` disputed until that is released."""

    ordinal: int
    verdict: DisputeVerdict
    amount: Money
    credit: str
    day: Day
    decided_by: str
    reason: str


_GATEWAY = "gateway "
"""No person's id holds a blank."""


def gateway_actor(source: str) -> str:
    """Name who opens and decides the disputes of a gateway: nobody of the policy."""
    return _GATEWAY + source


def is_gateway(actor: str) -> bool:
    """Say whether somebody is a gateway."""
    return actor.startswith(_GATEWAY)


@dataclass(frozen=True)
class CreditOutcomes:
    """Which credit notes of an invoice are released, and which never will be."""

    released: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DisputeState:
    """A dispute, and how it was decided, oldest first."""

    opened: OpenedDispute
    decisions: tuple[DecidedDispute, ...] = ()

    @property
    def next_decision(self) -> int:
        """The place of the next decision."""
        return len(self.decisions) + 1

    def disputed_on(self, day: date, released: Collection[str]) -> Money:
        """Return what is disputed at the end of a day, given which credit notes were released by then."""
        nothing = Money.zero(self.opened.amount.currency)
        if self.opened.opened_on > day:
            return nothing
        decided = [decision for decision in self.decisions if decision.day <= day]
        if not decided:
            return self.opened.amount
        last = decided[-1]
        return nothing if last.verdict is DisputeVerdict.REJECTED or last.credit in released else last.amount

    def status(self, outcomes: CreditOutcomes) -> DisputeStatus:
        """Return where it stands, given what became of the credit notes; open again where the last one is refused."""
        if not self.decisions or self.decisions[-1].credit in outcomes.refused:
            return DisputeStatus.OPEN
        last = self.decisions[-1]
        if last.verdict is DisputeVerdict.REJECTED:
            return DisputeStatus.REJECTED
        return DisputeStatus.CREDITED if last.credit in outcomes.released else DisputeStatus.WAITS_FOR_CREDIT


def disputed_of(
    number: str, disputes: Iterable[DisputeState], left: Money, *, on: date, released: Collection[str]
) -> Money:
    """Return what is disputed of what is open of an invoice at the end of a day: never more than is open."""
    mine = [state.disputed_on(on, released) for state in disputes if state.opened.number == number]
    whole = total(mine, left.currency)
    most = max(left, Money.zero(left.currency), key=lambda money: money.amount)
    return min(whole, most, key=lambda money: money.amount)
