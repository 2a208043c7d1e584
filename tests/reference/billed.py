"""Runs and credit notes in the order in which they happened: what each billed, what is left on each slot."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from tests.reference.days import Range, add_months, day_of, days_between
from tests.reference.figures import Document, decimals_of, number, rounded
from tests.reference.life import Life, Owed
from tests.reference.lines import Line, Slot
from tests.reference.usage import instant


@dataclass(frozen=True)
class Amount:
    """What a document says of a slot: net of reductions, of which `drawn` was drawn from credits."""

    net: int
    drawn: int

    @property
    def money(self) -> int:
        return self.net - self.drawn

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.net + other.net, self.drawn + other.drawn)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.net - other.net, self.drawn - other.drawn)


NONE = Amount(0, 0)


class Taken(NamedTuple):
    """What a credit note takes off a part of a slot, by the days that the part covers, and off which of its days."""

    part: Range | None
    days: tuple[date, ...]
    net: int


@dataclass(frozen=True)
class Issued:
    """An invoice of a run, or a credit note: the slots that it changes; `note` names the credit note.

    `spread` is what a credit note takes back of which days: of each part of a slot by its own. `stays` are the slots
    that stay with the month that billed them, as a run knows.
    """

    month: date
    at: datetime
    amounts: dict[Slot, Amount]
    note: str | None = None
    spread: tuple[Taken, ...] = ()
    rebill: bool = False
    stays: dict[Slot, date] = field(default_factory=dict)

    @property
    def money(self) -> int:
        return sum(amount.money for amount in self.amounts.values())


@dataclass
class Books:
    """What was issued so far, and what of it is left on each slot."""

    issued: list[Issued] = field(default_factory=list)
    left: dict[Slot, Amount] = field(default_factory=dict)
    owed: dict[Slot, Owed] = field(default_factory=dict)
    billed_in: dict[Slot, tuple[date, date]] = field(default_factory=dict)
    """The month that billed each slot last, and the first day after those that it was billed for."""
    stays: dict[Slot, date] = field(default_factory=dict)
    """The month that billed each slot which stays with it, whatever versions say now."""
    latest: date = date.min
    """The latest month that has an invoice: what is due by it is billed by any run since."""

    def add(self, document: Issued) -> None:
        self.issued.append(document)
        for slot, amount in document.amounts.items():
            self.left[slot] = self.left.get(slot, NONE) + amount


def conceded_by(issued: Iterable[Issued]) -> dict[Slot, int]:
    """Return what credit notes took back of each slot for good."""
    conceded: dict[Slot, int] = {}
    for note in issued:
        for slot, amount in note.amounts.items() if note.note is not None and not note.rebill else ():
            conceded[slot] = conceded.get(slot, 0) - amount.net
    return conceded


def keep_books(life: Life) -> Books:
    """Play a life's runs and credit notes in the order of their instants."""
    books, notes = Books(), life.document.get("credit_notes") or ()
    happened = [(instant(run["at"]), 1, run) for run in life.runs]
    happened += [(instant(note["issued"]), 0, note) for note in notes]
    for at, is_run, what in sorted(happened, key=lambda each: each[:2]):
        if is_run:
            _run(books, life, day_of(what["month"] + "-01"), at)
        else:
            _credit(books, life, what, at)
    return books


def _run(books: Books, life: Life, month: date, at: datetime) -> None:
    """Bill what is owed of every slot that is due, less what is billed of it.

    A fee that is billed stays with the month that billed it, unless it goes on in arrears beyond the days that were
    billed and nothing of it is conceded: then it is taken back, and billed when it is due. A run of an earlier month
    than one that has an invoice bills nothing: its month is billed by then.
    """
    if month <= books.latest:
        books.add(Issued(month, at, {}, stays=dict(books.stays)))
        return
    conceded = conceded_by(books.issued)
    _let_stay(books, life.owed(month, at, conceded, books.stays), conceded)
    owed = {each.slot: each for each in life.owed(month, at, conceded, books.stays)}
    books.owed |= owed
    due = {slot: each for slot, each in owed.items() if each.due <= month}
    amounts = {}
    for slot in dict.fromkeys([*due, *books.left]):
        now = NONE
        if slot in due:
            now = Amount(due[slot].after_concessions, sum(due[slot].drawn.values()))
        amounts[slot] = now - books.left.get(slot, NONE)
    if life.is_in_force(month, at) or any(amount != NONE for amount in amounts.values()):
        books.latest = month
    for slot, each in due.items():
        fees = [line for line in each.lines if line.is_fee]
        if fees:
            books.billed_in[slot] = fees[0].due, max(line.covered[1] for line in fees)
    books.add(Issued(month, at, amounts, stays=dict(books.stays)))


def _let_stay(books: Books, owed: list[Owed], conceded: dict[Slot, int]) -> None:
    """Note which slots, of those that were billed or conceded, stay with the month that billed them."""
    for each in owed:
        if each.slot in books.stays or each.slot not in books.billed_in:
            continue
        month, until = books.billed_in[each.slot]
        now = next((line.due for line in each.lines if line.is_fee), month)
        off = conceded.get(each.slot, 0)
        goes_on = until <= add_months(month, 1) and not off
        if books.left.get(each.slot, NONE).net + off and (now < month or (now > month and not goes_on)):
            books.stays[each.slot] = month


def slot_of(note: Document, life: Life) -> Slot:
    line = note["line"]
    start, end = (day_of(text) for text in line["period"])
    dimension = tuple(sorted((line.get("dimension") or {}).items()))
    contract = line.get("contract") or life.document["contracts"][0]["terms"]["id"]
    return Slot(contract, line["term"], line.get("kind", "charge"), start, end, dimension)


def _credit(books: Books, life: Life, note: Document, at: datetime) -> None:
    """Give back what was asked for, and never more than is left of the line: money first, then the credit."""
    slot = slot_of(note, life)
    left = books.left.get(slot, NONE)
    days = _days_of(note, books.owed.get(slot))
    most = left.net
    if note.get("days"):
        most = min(most, sum(_left_of_days(books, slot, line, days, life.rounding) for line in _lines(books, slot)))
    asked = note.get("amount")
    decimals = decimals_of(books.owed[slot].currency) if slot in books.owed else 2
    net = most if asked is None else min(most, rounded(number(asked) * 10**decimals))
    net = max(net, 0)
    drawn = max(net - max(left.money, 0), 0)
    month = at.astimezone(life.time_zone).date().replace(day=1)
    rebill = bool(note.get("rebill"))
    spread = tuple(_by_part(books, slot, net, days if note.get("days") else None, life.rounding))
    books.add(Issued(month, at, {slot: NONE - Amount(net, drawn)}, note["id"], spread, rebill))


def _by_part(books: Books, slot: Slot, net: int, days: tuple[date, ...] | None, rounding: str) -> Iterator[Taken]:
    """Take what is asked for off the parts of a slot, or off days of those that cover them, as far as each has it."""
    rest, lines = net, _lines(books, slot)
    if not lines:
        yield Taken(None, (), net)
    for place, line in enumerate(lines, start=1):
        on = tuple(days_between(*line.covered)) if days is None else days
        taken = min(rest, max(_left_of_days(books, slot, line, on, rounding), 0))
        if days is None and place == len(lines):
            taken = rest
        if taken:
            yield Taken(line.covered, on, taken)
        rest -= taken


def _lines(books: Books, slot: Slot) -> Sequence[Line]:
    return books.owed[slot].lines if slot in books.owed else ()


def _days_of(note: Document, owed: Owed | None) -> tuple[date, ...]:
    if note.get("days"):
        return tuple(days_between(day_of(note["days"]["start"]), day_of(note["days"]["end"])))
    if owed is None:
        return ()
    start = min(line.covered[0] for line in owed.lines)
    return tuple(days_between(start, max(line.covered[1] for line in owed.lines)))


def _given_back_of(books: Books, slot: Slot, line: Line, days: tuple[date, ...]) -> Fraction:
    """Say what earlier credit notes took back of some days of a part, each by its own days.

    What they took of days that another part covered then, and none does now, counts for this one. What was taken back
    to be billed again counts until it is billed again.
    """
    total = Fraction(0)
    for place, note in enumerate(books.issued):
        if note.note is None or slot not in note.amounts:
            continue
        since = [each.amounts.get(slot, NONE) for each in books.issued[place:] if each.note is None]
        if note.rebill and any(amount != NONE for amount in since):
            continue
        for taken in note.spread:
            mine = next((each for each in _lines(books, slot) if each.covered == taken.part), None)
            if mine is None or mine is line:
                total += Fraction(taken.net * len(set(taken.days) & set(days)), len(taken.days) or 1)
    return total


def _left_of_days(books: Books, slot: Slot, line: Line, days: tuple[date, ...], rounding: str) -> int:
    """Say what is left of some days of a part, if it covers all of them: never more than is left of the part.

    Each day that a part covers counts alike, free ones among them.
    """
    covered = tuple(days_between(*line.covered))
    if not set(days) <= set(covered):
        return 0
    of_days = Fraction(line.net * len(days), len(covered)) - _given_back_of(books, slot, line, days)
    return rounded(min(of_days, line.net - _given_back_of(books, slot, line, covered)), rounding)
