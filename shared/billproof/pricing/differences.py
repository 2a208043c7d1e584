"""Minus what is billed: the one rule by which an invoice bills an earlier month again.

    owed         the month's lines as they are known now: late usage, and versions that were published since
    conceded     what credit notes took back for good: it lowers what is owed, and never below zero (concessions.py)
    billed       what all invoices say of the line, less all credit notes
    difference   owed - conceded - billed

Each unit so has its own month's price and tier position, discounts and commitments follow, and a month that was billed
in parts comes to what it would have come to in one.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from decimal import Decimal
from functools import partial

from billproof.contracts.charges import RecognitionMethod
from billproof.identities import difference_of, reduced_line
from billproof.money import Money, exactly
from billproof.pricing.conceded_revenue import stated_concessions
from billproof.pricing.concessions import Conceded, base_of, concessions
from billproof.pricing.model import (
    Adjusts,
    Earning,
    Explanation,
    LeftOn,
    LineKind,
    PricedLine,
    Restated,
    RevenueSchedule,
)
from billproof.pricing.models.base import Step
from billproof.pricing.terms import BilledLine, EarlierPeriod

ZERO = Decimal(0)
NOTHING = "nothing"
"""The price model of a line that is not owed any more."""
QUANTITIES = ("quantity", "included_quantity", "billed_quantity", "unused_quantity")


def difference_lines(
    earlier: EarlierPeriod,
    now: Iterable[PricedLine],
    conceded: Conceded | None = None,
    *,
    states_together: bool = False,
    counted: Container[str] = (),
) -> list[PricedLine]:
    """Return a line for each line of the earlier period whose amount or quantity is now another.

    `now` are all lines of the earlier period, priced again; `conceded` is what concessions take off them. With
    `states_together` a fee that is earned over time and what reduces it are stated anew together, at zero where one of
    them has not changed: what is earned of them is rounded together, over the days that the fee has now. So is,
    though nothing is billed, a fee that is earned over other days now, and a line that was conceded and owes less now:
    it is earned before it is conceded.

    Of a line of the contracts in `counted` whose concession now takes another amount off it, it is stated what is left
    before concessions: terms of commitments count that.
    """
    owed = list(now)
    conceded = concessions(earlier, owed) if conceded is None else conceded
    pairs = [_counted(pair, conceded, owed, counted) for pair in _pairs(earlier, owed)]
    keys = [(line.explanation.contract, line.id) for line, _ in pairs]
    restated = (
        stated_concessions(dict(zip(keys, pairs, strict=True)), conceded, earlier.rounding) if states_together else {}
    )
    changes: list[list[PricedLine]] = []
    stated: list[Callable[..., list[PricedLine]]] = []
    for key, (line, before) in zip(keys, pairs, strict=True):
        exceeding = restated.get(key, ())
        taken = conceded.taken.get(key, ZERO)
        stated.append(partial(_difference, line, before, earlier, taken, exceeding))
        is_new = before is not None and (exceeding != before.exceeding or _moves(line, before))
        changes.append(stated[-1](is_stated=states_together and is_new))
    names = set(keys)
    bases = [base_of(key, names) for key in keys]
    changed = {base for base, lines in zip(bases, changes, strict=True) if lines} if states_together else set()
    lines: list[PricedLine] = []
    for (line, before), base, difference, state in zip(pairs, bases, changes, stated, strict=True):
        lines += difference
        if not difference and base in changed and before is not None and _is_earned_over_time(line, before):
            lines += state(is_stated=True)
    return lines


def _pairs(earlier: EarlierPeriod, owed: Sequence[PricedLine]) -> list[tuple[PricedLine, BilledLine | None]]:
    """Return each line with what is billed of it; one that is billed and not owed any more owes nothing."""
    billed = {line.identity: line for line in earlier.billed}
    pairs: list[tuple[PricedLine, BilledLine | None]] = []
    for line in owed:
        before = billed.pop(line.identity, None)
        if before is not None and before.left_on and not line.left_on:
            left = LeftOn(days=line.covered, left=_left_of(line, owed))
            pairs.append((line.model_copy(update={"left_on": (left,)}), before))
        else:
            pairs.append((line, before))
    return [*pairs, *((_nothing(gone, earlier), gone) for gone in billed.values())]


def _counted(
    pair: tuple[PricedLine, BilledLine | None], conceded: Conceded, owed: Sequence[PricedLine], counted: Container[str]
) -> tuple[PricedLine, BilledLine | None]:
    """Say what is left of a line before concessions where those take another amount off it than they took."""
    line, before = pair
    contract = line.explanation.contract
    if line.left_on or contract not in counted:
        return pair
    taken = conceded.taken.get((contract, line.id), ZERO)
    if taken == (before.conceded if before else ZERO):
        return pair
    left = LeftOn(days=line.covered, left=_left_of(line, owed))
    return line.model_copy(update={"left_on": (left,)}), before


def _moves(line: PricedLine, before: BilledLine) -> bool:
    """Say whether what is billed is earned in another way or over other days now."""
    if line.recognition.method is not before.recognition_method:
        return not before.net.is_zero
    return _is_earned_over_time(line, before) and line.recognition.period != before.recognized_over


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
    exceeding: tuple[Earning, ...],
    *,
    is_stated: bool,
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
            exceeding=exceeding,
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
