"""Commitments over several months: what their fees fall short of is billed once, when the term is over.

    committed   the amount, by the share of the term's days on which the commitment holds
    reached     what all invoices bill of its days: the named charges after discounts and caps, differences too,
                whatever credits paid of them; of a line that the term cuts, what is left on its days (left_on)
                and before concessions (differences.py states anew what is left of a line that owes less than that)
    owed        committed less reached, or nothing, less what was conceded of it; an invoice bills what is owed less
                what is billed of it

So a term that is over is true again whenever late usage or a backdated version changes what it reached. What is billed
of one that a version leaves no day, or does not state any more, is given back. What a concession took beyond what is
owed now it takes no more: a line says so, though it bills nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from billproof.contracts.timeline import Timeline
from billproof.identities import LineIdFormat, TermName, reduced_line
from billproof.money import CONTEXT, Money, Rounding, exactly, settled
from billproof.periods import Period
from billproof.pricing.commitment_terms import MODEL, CommitmentTerm, terms_over
from billproof.pricing.conceded_revenue import not_conceded
from billproof.pricing.explanation import explain, shown
from billproof.pricing.model import Earning, Explanation, LineKind, PricedLine
from billproof.pricing.models.base import step_of
from billproof.pricing.term_lines import shortfall_line
from billproof.pricing.terms import Committed, Reached

ZERO = Decimal(0)
ONE = Decimal(1)


@exactly
def committed(term: CommitmentTerm, lines: Iterable[PricedLine], month: str = "") -> Committed:
    """Add up what lines, in their order, say of a term; `month` is that of those that adjust no earlier one."""
    mine, billed, reached, said = [], ZERO, ZERO, list(lines)
    draws = {_key(line) for line in said if line.explanation.price_model == LineKind.CREDIT.term_model}
    for line in said:
        if term.is_fee(line):
            if _key(line) not in draws:  # nor what takes back the draw of a credit that the contract has no more
                mine.append(line)
        elif term.is_true_up(line):
            billed += line.net.amount
    names = {_of_month(line, month) for line in mine}
    billing = {_of_month(line, month): line for line in mine if line.kind is not LineKind.CREDIT_NOTE}
    divided = {own: line for own, line in billing.items() if line.left_on}
    whole: dict[tuple[str, str], Decimal] = {}
    for line in mine:
        own = _of_month(line, month)
        base = own[0], reduced_line(own[1])
        days = billing.get(own, line).covered  # a credit note counts as what it takes back, whichever days it is for
        if own not in divided and base not in divided and term.counts(line, days.start):
            reached += line.net.amount
            fee = base if base in names else own
            whole[fee] = whole.get(fee, ZERO) + line.net.amount
    contract, commitment, start = term.key
    return Committed(
        contract=contract,
        commitment=commitment,
        start=start,
        reached=reached,
        divided=tuple(_reached_on(key, _left(term, line)) for key, line in sorted(divided.items())),
        whole=tuple(_reached_on(key, amount) for key, amount in sorted(whole.items()) if amount),
        billed=billed,
    )


def _of_month(line: PricedLine, month: str) -> tuple[str, str]:
    """Name the line that a line bills, or bills a difference of, after its month."""
    return (line.adjusts.period, line.adjusts.line) if line.adjusts else (month, line.id)


def _reached_on(name: tuple[str, str], amount: Decimal) -> Reached:
    return Reached(month=name[0], line=name[1], amount=amount)


def _key(line: PricedLine) -> tuple[str, str]:
    return line.explanation.contract, _of_month(line, "")[1]


def _left(term: CommitmentTerm, line: PricedLine) -> Decimal:
    return sum((part.left for part in line.left_on if term.counts(line, part.days.start)), ZERO)


@exactly
def _reached(known: Committed) -> Decimal:
    return known.reached + sum((line.amount for line in known.divided), ZERO)


@exactly
def _replaced(known: Committed | None, now: Committed) -> Decimal:
    """Return what earlier invoices say of lines of which an invoice says anew what the term counts of them."""
    names = {name for line in now.divided for name in ((line.month, line.line), ("", line.line))}
    before = (*known.divided, *known.whole) if known else ()
    return sum((line.amount for line in before if (line.month, line.line) in names), ZERO)


@exactly
def commitment_lines(
    timeline: Timeline,
    period: Period,
    lines: Iterable[PricedLine],
    before: Mapping[tuple[str, str, date], Committed],
    rounding: Rounding,
    line_ids: LineIdFormat = LineIdFormat.ESCAPED,
) -> list[PricedLine]:
    """Return what an invoice bills of the terms that are over, given its own lines and what was billed before.

    A term that ends in the period has a line, a zero one where it is met; an earlier one where its shortfall changed,
    or where there is no such term any more.
    """
    mine, shortfalls = list(lines), []
    for term in terms_over(timeline, period):
        known, now = before.get(term.key), committed(term, mine, period.name)
        reached, billed, conceded = (_reached(known), known.billed, known.conceded) if known else (ZERO, ZERO, ZERO)
        here = _reached(now) - _replaced(known, now)
        exact = max(settled(term.amount - reached - here), ZERO)
        short = Money.rounded(exact, timeline.currency, rounding).amount
        conceded = min(conceded, short)
        owed = short - conceded - billed
        is_due = term.is_due_in(period)
        earned = _earned(known, conceded, rounding) if known else {}
        if is_due or (known and (owed or _is_news(known, earned))):
            why = _explanation(term, owed, here, known, rounding, conceded=conceded, is_due=is_due)
            net = Money.of(owed, timeline.currency)
            name = TermName(term.span.term.id)
            line = shortfall_line(term.span, term.days, name=name, net=net, why=why, line_ids=line_ids)
            shortfalls.append(line.model_copy(update=earned))
    gone = (known for known in before.values() if known.gone is not None and known.contract == timeline.id)
    return [*shortfalls, *(line for known in gone for line in _given_back(known, rounding))]


def _earned(known: Committed, conceded: Decimal, rounding: Rounding) -> dict[str, tuple[Earning, ...]]:
    """Return how what was billed of a term is earned, and what its concessions take no more."""
    return {"replaces": known.earnings, "exceeding": not_conceded(known, conceded, rounding)}


def _is_news(known: Committed, earned: Mapping[str, tuple[Earning, ...]]) -> bool:
    return earned["exceeding"] != tuple(earning for earning in known.earnings if earning.is_excess)


def gone_terms(
    terms: Iterable[CommitmentTerm], lines: Sequence[PricedLine], notes: Iterable[PricedLine] = ()
) -> list[Committed]:
    """Return the terms that lines billed and that are not among those of now, where not all of it is taken back.

    `lines` are those of all documents; `notes` those of them that took something back for good.
    """
    known = list(terms)
    gone: dict[tuple[str, str, date], PricedLine] = {}
    for line in lines:
        is_shortfall = line.explanation.price_model == MODEL and line.kind is LineKind.COMMITMENT
        if is_shortfall and not any(term.is_true_up(line) for term in known):
            gone[term_key(line)] = line
    billed, conceded = dict.fromkeys(gone, ZERO), dict.fromkeys(gone, ZERO)
    for amounts, mine in ((billed, lines), (conceded, notes)):
        for line in mine:
            if (key := term_key(line)) in amounts:
                amounts[key] = CONTEXT.add(amounts[key], line.net.amount)
    return [
        Committed(
            contract=key[0],
            commitment=key[1],
            start=key[2],
            reached=ZERO,
            billed=billed[key],
            conceded=-conceded[key],
            gone=line,
        )
        for key, line in gone.items()
        if billed[key] or conceded[key]
    ]


def term_key(line: PricedLine) -> tuple[str, str, date]:
    """Return what tells the term that a line bills from others: the contract, the commitment and its first day."""
    return line.explanation.contract, line.term, line.service_period.start


def _given_back(known: Committed, rounding: Rounding) -> Iterator[PricedLine]:
    gone, billed, earned = known.gone, known.billed, _earned(known, ZERO, rounding)
    if gone is None or not (billed or _is_news(known, earned)):
        return
    why = gone.explanation.model_copy(
        update={
            "steps": (step_of("of the shortfall before", ONE, -billed),),
            "exact_amount": -billed,
            "note": "no longer owed",
        }
    )
    yield gone.model_copy(update={"net": Money.of(-billed, gone.net.currency), "explanation": why, **earned})


@exactly
def shortfalls_now(
    timeline: Timeline,
    period: Period,
    lines: Iterable[PricedLine],
    before: Mapping[tuple[str, str, date], Committed],
    rounding: Rounding,
    line_ids: LineIdFormat,
) -> list[PricedLine]:
    """Return what each term that is over falls short of in all, less what was conceded: what credits are drawn for."""
    changes = {line.id: line for line in commitment_lines(timeline, period, lines, before, rounding, line_ids)}
    whole = []
    for term in terms_over(timeline, period):
        name, known = TermName(term.span.term.id), before.get(term.key)
        net = Money.of(known.billed if known else ZERO, timeline.currency)
        why = explain(term.span.contract, MODEL, net.amount, (), rounding)
        line = shortfall_line(term.span, term.days, name=name, net=net, why=why, line_ids=line_ids)
        change = changes.get(line.id)
        whole.append(line if change is None else line.model_copy(update={"net": net + change.net}))
    return whole


def _explanation(
    term: CommitmentTerm,
    owed: Decimal,
    here: Decimal,
    known: Committed | None,
    rounding: Rounding,
    *,
    conceded: Decimal,
    is_due: bool,
) -> Explanation:
    steps = [step_of("committed", ONE, shown(term.amount)), step_of("billed here", ONE, -here)]
    if known is not None:
        steps.append(step_of("billed before", ONE, -_reached(known)))
        if conceded:
            steps.append(step_of("conceded by credit notes", ONE, -conceded))
        if known.billed:
            steps.append(step_of("of the shortfall before", ONE, -known.billed))
    note = ("shortfall" if owed else "met") if is_due else "the term as it is known now, less what was billed of it"
    return explain(term.span.contract, MODEL, owed, tuple(steps), rounding, note=note)
