"""Minus what is billed: the one rule by which an invoice bills an earlier month again.

    owed         the month's lines as they are known now: late usage, and versions that were published since
    conceded     what credit notes took back for good: it lowers what is owed, and never below zero
    billed       what all invoices say of the line, less all credit notes
    difference   owed - conceded - billed

Each unit so has its own month's price and tier position, discounts and commitments follow, and a month that was billed
in parts comes to what it would have come to in one. A concession is of a fee with all that comes off it: what is more
than the fee still owes is not taken back from the customer.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from billproof.contracts.charges import RecognitionMethod
from billproof.identities import difference_of, reduced_line
from billproof.money import Money, exactly
from billproof.pricing.model import Adjusts, Explanation, LeftOn, LineKind, PricedLine, Restated, RevenueSchedule
from billproof.pricing.models.base import Step
from billproof.pricing.terms import BilledLine, EarlierPeriod

ZERO = Decimal(0)
NOTHING = "nothing"
"""The price model of a line that is not owed any more."""
QUANTITIES = ("quantity", "included_quantity", "billed_quantity", "unused_quantity")

type LineKey = tuple[str, str]
"""A line by its contract and id: two contracts may name lines alike."""


def difference_lines(
    earlier: EarlierPeriod,
    now: Iterable[PricedLine],
    conceded: Mapping[LineKey, Decimal] | None = None,
    *,
    states_together: bool = False,
) -> list[PricedLine]:
    """Return a line for each line of the earlier period whose amount or quantity is now another.

    `now` are all lines of the earlier period, priced again; `conceded` is what concessions take off them. With
    `states_together` a fee that is earned over time and what reduces it are stated anew together, at zero where one of
    them has not changed: what is earned of them is rounded together, over the days that the fee has now.
    """
    owed = list(now)
    conceded = concessions(earlier, owed) if conceded is None else conceded
    billed = {line.identity: line for line in earlier.billed}
    pairs: list[tuple[PricedLine, BilledLine | None]] = []
    for line in owed:
        before = billed.pop(line.identity, None)
        if before is not None and before.left_on and not line.left_on:
            left = LeftOn(days=line.covered, left=_left_of(line, owed))
            pairs.append((line.model_copy(update={"left_on": (left,)}), before))
        else:
            pairs.append((line, before))
    pairs += ((_nothing(gone, earlier), gone) for gone in billed.values())
    changes = [
        list(_difference(line, before, earlier, conceded.get((line.explanation.contract, line.id), ZERO)))
        for line, before in pairs
    ]
    names = {(line.explanation.contract, line.id) for line, _ in pairs}
    bases = [_base((line.explanation.contract, line.id), names) for line, _ in pairs]
    changed = {base for base, lines in zip(bases, changes, strict=True) if lines} if states_together else set()
    lines: list[PricedLine] = []
    for (line, before), base, difference in zip(pairs, bases, changes, strict=True):
        lines += difference
        if not difference and base in changed and before is not None and _is_earned_over_time(line, before):
            taken = conceded.get((line.explanation.contract, line.id), ZERO)
            lines += _difference(line, before, earlier, taken, is_stated=True)
    return lines


def _is_earned_over_time(line: PricedLine, before: BilledLine) -> bool:
    is_over_time = line.recognition.method in {
        RecognitionMethod.STRAIGHT_LINE_DAYS,
        RecognitionMethod.STRAIGHT_LINE_MONTHS,
    }
    return is_over_time and not before.net.is_zero


@exactly
def _left_of(line: PricedLine, owed: Iterable[PricedLine]) -> Decimal:
    """Return what is left of a line with all that comes off it: of one that a term of a commitment cut before."""
    contract = line.explanation.contract
    off = (other for other in owed if other.explanation.contract == contract and reduced_line(other.id) == line.id)
    return line.net.amount + sum((other.net.amount for other in off), ZERO)


@exactly
def concessions(earlier: EarlierPeriod, now: Sequence[PricedLine]) -> dict[LineKey, Decimal]:
    """Return what concessions take off each line: together never more than its fee owes with all that comes off it.

    What is more than a part of a service period owes now is taken off its other parts.
    """
    conceded = {_key(line): line.conceded for line in earlier.billed if line.conceded and not line.is_draw}
    if not conceded:
        return conceded
    owed = {(line.explanation.contract, line.id): line.net.amount for line in now}
    names = {*owed, *(_key(line) for line in earlier.billed if not line.is_draw)}
    groups: dict[LineKey, list[LineKey]] = {}
    for key in names:
        groups.setdefault(_base(key, names), []).append(key)
    room = {
        base: max(sum((owed.get(key, ZERO) for key in members), ZERO), ZERO)
        - sum((conceded.get(key, ZERO) for key in members), ZERO)
        for base, members in groups.items()
    }
    slots: dict[object, list[LineKey]] = {}
    for line in now:
        if (key := (line.explanation.contract, line.id)) in room:
            slot = (key[0], line.charge, line.meter, line.service_period, tuple(sorted(line.dimension.items())))
            slots.setdefault(slot, []).append(key)
    excess = {base: -left for base, left in room.items() if left < 0}
    conceded |= {base: conceded.get(base, ZERO) - amount for base, amount in excess.items()}
    for parts in slots.values():
        rest = sum((excess.get(base, ZERO) for base in parts), ZERO)
        for base in parts:
            taken = min(rest, max(room[base], ZERO))
            if taken:
                conceded[base] = conceded.get(base, ZERO) + taken
                rest -= taken
    return conceded


def _key(line: BilledLine) -> LineKey:
    return line.contract, line.line


def _base(key: LineKey, names: Iterable[LineKey]) -> LineKey:
    """Return the fee that a line takes something off, or the line itself."""
    contract, name = key
    base = contract, reduced_line(name)
    return base if base in names else key


def is_given_back(line: PricedLine) -> bool:
    """Say whether a line takes a whole earlier line back, which is not owed any more."""
    return line.kind is LineKind.DIFFERENCE and line.explanation.price_model == NOTHING


def _nothing(gone: BilledLine, earlier: EarlierPeriod) -> PricedLine:
    """Return what is owed of a line that was billed and is not owed any more."""
    return PricedLine(
        id=gone.line,
        account=gone.account,
        kind=LineKind.CHARGE,
        term=gone.term or gone.charge,
        charge=gone.charge,
        description=gone.description,
        product=gone.product,
        revenue_category=gone.revenue_category,
        service_period=gone.service_period,
        covered=gone.covered,
        meter=None,
        unit=None,
        dimension=gone.dimension,
        quantity=ZERO,
        included_quantity=ZERO,
        billed_quantity=ZERO,
        net=Money.zero(gone.net.currency),
        includes_tax=gone.includes_tax,
        recognition=RevenueSchedule(method=gone.recognition_method, period=gone.recognized_over),
        left_on=tuple(LeftOn(days=part.days, left=ZERO) for part in gone.left_on),
        explanation=Explanation(
            contract=gone.contract,
            contract_version=gone.contract_version,
            price_model=NOTHING,
            steps=(),
            proration=None,
            exact_amount=ZERO,
            rounding=earlier.rounding,
            note="no longer owed",
        ),
    )


@exactly
def _difference(
    line: PricedLine,
    before: BilledLine | None,
    earlier: EarlierPeriod,
    conceded: Decimal,
    *,
    is_stated: bool = False,
) -> list[PricedLine]:
    already = before.net.amount if before else ZERO
    net = Money.of(line.net.amount - conceded - already, line.net.currency)
    quantities = {name: getattr(line, name) - (getattr(before, name) if before else ZERO) for name in QUANTITIES}
    is_left_alike = line.left_on == (before.left_on if before else ())
    if net.is_zero and not any(quantities.values()) and is_left_alike and not is_stated:
        return []
    numbers = before.numbers if before else ()
    steps = [*line.explanation.steps]
    if conceded:
        steps.append(_less("conceded by credit notes", conceded))
    steps.append(_less(f"billed before on {', '.join(numbers)}" if numbers else "not billed before", already))
    explanation = line.explanation.model_copy(
        update={
            "steps": tuple(steps),
            "exact_amount": line.explanation.exact_amount - conceded - already,
            "note": f"{earlier.period.name} as it is known now, less what was billed of it",
        }
    )
    changes = {
        "id": difference_of(line.id),
        "kind": LineKind.DIFFERENCE,
        "description": f"{line.description}, difference for {earlier.period.name}",
        "net": net,
        "explanation": explanation,
        "adjusts": Adjusts(
            period=earlier.period.name,
            line=line.id,
            numbers=numbers,
            restated=_restated(line, before, conceded),
            replaces=before.earnings if before else (),
        ),
    }
    return [line.model_copy(update={**quantities, **changes})]


def _restated(line: PricedLine, before: BilledLine | None, conceded: Decimal) -> Restated | None:
    """Say what is put in place of what where the days change over which it is earned, unless what it replaces does."""
    if before is None or before.earnings or before.recognized_over == line.recognition.period:
        return None
    return Restated(
        owed=Money.of(line.net.amount - conceded, line.net.currency),
        billed=before.net,
        schedule=RevenueSchedule(method=before.recognition_method, period=before.recognized_over),
    )


def _less(label: str, amount: Decimal) -> Step:
    return Step(label=label, quantity=Decimal(1), unit_price=-amount, flat_fee=ZERO, amount=-amount)
