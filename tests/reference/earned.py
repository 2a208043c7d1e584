"""What is earned by the end of each month, of what is owed as it is known then."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.reference.billed import Books, Issued, conceded_by
from tests.reference.days import DAY, Range, add_months, day_of, months_between
from tests.reference.figures import rounded
from tests.reference.life import Life, Owed
from tests.reference.lines import Line, Slot

DEFAULTS = {"one_off": "point_in_time", "milestone": "point_in_time"}


def method_of(line: Line) -> str:
    """Say how a line is earned: as its charge says, or by its kind."""
    charge = line.charge
    stated = (charge.get("recognition") or {}).get("method")
    if line.slot.kind == "shortfall":
        return "as_incurred"
    if stated:
        return str(stated)
    price = charge["price"]["model"]
    return DEFAULTS.get(price, "as_incurred" if line.is_usage else "straight_line_days")


def days_of(line: Line) -> Range:
    over = (line.charge.get("recognition") or {}).get("over")
    return (day_of(over["start"]), day_of(over["end"])) if over else line.covered


def share_gone(method: str, days: Range, by: date) -> Fraction:
    """Say which share of an amount is earned by a day (the first day after): 0 before its days, 1 after them."""
    start, end = days
    if method == "as_incurred":
        return Fraction(end <= by)
    if method == "point_in_time":
        return Fraction(start < by)
    if method == "straight_line_months":
        months = months_between(start, end)
        return Fraction(sum(1 for month in months if month[1] <= by), len(months))
    return Fraction(min(max((by - start).days, 0), (end - start).days), (end - start).days)


def earned_to_date(owed: Owed, notes: list[Issued], by: date, rounding: str) -> int:
    """Return what is earned of a slot by a day: of each part by its days, less what was conceded for days gone by."""
    total = 0
    for part, taken in zip(owed.lines, _taken_by_part(owed.lines, notes), strict=True):
        if sum(each.amount for each in taken) >= part.net:
            continue
        total += _of_line(part, by, rounding)
        for concession, over in zip(taken, _days_of_concessions(taken, part, owed, rounding), strict=True):
            gone = share_gone(method_of(part), over, by)
            total -= rounded(concession.amount * gone, rounding)
    return total


def _of_line(line: Line, by: date, rounding: str) -> int:
    return rounded(line.net * share_gone(method_of(line), days_of(line), by), rounding)


@dataclass
class Concession:
    """What a credit note takes of a part, and the days that it is for: none where other parts owed too little."""

    note: int
    amount: int
    days: Range | None


def _taken_by_part(parts: Sequence[Line], notes: list[Issued]) -> list[list[Concession]]:
    """Say what each credit note takes of each part now: first of the part that it was given on, as far as that owes.

    What is more than the part owes comes off the other parts, from the first on; what none of them owes, off nothing.
    Of several notes the latest gives way.
    """
    taken: list[list[Concession]] = [[] for _ in parts]
    for number_of_note, note in enumerate(notes):
        for part, on, amount in note.spread:
            home = next((place for place, line in enumerate(parts) if part and line.covered[0] == part[0]), 0)
            taken[home].append(Concession(number_of_note, amount, (on[0], on[-1] + DAY) if on else None))
    too_much: Counter[int] = Counter()
    for line, mine in zip(parts, taken, strict=True):
        rest = sum(each.amount for each in mine) - max(line.net, 0)
        for each in reversed(mine):
            moved = min(max(rest, 0), each.amount)
            each.amount, rest = each.amount - moved, rest - moved
            too_much[each.note] += moved
    for line, mine in zip(parts, taken, strict=True):
        room = max(line.net, 0) - sum(each.amount for each in mine)
        for number_of_note in sorted(too_much):
            moved = min(max(room, 0), too_much[number_of_note])
            too_much[number_of_note] -= moved
            room -= moved
            mine.append(Concession(number_of_note, moved, None))
    return [[each for each in mine if each.amount] for mine in taken]


def _days_of_concessions(taken: list[Concession], part: Line, owed: Owed, rounding: str) -> Iterator[Range]:
    """Yield the days over which each credit note takes off a part what is earned of it: its own, or those of the part.

    Its own where it is for some days, which still owe what it takes: besides what earlier notes took of them.
    """
    whole = days_of(part)
    before: list[tuple[Range, int]] = []
    for each in taken:
        own = each.days
        if own is None or method_of(part) != "straight_line_days" or (own[0] <= whole[0] and whole[1] <= own[1]):
            yield whole
            continue
        left = sum((line.net * _share(own, days_of(line)) for line in owed.lines), Fraction(0))
        left -= sum(amount * _share(own, days) for days, amount in before)
        if each.amount > rounded(left, rounding):
            yield whole
        else:
            before.append((own, each.amount))
            yield own


def _share(days: Range, whole: Range) -> Fraction:
    both = (min(days[1], whole[1]) - max(days[0], whole[0])).days
    return Fraction(max(both, 0), (whole[1] - whole[0]).days)


def earned_by_month(life: Life, books: Books) -> dict[date, dict[Slot, int]]:
    """Return, for each month that was run, what each slot's earned revenue changed by in it.

    What is known is what was known when the month was run first; a credit note counts from the month of its issue on.
    """
    months: dict[date, dict[Slot, int]] = {}
    to_date: dict[Slot, int] = {}
    latest = date.min
    for invoice in books.issued:
        if invoice.note is not None or invoice.month in months:
            continue
        notes = [each for each in books.issued if _counts(each, invoice)]
        conceded = conceded_by(notes)
        by, latest = add_months(invoice.month, 1), max(latest, invoice.month)
        now: dict[Slot, int] = {}
        for owed in _owed(life, invoice, conceded, latest):
            own = [note for note in notes if owed.slot in note.amounts]
            now[owed.slot] = earned_to_date(owed, own, by, life.rounding)
        slots = dict.fromkeys([*now, *to_date])
        months[invoice.month] = {slot: now.get(slot, 0) - to_date.get(slot, 0) for slot in slots}
        to_date = now
    return months


def _owed(life: Life, invoice: Issued, conceded: dict[Slot, int], latest: date) -> list[Owed]:
    """Return what is owed as the books of a month know it: a fee that waits for a later invoice, without usage then.

    It may share a discount or a cap of a month with usage, which is not known before the month is over.
    """
    now, by = life.owed(invoice.month, invoice.at, conceded, invoice.stays), add_months(invoice.month, 1)
    waits = {owed.slot for owed in now if owed.due > latest and min(line.covered[0] for line in owed.lines) < by}
    if not waits:
        return now
    alone = life.fees_alone().owed(invoice.month, invoice.at, conceded, invoice.stays)
    return [owed for owed in now if owed.slot not in waits] + [owed for owed in alone if owed.slot in waits]


def _counts(note: Issued, invoice: Issued) -> bool:
    """Say whether a document is a concession that the books of an invoice's month know."""
    known = note.at <= invoice.at and note.month <= invoice.month
    return note.note is not None and not note.rebill and known
