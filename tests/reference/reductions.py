"""What comes off and what is added: percentages, fixed amounts, caps, then minimums and term commitments."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.reference.days import DAY, Range, add_months, day_of, days_between, length_of, month_of, month_start
from tests.reference.figures import Document, decimals_of, number, rounded, shared_out
from tests.reference.lines import Line, Slot, Weights, Writer
from tests.reference.terms import Contract

NOTHING = Fraction(0)
Held = dict[str, tuple[Document, set[date]]]
"""Terms that hold in a month, each with the days on which it does; a term that changes is another one from then on."""


def covers(term: Document, line: Line) -> bool:
    """Say whether a term is for a line's charge or its product, or names neither and is for all."""
    charges, products = term.get("charges") or (), term.get("products") or ()
    return not (charges or products) or line.slot.term in charges or line.charge["product"] in products


def narrowness(term: Document) -> tuple[float, str]:
    return len(term.get("charges") or ()) + len(term.get("products") or ()) or float("inf"), term["id"]


def take_percentages(contract: Contract, lines: Iterable[Line], rounding: str) -> None:
    """Take percentages off each line, narrow ones first, for the billed days on which they hold.

    What one takes is rounded on each line, or as a running total over the lines that one month's invoice bills.
    """
    held: dict[str, tuple[Document, list[tuple[Line, list[date]]]]] = {}
    for line in lines if contract.has("discounts") else ():
        for term, days in _percentages_on(contract, line):
            held.setdefault(contract.what(term), (term, []))[1].append((line, days))
    for term, rows in sorted(held.values(), key=lambda pair: narrowness(pair[0])):
        documents: dict[date | int, list[tuple[Line, list[date]]]] = {}
        for place, (line, days) in enumerate(rows):
            document = line.due if term.get("rounding") == "per_document" else place
            documents.setdefault(document, []).append((line, days))
        for parts in documents.values():
            _take_percent(term, parts, rounding)


def _percentages_on(contract: Contract, line: Line) -> list[tuple[Document, list[date]]]:
    held: dict[str, tuple[Document, list[date]]] = {}
    for day in line.days:
        for term in contract.listed("discounts", day):
            if term.get("percent") and covers(term, line):
                held.setdefault(contract.what(term), (term, []))[1].append(day)
    return list(held.values())


def _take_percent(term: Document, parts: list[tuple[Line, list[date]]], rounding: str) -> None:
    total = NOTHING
    for line, days in sorted(parts, key=lambda part: (part[0].is_usage, part[0].order)):
        before = rounded(total, rounding)
        total += _of_days(line.net, line.by_day, set(days)) * number(term["percent"]) / 100
        part = rounded(total, rounding) - before
        if part:
            line.left = _less(line.net, line.by_day, set(days), part)
            line.cut("discount", part)


def _of_days(amount: int | Fraction, weights: Weights, days: Container[date]) -> Fraction:
    """Return what some days have of an amount that is spread by weights."""
    whole = sum(weights.values())
    within = sum(weight for day, weight in weights.items() if day in days)
    return Fraction(amount * within) / whole if whole else NOTHING


def _less(amount: int | Fraction, weights: Weights, days: set[date], taken: int) -> Weights:
    """Return the weights by which the rest is spread once something is taken off some days."""
    if days >= weights.keys():
        return weights
    whole, within = sum(weights.values()), _of_days(amount, weights, days)
    left = (within - taken) / within
    unit = Fraction(amount) / whole
    return {day: weight * unit * (left if day in days else 1) for day, weight in weights.items()}


@dataclass
class Share:
    """A calendar month's share of a line, in minor units, and how it is spread over the month's days."""

    line: Line
    amount: int
    weights: Weights

    def of(self, days: Container[date]) -> Fraction:
        return _of_days(self.amount, self.weights, days)

    def cut(self, kind: str, amount: int, days: set[date]) -> None:
        self.weights = _less(self.amount, self.weights, days, amount)
        self.amount -= amount
        self.line.cut(kind, amount)


Shares = dict[date, list[Share]]
"""The shares of all lines by the first day of their month."""


def shares_by_month(lines: Iterable[Line], rounding: str) -> Shares:
    """Cut lines into calendar months: what is due to a month's end, rounded, less what is due to its start.

    A fee is spread by its days, usage by what was used on each.
    """
    shares: Shares = {}
    for line in sorted(lines, key=lambda line: line.order):
        weights = line.by_day if line.use is line.days else line.use
        months: dict[date, dict[date, Fraction | int]] = {}
        for day in sorted(weights):
            months.setdefault(month_start(day), {})[day] = weights[day]
        whole, to_date, before = sum(weights.values()), Fraction(0), 0
        for start, days in months.items():
            to_date += sum(days.values())
            amount = rounded(line.net * to_date / whole, rounding) - before if whole else 0
            before += amount
            shares.setdefault(start, []).append(Share(line, amount, days))
    return shares


def held_in(contract: Contract, kind: str, month: Range) -> Held:
    """Return the terms of a kind that hold in a month while the contract is in force."""
    held: Held = {}
    for day in days_between(*month):
        if contract.in_force(day):
            for term in contract.listed(kind, day):
                held.setdefault(contract.what(term), (term, set()))[1].add(day)
    return held


def take_fixed_and_caps(writer: Writer, shares: Shares) -> None:
    """Take fixed discounts, then what lies above caps, off each month's shares of the lines."""
    contract = writer.contract
    for start in sorted(shares):
        month = month_of(start)
        fixed = [pair for pair in held_in(contract, "discounts", month).values() if pair[0].get("amount")]
        for term, days in sorted(fixed, key=lambda pair: narrowness(pair[0])):
            _take_fixed(writer, shares[start], term, (month, days))
        for term, days in sorted(held_in(contract, "caps", month).values(), key=lambda pair: narrowness(pair[0])):
            _take_above(writer, shares[start], term, (month, days))


def _for_days(writer: Writer, amount: str, month: Range, days: set[date]) -> int:
    length = length_of(month, writer.contract.method(month[0]))
    return writer.minor(number(amount) * writer.contract.share(sorted(days), length))


def _reached(rows: list[Share], term: Document, days: set[date]) -> list[Share]:
    """Return the shares that a term covers and that have something on its days."""
    return [share for share in rows if covers(term, share.line) and share.of(days) > 0]


def _take_fixed(writer: Writer, rows: list[Share], term: Document, when: tuple[Range, set[date]]) -> None:
    """Take an amount off a month's shares: first off fees that another month's invoice bills, then off the rest."""
    (month, days), rest = when, _for_days(writer, term["amount"], *when)
    reached = sorted(_reached(rows, term, days), key=lambda share: share.line.is_usage)
    for elsewhere in (True, False):
        mine = [share for share in reached if (share.line.due != month[0]) is elsewhere]
        there_is = [share.of(days) for share in mine]
        amount = min(rest, int(sum(there_is, NOTHING)))
        taken = shared_out(amount, there_is)
        if term.get("spread") == "in_order":
            taken = []
            for of_share in there_is:
                taken.append(min(amount - sum(taken), int(of_share)))
        for share, part in zip(mine, taken, strict=True):
            if part:
                share.cut("fixed", part, days)
        rest -= amount


def _take_above(writer: Writer, rows: list[Share], term: Document, when: tuple[Range, set[date]]) -> None:
    """Fill a cap by the lines in order, fees before usage, of fees first those that another month's invoice bills."""
    (month, days), room = when, Fraction(_for_days(writer, term["amount"], *when))
    for share in sorted(_reached(rows, term, days), key=lambda each: (each.line.is_usage, each.line.due == month[0])):
        there_is = share.of(days)
        above = max(rounded(there_is - room, writer.rounding), 0)
        room = max(room - (there_is - above), NOTHING)
        if above:
            share.cut("cap", above, days)


def shortfalls(writer: Writer, shares: Shares) -> list[Line]:
    """Write a line for what each month or term of a commitment falls short of."""
    contract = writer.contract
    terms: dict[str, Document] = {}
    for version in contract.versions:
        for term in version.get("commitments") or ():
            terms.setdefault(term["id"], term)
    place = len(contract.charge_ids)
    return [
        line
        for number_, term in enumerate(terms.values())
        for line in _shortfalls_of(writer, shares, term, place + number_)
    ]


def _shortfalls_of(writer: Writer, shares: Shares, term: Document, place: int) -> list[Line]:
    lines, start = [], day_of(term["effective"]["start"])
    months = term.get("months", 1)
    first, count = (month_start(start) if months == 1 else start), 0
    while (begins := add_months(first, count * months)) < writer.limit:
        count += 1
        line = _shortfall(writer, shares, term, (begins, add_months(first, count * months)), place)
        if line is not None:
            lines.append(line)
    return lines


def _shortfall(writer: Writer, shares: Shares, term: Document, period: Range, place: int) -> Line | None:
    contract = writer.contract
    held: dict[date, Document] = {}
    for day in days_between(*period):
        if contract.in_force(day):
            for each in contract.listed("commitments", day):
                if each["id"] == term["id"]:
                    held[day] = each
    if not held:
        return None
    length = length_of(period, contract.method(period[0]))
    amounts: dict[str, list[date]] = {}
    for day, each in held.items():
        amounts.setdefault(each["amount"], []).append(day)
    owed = sum((number(amount) * contract.share(days, length) for amount, days in amounts.items()), NOTHING)
    counted = sum((_counted(share, held, period) for rows in shares.values() for share in rows), NOTHING)
    short = max(owed * 10 ** decimals_of(contract.currency) - counted, NOTHING)
    days = writer.counted(held)
    last = max(held)
    return Line(
        slot=Slot(contract.id, term["id"], "shortfall", *period),
        covered=(min(held), last + DAY),
        gross=rounded(short, writer.rounding),
        days=days,
        use=days,
        due=month_start(last),
        charge=term,
        place=place,
    )


def _counted(share: Share, held: dict[date, Document], period: Range) -> Fraction:
    """Return what a commitment counts of a share: what was used or served on the days on which it holds."""
    if max(share.weights) < period[0] or period[1] <= min(share.weights):
        return NOTHING
    return share.of({day for day in share.weights if day in held and covers(held[day], share.line)})
