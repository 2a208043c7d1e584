"""The equations of one account: pure functions of what the steps stored.

    received = accepted + quarantined
    refused = open + resent and accepted + dismissed
    accepted = billed + included + excluded + late + duplicate + conflicting + corrected + retracting
               + unmatched + orphan
    contracted terms = terms with lines + not in force + not due + nothing to reduce + held
    lines = released + held + changed after release
    released = posted + not posted
    posted = paid + credited or written off + open
    contract assets = posted + not posted

An event counts as included where every line that its type made lies within its allowance. A meter that counts events
splits them exactly; of a meter that sums, a line that reaches beyond its allowance counts as billed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billproof.conservation.model import Equation
from billproof.contracts.charges import Charge, Commitment, Credit, Discount, SpendCap
from billproof.contracts.timeline import Span, Timeline, timelines
from billproof.invoicing.drafts import Draft
from billproof.invoicing.model import Released
from billproof.masterdata.meters import Aggregation, Meter
from billproof.money import Money
from billproof.money import total as money_total
from billproof.periods import Period
from billproof.pricing.model import AccountPricing, LineKind, PricedLine
from billproof.pricing.service_periods import dues
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.usage.model import EventCounts
from billproof.usage.refusal_model import QuarantinedAt

ZERO = Decimal(0)


def event_equations(pricing: AccountPricing, included: int, quarantined: int) -> list[Equation]:
    """Return where the events of the period went, and those of earlier periods that came late."""
    own, late = pricing.counts, pricing.late_counts
    return [
        Equation(
            code="events received",
            currency=None,
            total=Decimal(own.copies + quarantined),
            parts={"accepted": Decimal(own.copies), "quarantined": Decimal(quarantined)},
        ),
        Equation(code="events accepted", currency=None, total=Decimal(own.copies), parts=_places(own, included)),
        Equation(code="late events billed now", currency=None, total=Decimal(late.copies), parts=_places(late, 0)),
    ]


def refused_equations(places: Iterable[QuarantinedAt], unattributed: int) -> list[Equation]:
    """Return where a run's refused events went, and that those of no account that is known were received, too."""
    places = list(places)
    states = {
        "open": sum(place.open for place in places),
        "resent and accepted": sum(place.resent for place in places),
        "dismissed": sum(place.dismissed for place in places),
    }
    received = Decimal(unattributed)
    return [
        Equation(
            code="events received", currency=None, total=received, parts={"accepted": ZERO, "quarantined": received}
        ),
        Equation(
            code="events refused",
            currency=None,
            total=Decimal(sum(place.events for place in places)),
            parts={name: Decimal(number) for name, number in states.items()},
        ),
    ]


def _places(counts: EventCounts, included: int) -> dict[str, Decimal]:
    places = {
        "billed": counts.metered - included,
        "included": included,
        "excluded": counts.excluded,
        "late": counts.late,
        "duplicate": counts.duplicate,
        "conflicting": counts.conflicting,
        "corrected": counts.corrected,
        "retracting": counts.retraction,
        "unmatched": counts.unmatched,
        "orphan": counts.orphan,
    }
    return {name: Decimal(number) for name, number in places.items()}


def included_events(plan: BatchPlan, terms: AccountTerms, pricing: AccountPricing) -> int:
    """Count the period's events that were wholly within an allowance."""
    meters = {meter.id: meter for meter in plan.meters}
    lines = pricing.priced.lines if pricing.priced else ()
    by_type: dict[tuple[str, str], list[int]] = {}
    pools: dict[str, list[tuple[str, str, Meter]]] = {}
    used = {usage.account: usage.metered_types for usage in pricing.own}
    for timeline in timelines(terms.contracts, plan.period, terms.billed_in):
        charges = {due.span.term.id: due.span.term for due in dues(timeline, plan.period)}
        for charge in charges.values():
            meter = meters.get(charge.meter or "")
            if meter is not None and not charge.pooled:
                events = used[timeline.account].get(meter.event_type, 0)
                included_by_charge = by_type.setdefault((timeline.account, meter.event_type), [])
                included_by_charge.append(_included(timeline.id, charge.id, meter, lines, events))
            elif meter is not None:
                pools.setdefault(meter.event_type, []).append((timeline.id, charge.id, meter))
    total = 0
    for kind in {kind for _, kind in by_type} | pools.keys():
        mine = {account: min(included) for (account, other), included in by_type.items() if other == kind}
        counted = {account: types.get(kind, 0) for account, types in used.items()}
        read_by = pools.get(kind, [])
        most = sum(mine.get(account, number if read_by else 0) for account, number in counted.items())
        total += min((most, *(_included(*pool, lines, sum(counted.values())) for pool in read_by)))
    return total


def _included(contract: str, charge: str, meter: Meter, lines: Iterable[PricedLine], events: int) -> int:
    mine = [
        line
        for line in lines
        if line.kind is LineKind.CHARGE and (line.explanation.contract, line.charge) == (contract, charge)
    ]
    allowance = sum((line.included_quantity for line in mine), ZERO)
    if allowance <= 0:
        return 0
    if meter.aggregation is Aggregation.COUNT and allowance == allowance.to_integral_value():
        return min(int(allowance), events)
    return events if all(line.billed_quantity == 0 for line in mine) else 0


def term_equation(plan: BatchPlan, terms: AccountTerms, pricing: AccountPricing) -> Equation:
    """Return how many contracted terms have lines, and why the others have none.

    A term counts once, whichever version states it; one that begins after the period is not in force, one that ended
    before it is history.
    """
    lines = pricing.priced.lines if pricing.priced else ()
    with_lines = {(line.explanation.contract, line.term) for line in lines if line.adjusts is None}
    counts: Counter[str] = Counter()
    number = 0
    for timeline in timelines(terms.contracts, plan.period, terms.billed_in):
        due_terms = {due.span.term.id for due in dues(timeline, plan.period)}
        for term, spans in _terms_of(timeline, plan.period).items():
            number += 1
            if (timeline.id, term) in with_lines:
                counts["with lines"] += 1
            elif pricing.priced is None:
                counts["held"] += 1
            elif not any(span.touches(plan.period) for span in spans):
                counts["not in force"] += 1
            elif isinstance(spans[0].term, Charge):
                if term not in due_terms:
                    counts["not due"] += 1
            elif isinstance(spans[0].term, Commitment):
                counts["not due"] += spans[0].term.months > 1
            elif isinstance(spans[0].term, Discount | SpendCap | Credit):
                counts["nothing to reduce"] += 1
    names = ("with lines", "not in force", "not due", "nothing to reduce", "held")
    parts = {name: Decimal(counts[name]) for name in names if counts[name] or name != "nothing to reduce"}
    return Equation(code="contracted terms", currency=None, total=Decimal(number), parts=parts)


def _terms_of(timeline: Timeline, period: Period) -> dict[str, list[Span[Any]]]:
    """Return the spans of each term that is not over before the period."""
    spans_by_term: dict[str, list[Span[Any]]] = {}
    for span in timeline.spans:
        if span.days.end is None or span.days.end > period.start:
            spans_by_term.setdefault(span.term.id, []).append(span)
    return spans_by_term


@dataclass(frozen=True)
class Booked:
    """An account's invoice, and what the ERP holds on the receivable of it and of its corrections.

    `balance` is what the invoice drew of the customer's balance, or left to it (below zero), as the ERP holds it;
    `paid` is what receipts settled of it, by the book of receipts.
    """

    released: Released | None
    posted: Money
    balance: Money
    credited: Money
    opened: Money
    paid: Money


def money_equations(plan: BatchPlan, pricing: AccountPricing, draft: Draft, booked: Booked) -> list[Equation]:
    """Return where the money went: from lines to invoices (net), postings and what is open (gross, in the books)."""
    books = plan.legal_entity.currency
    released, posted = booked.released, booked.posted
    gross = released.document.in_books.gross if released else Money.zero(books)
    is_posted = not (posted.is_zero and booked.balance.is_zero)
    return [
        _lines_equation(pricing, draft, released, books),
        Equation(
            code="invoices released",
            currency=books,
            total=gross.amount,
            parts={
                "posted": posted.amount,
                **({} if booked.balance.is_zero else {"customer balance": booked.balance.amount}),
                "not posted": ZERO if is_posted else gross.amount,
            },
        ),
        Equation(
            code="receivables posted",
            currency=books,
            total=posted.amount,
            parts={
                "paid": booked.paid.amount,
                "credited or written off": booked.credited.amount,
                "open": booked.opened.amount,
            },
        ),
    ]


def asset_equation(accrued: Money, posted: Money) -> Equation:
    """Return where what is earned and not billed went: to the account of contract assets, or not there yet."""
    return Equation(
        code="contract assets",
        currency=accrued.currency,
        total=accrued.amount,
        parts={"posted": posted.amount, "not posted": accrued.amount if posted.is_zero else ZERO},
    )


def _lines_equation(pricing: AccountPricing, draft: Draft, released: Released | None, books: str) -> Equation:
    currency = released.document.totals.net.currency if released else books
    currency = pricing.priced.currency if pricing.priced else currency
    zero = Money.zero(currency)
    priced = pricing.priced.lines if pricing.priced else ()
    lines = money_total((line.net for line in priced), currency)
    out = released.document.totals if released else None
    held = lines if out is None and draft.document is None else zero
    if out is None and draft.document is not None:
        held = draft.document.totals.net
    totals = out or (draft.document.totals if draft.document is not None else None)
    included = totals.tax if totals is not None and any(line.includes_tax for line in priced) else zero
    is_changed = released is not None and released.document != draft.document
    changed = lines - out.net - included if out is not None and is_changed else zero
    return Equation(
        code="lines",
        currency=currency,
        total=lines.amount,
        parts={
            "released": out.net.amount if out else ZERO,
            "held": held.amount,
            "changed after release": changed.amount,
            **({"tax included in prices": included.amount} if not included.is_zero else {}),
        },
    )
