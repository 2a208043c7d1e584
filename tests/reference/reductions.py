"""What comes off and what is added: percentages, fixed amounts, caps, then minimums and term commitments."""

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction

from tests.reference.days import Range, add_months, day_of, days_between, length_of, month_of, month_start, weight
from tests.reference.figures import Document, canonical, decimals_of, number, rounded, shared_out
from tests.reference.lines import Line, Slot, Weights, Writer
from tests.reference.terms import Contract

NOTHING = Fraction(0)
Held = dict[str, tuple[Document, set[date]]]
"""Terms that hold in a month, each with the days on which it does; a term that changes is another one from then on."""


def covers(term: Document, line: Line) -> bool:
    """Say whether a term is for a line's charge or its product, or names neither and is for all."""
    charges, products = term.get("charges") or (), term.get("products") or ()
    return not (charges or products) or line.slot.term in charges or line.charge["product"] in products


def narrowness(term: Document) -> float:
    return len(term.get("charges") or ()) + len(term.get("products") or ()) or float("inf")


def take_percentages(contract: Contract, lines: Iterable[Line], rounding: str) -> None:
    """Take percentages off each line, narrow ones first, for the billed days on which they hold.

    What one takes is rounded on each line, or once for all lines that one month's invoice bills.
    """
    held: dict[str, tuple[Document, list[tuple[Line, list[date]]]]] = {}
    for line in lines if any(version.get("discounts") for version in contract.versions) else ():
        line.left = _spread(line.gross, line.days)
        for term, days in _percentages_on(contract, line):
            held.setdefault(_what(term), (term, []))[1].append((line, days))
    for term, rows in sorted(held.values(), key=lambda pair: narrowness(pair[0])):
        documents: dict[date | int, list[tuple[Line, Weights]]] = {}
        for number_, (line, days) in enumerate(rows):
            left = line.left or {}
            exact = {day: left[day] * number(term["percent"]) / 100 for day in days}
            document = line.due if term.get("rounding") == "per_document" else number_
            documents.setdefault(document, []).append((line, exact))
        for parts in documents.values():
            _take_off(parts, rounding)


def _percentages_on(contract: Contract, line: Line) -> list[tuple[Document, list[date]]]:
    held: dict[str, tuple[Document, list[date]]] = {}
    for day in line.days:
        for term in contract.listed("discounts", day, (line.slot.start, line.slot.end)):
            if term.get("percent") and covers(term, line):
                held.setdefault(_what(term), (term, []))[1].append(day)
    return list(held.values())


def _what(term: Document) -> str:
    """Name a term by what it takes and from what: a new name or other dates alone make it no other term."""
    return canonical({name: value for name, value in term.items() if name not in ("name", "effective")})


def _spread(amount: int, weights: Weights) -> Weights:
    total = sum(weights.values(), NOTHING)
    return {day: amount * each / total if total else NOTHING for day, each in weights.items()}


def _take_off(parts: list[tuple[Line, Weights]], rounding: str) -> None:
    exact = [sum(by_day.values(), NOTHING) for _, by_day in parts]
    taken = shared_out(rounded(sum(exact, NOTHING), rounding), exact)
    for (line, by_day), whole, part in zip(parts, exact, taken, strict=True):
        line.cuts["discount"] = line.cuts.get("discount", 0) + part
        left = line.left or {}
        for day, amount in by_day.items():
            left[day] -= amount * part / whole if whole else NOTHING


class Shares:
    """The shares of lines by calendar month, in whole minor units that add up to each line, and by day within it."""

    def __init__(self, lines: Iterable[Line], rounding: str) -> None:
        self.by_month: dict[date, list[tuple[Line, Weights]]] = {}
        for line in sorted(lines, key=lambda line: line.order):
            by_use = line.left is None or line.use is not line.days
            left = _spread(line.net, line.use) if by_use else line.left or {}
            for start, days in months_of(left, rounding).items():
                self.by_month.setdefault(start, []).append((line, days))

    def of_days(self, covered: Callable[[Line, date], bool]) -> Fraction:
        """Add up the shares of the lines and days that a term covers."""
        return sum(
            (
                share
                for rows in self.by_month.values()
                for line, days in rows
                for day, share in days.items()
                if covered(line, day)
            ),
            NOTHING,
        )


def months_of(by_day: Weights, rounding: str) -> dict[date, Weights]:
    """Cut amounts by day into months of whole units: what is due to a month's end, rounded, less that to its start."""
    months: dict[date, Weights] = {}
    for day in sorted(by_day):
        months.setdefault(month_start(day), {})[day] = by_day[day]
    to_date, before = NOTHING, 0
    for start, days in months.items():
        exact = sum(days.values(), NOTHING)
        to_date += exact
        share = rounded(to_date, rounding) - before
        before += share
        months[start] = {day: each * share / exact if exact else NOTHING for day, each in days.items()}
    return months


def held_in(contract: Contract, kind: str, month: Range) -> Held:
    """Return the terms of a kind that hold in a month while the contract is in force."""
    held: Held = {}
    for day in days_between(*month):
        if contract.in_force(day):
            for term in contract.listed(kind, day, month):
                held.setdefault(_what(term), (term, set()))[1].add(day)
    return held


def take_fixed_and_caps(writer: Writer, shares: Shares) -> None:
    """Take fixed discounts, then what lies above caps, off each month's shares of the lines."""
    contract = writer.contract
    for start, rows in sorted(shares.by_month.items()):
        month = month_of(start)
        fixed = [pair for pair in held_in(contract, "discounts", month).values() if pair[0].get("amount")]
        for term, days in sorted(fixed, key=lambda pair: narrowness(pair[0])):
            _take_fixed(writer, rows, term, (month, days))
        for term, days in sorted(held_in(contract, "caps", month).values(), key=lambda pair: narrowness(pair[0])):
            _take_above(writer, rows, term, (month, days))


def _for_days(writer: Writer, amount: str, month: Range, days: set[date]) -> int:
    return writer.minor(number(amount) * writer.contract.share(sorted(days), length_of(month, _method(writer, month))))


def _method(writer: Writer, month: Range) -> str:
    return writer.contract.method(month[0])


def _reached(rows: list[tuple[Line, Weights]], term: Document, days: set[date]) -> list[tuple[Line, Weights, Fraction]]:
    """Return the lines that a term covers, with what the term's days hold of each."""
    found = []
    for line, shares in rows:
        amount = sum((share for day, share in shares.items() if day in days), NOTHING)
        if covers(term, line) and amount > 0:
            found.append((line, shares, amount))
    return found


def _cut(kind: str, line: Line, shares: Weights, days: set[date], amount: int) -> None:
    held = sum((share for day, share in shares.items() if day in days), NOTHING)
    line.cuts[kind] = line.cuts.get(kind, 0) + amount
    for day in shares:
        if day in days:
            shares[day] -= shares[day] * amount / held


def _take_fixed(
    writer: Writer, rows: list[tuple[Line, Weights]], term: Document, when: tuple[Range, set[date]]
) -> None:
    reached = _reached(rows, term, when[1])
    there_is = sum((amount for _, _, amount in reached), NOTHING)
    amount = min(_for_days(writer, term["amount"], *when), int(there_is))
    taken = shared_out(amount, [share for _, _, share in reached])
    if term.get("spread") == "in_order":
        taken = []
        for _, _, share in reached:
            taken.append(min(amount - sum(taken), int(share)))
    for (line, shares, _), part in zip(reached, taken, strict=True):
        _cut("fixed", line, shares, when[1], part)


def _take_above(
    writer: Writer, rows: list[tuple[Line, Weights]], term: Document, when: tuple[Range, set[date]]
) -> None:
    """Fill a cap by the lines in order, those billed in advance first; what lies above it comes off."""
    room = _for_days(writer, term["amount"], *when)
    reached = sorted(_reached(rows, term, when[1]), key=lambda row: not row[0].in_advance)
    for line, shares, share in reached:
        above = max(rounded(share - room), 0)
        room = max(room - rounded(share - above), 0)
        if above:
            _cut("cap", line, shares, when[1], above)


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
            for each in contract.listed("commitments", day, period):
                if each["id"] == term["id"]:
                    held[day] = each
    if not held:
        return None
    length = length_of(period, contract.method(period[0]))
    amounts: dict[str, list[date]] = {}
    for day, each in held.items():
        amounts.setdefault(each["amount"], []).append(day)
    owed = sum((number(amount) * contract.share(days, length) for amount, days in amounts.items()), NOTHING)
    counted = shares.of_days(lambda line, day: day in held and covers(held[day], line))
    short = max(owed * 10 ** decimals_of(contract.currency) - counted, NOTHING)
    days = {day: Fraction(weight(day, contract.method(day))) for day in held}
    last = max(held)
    return Line(
        slot=Slot(contract.id, term["id"], "shortfall", *period),
        covered=(min(held), date.fromordinal(last.toordinal() + 1)),
        gross=rounded(short, writer.rounding),
        days=days,
        use=days,
        due=month_start(last),
        in_advance=False,
        charge=term,
        place=place,
    )
