"""The receipts of a year, each with a label that says what was meant: labels are no part of what matching sees."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from billproof.money import Money
from billproof.payments.model import CashReceipt, Channel, Payer
from tests.matching import writing
from tests.matching.bills import Bill, bills
from tests.matching.customers import Customer, customers
from tests.matching.mixes import Mix

LAST_DAY = date(2025, 12, 31)


@dataclass(frozen=True, slots=True)
class Label:
    """What was meant: whose money, what it pays of which document, and what else the document is freed of."""

    kind: str
    accounts: frozenset[str]
    paid: dict[str, int]
    settled: dict[str, int]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A receipt and its label."""

    receipt: CashReceipt
    label: Label


@dataclass(frozen=True, slots=True)
class Year:
    """Who is billed what, and what arrives, in the order of days."""

    customers: list[Customer]
    bills: list[Bill]
    receipts: list[Labelled]


def draw_year(seed: int, mix: Mix, receipts: int) -> Year:
    """Draw a year of so many receipts; the same for the same seed."""
    rng = random.Random(seed)
    owners = customers(rng, max(12, mix.customers * receipts // 20_000), mix.likeness)
    issued = bills(rng, owners, mix.habits)
    payable: dict[str, list[Bill]] = defaultdict(list)
    payers = {owner.id: owner.paid_by or owner.id for owner in owners}
    for bill in issued:
        payable[payers[bill.account]].append(bill)
    arrived = [
        labelled
        for owner in owners
        if owner.paid_by is None
        for labelled in Purse(rng, mix, owner, payable[owner.id]).receipts()
    ]
    arrived.sort(key=lambda labelled: (labelled.receipt.booked_on, labelled.receipt.id))
    return Year(owners, issued, arrived[:receipts])


@dataclass(frozen=True, slots=True)
class Note:
    """How a payment is told apart: which numbers it names, and how they are written."""

    numbers: list[str]
    structured: bool = False
    whole: bool = True


class Purse:
    """Pays the bills of one payer as it is used to."""

    def __init__(self, rng: random.Random, mix: Mix, owner: Customer, payable: list[Bill]) -> None:
        self._rng, self._mix, self._owner, self._payable = rng, mix, owner, payable
        styles = ("structured", "text", "unnamed", "shortened")
        self._style = rng.choices(styles, [getattr(mix, style) for style in styles])[0]
        self._collects = rng.random() < mix.collective
        self._lag = rng.choice((-6, -2, 0, 0, 1, 3, 8, 15, 25))
        self._takes_discount = rng.random() < mix.takes_discount
        self._count = 0

    def receipts(self) -> Iterator[Labelled]:
        """Yield what it pays."""
        for day, group in self._groups():
            if day <= LAST_DAY:
                yield from self._many(day, group) if len(group) > 1 else self._one(day, group[0])
            if self._chance(self._mix.advance):
                amount = self._rng.choice((50_000, 100_000, 250_000, 12_345))
                yield self._receipt("advance", day, amount, "EUR", {}, {}, Note([]))
            if self._chance(self._mix.stranger):
                yield self._stranger(day)

    def _chance(self, part: float) -> bool:
        return self._rng.random() < part

    def _day(self, bill: Bill) -> date:
        if bill.discount and bill.discount_until and self._takes_discount:
            return bill.discount_until - timedelta(days=self._rng.randrange(4))
        return max(bill.issued + timedelta(days=1), bill.due + timedelta(days=self._lag + self._rng.randrange(3)))

    def _last_day(self, bill: Bill) -> date:
        return bill.due + timedelta(days=max(self._lag, 0) + 5)

    def _groups(self) -> list[tuple[date, list[Bill]]]:
        if not self._collects:
            return [(self._day(bill), [bill]) for bill in self._payable]
        groups: dict[tuple[int, str], list[Bill]] = defaultdict(list)
        for bill in self._payable:
            groups[bill.issued.month, bill.currency].append(bill)
        return [(max(self._day(bill) for bill in group), group) for group in groups.values()]

    def _many(self, day: date, group: list[Bill]) -> Iterator[Labelled]:
        """Pay several bills at once."""
        paid = {bill.document: bill.gross - self._discount(bill, day) for bill in group}
        settled = {bill.document: bill.gross for bill in group}
        whole = sum(paid.values())
        note = self._note([bill.number for bill in group])
        currency = group[0].currency
        if self._chance(self._mix.charges) and min(paid.values()) > 2_500:
            lost = self._rng.choice((500, 750, 1_200, 1_500))
            paid[group[-1].document] -= lost
            yield self._receipt("many, charges", day, whole - lost, currency, paid, settled, note, lost)
        elif self._chance(self._mix.part / 2):
            kept = paid.pop(group[-1].document)
            settled.pop(group[-1].document)
            yield self._receipt("many, one not paid", day, whole - kept, currency, paid, settled, note)
        elif self._chance(self._mix.over / 2):
            yield self._receipt("many, over", day, whole + 777, currency, paid, settled, note)
        else:
            yield self._receipt("many", day, whole, currency, paid, settled, note)

    def _one(self, day: date, bill: Bill) -> Iterator[Labelled]:
        """Pay one bill: whole, in parts, too much, too little, twice."""
        draw = self._rng.random()
        for kind in ("part", "over", "charges", "rounding", "late_discount", "stale", "unclear_part", "other_currency"):
            part = getattr(self._mix, kind) if self._is_possible(kind, bill) else 0
            if draw < part:
                yield from getattr(self, f"_{kind}")(day, bill)
                return
            draw -= part
        discount = self._discount(bill, day)
        first = self._paid("discount" if discount else "one", day, bill, bill.gross - discount, bill.gross)
        yield first
        if self._chance(self._mix.duplicate):
            yield self._again(first)

    def _is_possible(self, kind: str, bill: Bill) -> bool:
        """Say whether a bill can be paid so: what is not is paid whole."""
        return {"late_discount": bill.discount > 0, "other_currency": bill.currency != "EUR"}.get(kind, True)

    def _part(self, day: date, bill: Bill) -> Iterator[Labelled]:
        first = bill.gross * self._rng.choice((25, 40, 50, 50, 60, 75)) // 100 // 100 * 100 or 1
        part = self._paid("part", day, bill, first, first)
        yield part
        if self._chance(self._mix.duplicate):
            yield self._again(part)
        later = day + timedelta(days=self._rng.randrange(10, 40))
        if later <= LAST_DAY:
            yield self._paid("rest of a part", later, bill, bill.gross - first, bill.gross - first)

    def _over(self, day: date, bill: Bill) -> Iterator[Labelled]:
        more = self._rng.choice((1, 10, 100, 1_000, bill.gross // 10 or 1, bill.gross))
        yield self._paid("over", day, bill, bill.gross, bill.gross, more=more)

    def _charges(self, day: date, bill: Bill) -> Iterator[Labelled]:
        lost = self._rng.choice((250, 500, 750, 1_200, 1_500))
        if bill.gross > 4 * lost:
            yield self._paid("charges", day, bill, bill.gross - lost, bill.gross, lost=lost)
        else:
            yield self._paid("one", day, bill, bill.gross, bill.gross)

    def _rounding(self, day: date, bill: Bill) -> Iterator[Labelled]:
        yield self._paid("rounding", day, bill, bill.gross - self._rng.choice((1, 2, 5)), bill.gross)

    def _late_discount(self, day: date, bill: Bill) -> Iterator[Labelled]:
        late = max(day, (bill.discount_until or bill.due) + timedelta(days=3))
        paid = bill.gross - bill.discount
        yield self._paid("late discount", late, bill, paid, paid)

    def _stale(self, day: date, bill: Bill) -> Iterator[Labelled]:
        """Name an earlier bill, of a standing order that nobody changed."""
        long_paid = day - timedelta(days=45)  # else the number says what is meant, whatever was in the payer's mind
        earlier = [other for other in self._payable if self._last_day(other) < long_paid]
        note = self._note([self._rng.choice(earlier or [bill]).number])
        amount = {bill.document: bill.gross}
        yield self._receipt("stale", day, bill.gross, bill.currency, amount, amount, note)

    def _unclear_part(self, day: date, bill: Bill) -> Iterator[Labelled]:
        amount = {bill.document: max(1, bill.gross * 2 // 3)}
        yield self._receipt("unclear part", day, sum(amount.values()), bill.currency, amount, amount, Note([]))

    def _other_currency(self, day: date, bill: Bill) -> Iterator[Labelled]:
        euros = max(1, bill.gross * 87 // 100)
        note = self._note([bill.number])
        settled = {bill.document: bill.gross}
        yield self._receipt("other currency", day, euros, "EUR", {bill.document: euros}, settled, note)

    def _again(self, first: Labelled) -> Labelled:
        receipt = first.receipt
        later = receipt.booked_on + timedelta(days=self._rng.randrange(1, 9))
        copied = receipt.model_copy(update={"booked_on": later, "reference": f"{receipt.reference}-again"})
        return Labelled(copied, replace(first.label, kind="duplicate", paid={}, settled={}))

    def _stranger(self, day: date) -> Labelled:
        payer = Payer(name="Stadtwerke Rückzahlung", account=f"FR{self._rng.randrange(10**20)}")
        labelled = self._receipt("stranger", day, self._rng.randrange(500, 90_000), "EUR", {}, {}, Note([]))
        return Labelled(
            labelled.receipt.model_copy(update={"payer": payer}), replace(labelled.label, accounts=frozenset())
        )

    def _discount(self, bill: Bill, day: date) -> int:
        takes = self._takes_discount and bill.discount_until and day <= bill.discount_until
        return bill.discount if takes else 0

    def _paid(
        self, kind: str, day: date, bill: Bill, paid: int, settled: int, *, more: int = 0, lost: int = 0
    ) -> Labelled:
        note = self._note([bill.number])
        parts = {bill.document: paid}, {bill.document: settled}
        return self._receipt(kind, day, paid + more, bill.currency, *parts, note, lost)

    def _note(self, numbers: list[str]) -> Note:
        if self._style == "unnamed" or self._chance(self._mix.forgets):
            return Note([])
        return Note(numbers, structured=self._style == "structured" and len(numbers) == 1)

    def _receipt(
        self,
        kind: str,
        day: date,
        amount: int,
        currency: str,
        paid: dict[str, int],
        settled: dict[str, int],
        note: Note,
        lost: int = 0,
    ) -> Labelled:
        self._count += 1
        reference, text = self._written(note, amount)
        told = lost and self._chance(0.4)
        owners = {self._owner.id} | {bill.account for bill in self._payable if bill.document in settled}
        receipt = CashReceipt(
            legal_entity="skyline-eu",
            channel=Channel.BANK,
            source=f"bank-{currency}",
            reference=f"{self._owner.id}-{self._count}",
            amount=Money.of(Decimal(amount) / 100, currency),
            charges=Money.of(Decimal(lost) / 100, currency) if told else None,
            booked_on=day,
            payer=self._payer(),
            structured=reference,
            remittance=text,
        )
        kind = f"{kind}, unnamed" if not note.numbers else kind
        return Labelled(receipt, Label(kind, frozenset(owners), paid, settled))

    def _payer(self) -> Payer:
        if self._chance(self._mix.third_party):
            return Payer(name=self._rng.choice(writing.PEOPLE), account=f"ES{self._rng.randrange(10**20)}")
        name = None if self._chance(self._mix.nameless) else writing.name_as_written(self._rng, self._owner.name)
        return Payer(name=name, account=None if self._chance(self._mix.nameless) else self._owner.iban)

    def _written(self, note: Note, amount: int) -> tuple[str | None, str]:
        """Return the structured reference and the text of a payment."""
        if note.structured:
            reference = writing.creditor_reference(note.numbers[0])
            in_blocks = " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
            return (None, in_blocks) if self._chance(0.1) else (reference, "")
        return None, self._text(note, amount)

    def _text(self, note: Note, amount: int) -> str:
        rng, draw = self._rng, self._rng.random()
        if self._style == "shortened":
            numbers = [rng.choice((number[-6:], number[-11:])) for number in note.numbers]
        else:
            numbers = [writing.number_as_written(rng, number) for number in note.numbers]
        if numbers and draw < self._mix.slips:
            numbers[0] = writing.with_slips(rng, note.numbers[0])
        elif numbers and draw < self._mix.slips + self._mix.wrong_digit:
            numbers[0] = writing.with_wrong_digit(rng, note.numbers[0])
        text = writing.text_around(rng, numbers, amount)
        return (writing.cut_every_35(rng, text) if self._chance(0.3) else text)[:140]
