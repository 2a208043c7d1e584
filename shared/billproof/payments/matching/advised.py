"""The rule for receipts of which the payer said what they pay, in a remittance advice.

An advice is of a receipt that has its whole amount, and was booked within some days of when the payer says to have
paid. It counts where the receipt names the payment, or its payer is one who pays the documents. It is applied only
where every line is open in the books, nothing in the receipt says something else, and no other receipt of that amount
may be the one that it is of.
"""

from dataclasses import dataclass
from datetime import timedelta

from billproof.payments.advices import RemittanceAdvice
from billproof.payments.matching.evidence import Evidence, PayerStanding
from billproof.payments.matching.rule import MatchVerdict, apply, propose
from billproof.payments.model import Allocation, OpenItem
from billproof.payments.references import without_marks

BEFORE, AFTER = timedelta(days=4), timedelta(days=10)
"""How long before and after the day that an advice says its payment may be booked: no more apart than receipts are
looked at that may have been sent twice."""
LEAST_LETTERS = 6
"""Letters and digits of a payment's name at least, where it is looked for in a text."""
SAID = "The payer's remittance advice says what it pays, and its lines add up to the amount."


@dataclass(frozen=True, slots=True)
class _Reading:
    """An advice that may be a receipt's: what the books know of its documents, and whether the receipt names it."""

    advice: RemittanceAdvice
    items: tuple[OpenItem | None, ...]
    is_named: bool

    @property
    def known(self) -> tuple[OpenItem, ...]:
        return tuple(item for item in self.items if item is not None)

    @property
    def allocations(self) -> tuple[Allocation, ...]:
        """What it pays of the documents that are known, as it says."""
        lines = zip(self.advice.lines, self.items, strict=True)
        return tuple(
            Allocation(document=item.document, number=item.number, paid=line.paid)
            for line, item in lines
            if item is not None
        )


def advised(evidence: Evidence) -> MatchVerdict | None:
    """Pay what the payer's advice says; leave to people what it says and something else does not."""
    readings = _readings(evidence)
    if not readings:
        return None
    first = readings[0]
    doubt = "Several remittance advices may be of it." if len(readings) > 1 else _doubt(evidence, first)
    if doubt is None:
        return apply(evidence, first.known, first.allocations, SAID, is_named=first.is_named)
    others = [reading.allocations for reading in readings if _is_open(reading)]
    return propose(evidence, first.known, (), SAID, doubt, others=others)


def _readings(evidence: Evidence) -> list[_Reading]:
    """Return the advices that may be of a receipt, what says the same once; where it names payments, those alone."""
    receipt = evidence.receipt
    text = without_marks(f"{receipt.structured or ''} {receipt.remittance}")
    readings: dict[frozenset[tuple[str, str]], _Reading] = {}
    for advice in evidence.advices:
        if advice.paid_on - BEFORE <= receipt.booked_on <= advice.paid_on + AFTER:
            payment = without_marks(advice.payment)
            is_named = len(payment) >= LEAST_LETTERS and payment in text
            items = tuple(evidence.numbered(line.number) for line in advice.lines)
            reading = _Reading(advice, items, is_named)
            is_of_payer = bool(reading.known) and evidence.standing(reading.known) is PayerStanding.AGREES
            said = frozenset((line.number, line.paid.text) for line in advice.lines)
            if is_named or (is_of_payer and said not in readings):
                readings[said] = reading
    return [reading for reading in readings.values() if reading.is_named] or [*readings.values()]


def _doubt(evidence: Evidence, reading: _Reading) -> str | None:
    """Return what speaks against an advice; None where nothing does."""
    if None in reading.items:
        return "It names a document that there is none of."
    if not _is_open(reading):
        return "Not so much is open of a document that it names."
    if evidence.standing(reading.known) is PayerStanding.CONFLICTS:
        return "The payer is not who owes the documents."
    if _says_something_else(evidence, reading):
        return "The text says something else than the advice."
    if evidence.came_shortly_before(reading.known) is not False:
        return "The same amount came shortly before: the advice may have been of that."
    return None


def _says_something_else(evidence: Evidence, reading: _Reading) -> bool:
    """Say whether a receipt names what its advice does not, or documents of which all that is open has the amount."""
    advised_parts = {allocation.document: allocation.paid for allocation in reading.allocations}
    if evidence.unreadable or any(name.item.document not in advised_parts for name in evidence.all_named):
        return True
    whole = {name.item.document: name.item.open for name in evidence.named_open}
    is_exact = sum(paid.amount for paid in whole.values()) == reading.advice.total.amount
    return is_exact and whole != advised_parts


def _is_open(reading: _Reading) -> bool:
    """Say whether every document that an advice names has as much open as it says, in its currency."""
    lines = zip(reading.advice.lines, reading.items, strict=True)
    return all(
        item is not None and item.open.currency == line.paid.currency and line.paid.amount <= item.open.amount
        for line, item in lines
    )
