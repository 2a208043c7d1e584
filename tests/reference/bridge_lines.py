"""Lines of the product's documents, read as the reference model's slots."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice

from billproof.invoicing.model import Invoice, InvoiceLine
from billproof.ledger.obligations import Obligation, obligations
from billproof.periods import Period
from billproof.pricing.model import PricedLine
from tests.reference.days import DAY, add_months, day_of
from tests.reference.figures import Document
from tests.reference.lines import Slot
from tests.reference.model import Amounts
from tests.reference.terms import DUE_ONCE

ZERO = Decimal(0)
MARKS = re.compile(r"(credit:|difference:)*")
TRUE_UP = re.compile(r":true_up(@|$)")


@dataclass(frozen=True)
class Part:
    """A line of a document: of which slot, and what it is there: `gross`, a `cut`, or the name of a credit.

    `invoice` names the invoice that the document is, or takes back; `base` the line without what came after it.
    """

    slot: Slot
    what: str
    amount: Decimal
    invoice: str
    line: str
    base: str
    source: InvoiceLine

    @property
    def net(self) -> Decimal:
        """What it adds to what is left of the slot: a drawn credit pays, and takes nothing off."""
        return self.amount if self.what in ("gross", "cut") else ZERO


class Reader:
    """Says of each line of a life's documents what it is."""

    def __init__(self, life: Document) -> None:
        versions = [entry["terms"] for entry in life["contracts"]]

        def named(*kinds: str) -> set[str]:
            return {term["id"] for version in versions for kind in kinds for term in version.get(kind) or ()}

        self._cuts, self._credits = named("discounts", "caps"), named("credits")
        self._commitments = {term["id"]: term for version in versions for term in version.get("commitments") or ()}
        self._once = {
            (version["id"], charge["id"]): charge["price"]
            for version in reversed(versions)
            for charge in version["charges"]
            if charge["price"]["model"] in DUE_ONCE
        }
        self._slots: dict[tuple[str, str, str], Slot] = {}

    def parts(self, invoice_id: str, document: Invoice) -> list[Part]:
        """Read every line of a document."""
        lines = [(*self._name(line.priced.id), line) for line in document.lines]
        for what, base, line in lines:
            if what == "gross":
                self._slots.setdefault((line.priced.explanation.contract, base, ""), self._slot(line.priced, base))
        return [self._part(invoice_id, what, base, line) for what, base, line in lines]

    def _part(self, invoice_id: str, what: str, base: str, line: InvoiceLine) -> Part:
        slot = self._slots.get((line.priced.explanation.contract, base, ""))
        if slot is None:
            slot = self._slot(line.priced, base)
        return Part(slot, what, line.amounts.net.amount, invoice_id, line.priced.id, base, line)

    def _name(self, line_id: str) -> tuple[str, str]:
        """Return what a line is, and the line that it is of, without differences, credit notes and reductions."""
        base = MARKS.sub("", line_id, count=1)
        term, _, rest = base.partition(":")
        name = term.partition("@")[0]
        if name in self._cuts:
            return "cut", rest
        return (name, rest) if name in self._credits else ("gross", base)

    def _slot(self, line: PricedLine, base: str) -> Slot:
        contract, term = line.explanation.contract, base.partition(":")[0].partition("@")[0]
        start, end, kind = line.service_period.start, line.service_period.end, "charge"
        if term in self._commitments:
            kind = "shortfall"
            start, end = self._term(term, start, end)
        elif TRUE_UP.search(base):
            kind = "true_up"
        elif (contract, term) in self._once:
            price = self._once[contract, term]
            start = day_of(price.get("due_on") or price.get("reached_on") or str(line.covered.start))
            end = start + DAY
        return Slot(contract, term, kind, start, end, tuple(sorted(line.dimension.items())))

    def _term(self, name: str, start: date, end: date) -> tuple[date, date]:
        """Return the whole term of a commitment of several months that holds a day, whatever of it is in force."""
        commitment = self._commitments[name]
        months, first = commitment.get("months", 1), day_of(commitment["effective"]["start"])
        if months == 1 or start < first:
            return start, end
        number = 0
        while add_months(first, (number + 1) * months) <= start:
            number += 1
        return add_months(first, number * months), add_months(first, (number + 1) * months)

    def slot_of(self, note: Document, life: Document) -> Slot:
        """Return the slot that a credit note of a life names."""
        line = note["line"]
        start, end = (day_of(text) for text in line["period"])
        contract = line.get("contract") or life["contracts"][0]["terms"]["id"]
        dimension = tuple(sorted((line.get("dimension") or {}).items()))
        return Slot(contract, line["term"], line.get("kind", "charge"), start, end, dimension)


def amounts_of(parts: Iterable[Part]) -> dict[Slot, Amounts]:
    """Add up parts by slot; those that come to nothing are left out."""
    sums: dict[Slot, tuple[Decimal, Decimal]] = {}
    for part in parts:
        net, drawn = sums.get(part.slot, (ZERO, ZERO))
        sums[part.slot] = (net + part.net, drawn + part.net - part.amount)
    return {slot: Amounts(net, drawn, net - drawn) for slot, (net, drawn) in sums.items() if net or drawn}


@dataclass(frozen=True)
class Booked:
    """A document and its parts, line by line, booked in a month."""

    month: str
    document: Invoice
    parts: tuple[Part, ...]


def booked(month: str, documents: Iterable[Invoice], parts: Iterable[Part]) -> list[Booked]:
    """Give each document the parts that were read from it."""
    left = iter(parts)
    return [Booked(month, document, tuple(islice(left, len(document.lines)))) for document in documents]


def earned_in_months(months: Iterable[str], documents: Iterable[Booked]) -> dict[str, dict[Slot, Decimal]]:
    """Return what each month that was run earned of each slot, by the rule that books it.

    A document's own posting books what is earned by the end of its month, the months after it book the rest.
    """
    known = list(documents)
    found: dict[str, dict[Slot, Decimal]] = {}
    for month in dict.fromkeys(months):
        slots: dict[Slot, Decimal] = {}
        days = Period.month(month)
        for each in known:
            for slot, obligation in _obligations(each) if each.month <= month else ():
                amount = obligation.earned_by(days.end) if each.month == month else obligation.earned_in(days)
                slots[slot] = slots.get(slot, ZERO) + amount.amount
        found[month] = {slot: amount for slot, amount in slots.items() if amount}
    return found


def earned_for_ever(each: Booked) -> Decimal:
    """Return what a document earns in all, as it is booked."""
    return sum((obligation.earned_by(date.max).amount for _, obligation in _obligations(each)), ZERO)


def _obligations(each: Booked) -> Iterator[tuple[Slot, Obligation]]:
    """Yield what a document earns of each slot: what credits pay is no revenue of the slot."""
    mine = obligations(each.document)
    for obligation in mine:
        if obligation.place is not None and each.parts[obligation.place].what in ("gross", "cut"):
            yield each.parts[obligation.place].slot, obligation
    accrued = (obligation for obligation in mine if obligation.place is None)
    for line, obligation in zip(each.document.accrued, accrued, strict=True):
        days = line.service_period
        yield Slot(line.contract, line.charge, "charge", days.start, days.end, ()), obligation
