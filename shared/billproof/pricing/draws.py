"""Drawing down credits that were paid or granted before: by priority, then expiry, then id, over the lines in order.

The lines of a month's invoice draw before those of the next one's. A line draws the credits that hold in the month in
which the days of its service period begin, and on an invoice those that begin in an earlier month draw first. What an
invoice draws for an earlier month is what that month draws as it is known now, less what it drew before
(differences.py).
"""

from collections.abc import Container, Iterable, Mapping, MutableMapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from billproof.contracts.charges import Credit
from billproof.contracts.timeline import Span, Timeline
from billproof.identities import LineIdFormat
from billproof.money import Money, Rounding, exactly
from billproof.periods import Period, month_name
from billproof.pricing.explanation import explain
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.models.base import ONE, ZERO, step_of
from billproof.pricing.term_lines import name_of, reduction_line

ONE_DAY = timedelta(days=1)

type Drawn = MutableMapping[tuple[str, str], Decimal]
"""What invoices drew of each credit, by contract and credit."""


@exactly
def draw_lines(
    timeline: Timeline,
    lefts: Sequence[tuple[PricedLine, Money]],
    period: Period,
    drawn: Drawn,
    rounding: Rounding,
    line_ids: LineIdFormat,
) -> list[PricedLine]:
    """Draw what is left of a month's lines from the credits that hold then, and add that to `drawn`."""
    if not timeline.credits:
        return []
    months = _drawing_months(line for line, _ in lefts)
    in_order = sorted(lefts, key=lambda left: months[left[0].id].start)
    open_lines = {line.id: line for line, left in in_order if left.amount > 0}
    rests = {line.id: left for line, left in lefts if left.amount > 0}

    def order(span: Span[Credit]) -> tuple[int, str, str]:
        return (span.term.priority, str(span.term.effective.end or "9999"), span.term.id)

    lines: list[PricedLine] = []
    for span in sorted(timeline.credits, key=order):
        key = (timeline.id, span.term.id)
        for name, line in open_lines.items():
            rest = balance(span, timeline, drawn, months[name])
            taken = min(rest, rests[name].amount)
            if taken <= 0 or not span.touches(months[name]) or not _pays(span, timeline, line):
                continue
            step = step_of(f"of {Money.of(rest, timeline.currency)} left", ONE, -taken)
            why = explain(span.contract, LineKind.CREDIT.term_model, -taken, (step,), rounding)
            net = Money.of(-taken, timeline.currency)
            lines.append(
                reduction_line(
                    span, line, LineKind.CREDIT, name=name_of(span, period), net=net, why=why, line_ids=line_ids
                )
            )
            rests[name] += net
            drawn[key] = drawn.get(key, ZERO) + taken
    return lines


def stated_order(timeline: Timeline, lefts: Sequence[tuple[PricedLine, Money]]) -> list[tuple[PricedLine, Money]]:
    """Return lines of charges, then what commitments fell short of, in the order in which the contract says them."""
    stated = list(dict.fromkeys(span.term.id for span in timeline.commitments))

    def place(left: tuple[PricedLine, Money]) -> int:
        return stated.index(left[0].term) if left[0].kind is LineKind.COMMITMENT else -1

    return sorted(lefts, key=place)


def is_draw(line: PricedLine, known: Container[tuple[str, str]]) -> bool:
    """Say whether a line draws a credit, or bills a difference of what was drawn; `known` are credits of which any was.

    Credits are named by contract and credit.
    """
    if line.kind is not LineKind.DIFFERENCE:
        return line.kind is LineKind.CREDIT
    why = line.explanation
    return why.price_model == LineKind.CREDIT.term_model or (why.contract, line.term) in known


def drawing_month(line: PricedLine) -> Period:
    """Return the month in which a line draws: where its days begin, or where the term ends that fell short."""
    return Period.month(month_name(_drawing_day(line)))


def _drawing_day(line: PricedLine) -> date:
    return line.covered.end - ONE_DAY if line.kind is LineKind.COMMITMENT else line.covered.start


def _drawing_months(lines: Iterable[PricedLine]) -> dict[str, Period]:
    """Return the month in which each line draws: the parts of a service period draw together, in that of the first."""
    mine = list(lines)
    first: dict[tuple[str, Period], date] = {}
    for line in mine:
        key, day = (line.charge, line.service_period), _drawing_day(line)
        first[key] = min(first.get(key, day), day)
    return {line.id: Period.month(month_name(first[line.charge, line.service_period])) for line in mine}


def _pays(span: Span[Credit], timeline: Timeline, line: PricedLine) -> bool:
    """Say whether a credit may pay a line: of the charges that it names, or of any where it names none."""
    named = set(span.term.charges)
    if line.kind is not LineKind.COMMITMENT:
        return not named or line.charge in named
    of_commitment = {
        charge
        for commitment in timeline.commitments
        if commitment.term.id == line.term
        for charge in commitment.term.charges
    }
    return span.term.shortfalls and (not named or of_commitment <= named)


@exactly
def balance(
    span: Span[Credit], timeline: Timeline, drawn: Mapping[tuple[str, str], Decimal], period: Period
) -> Decimal:
    """Return what is left of a credit: its amount, and what expired credits roll over to it, less what was drawn.

    What rolled over to a later credit and was drawn there is not left for late usage of this one's days.
    """
    stated = _stated(timeline)
    left = _left(span.term, timeline.id, stated, drawn, period.start)
    target = stated.get(stated[span.term.id].rolls_over_to or "")
    if target is not None:
        left = min(left, _left(target, timeline.id, stated, drawn, target.effective.start))
    return max(left, ZERO)


def _stated(timeline: Timeline) -> dict[str, Credit]:
    """Return each credit as the version says that governs the last of its days; else as the first that states it.

    So what rolled over before a version begins stays so, and what expired before the contract began rolls over as well.
    """
    stated: dict[str, Credit] = {}
    for contract, days in timeline.governing_versions:
        for credit in contract.credits:
            expiry = credit.effective.end
            if expiry is None or days.start < expiry:
                stated[credit.id] = credit
            stated.setdefault(credit.id, credit)
    return stated


def _left(
    credit: Credit, contract: str, stated: Mapping[str, Credit], drawn: Mapping[tuple[str, str], Decimal], day: date
) -> Decimal:
    left = credit.amount - drawn.get((contract, credit.id), ZERO)
    for other in stated.values():
        expiry = other.effective.end
        if other.rolls_over_to == credit.id and expiry is not None and expiry <= day:
            left += max(_left(other, contract, stated, drawn, day), ZERO)
    return left
