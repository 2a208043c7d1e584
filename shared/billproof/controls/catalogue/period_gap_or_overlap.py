"""Service periods that are missing or billed twice."""

from collections.abc import Iterator

from billproof.contracts.charges import Charge, Timing
from billproof.contracts.timeline import Span
from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath


def _was_left_out(facts: ControlInput, span: Span[Charge]) -> bool:
    before, period, charge = facts.terms.before, facts.plan.period, span.term
    if (
        before is None
        or before.taken_over
        or charge.timing is not Timing.IN_ADVANCE
        or not charge.cadence.is_calendar_month
    ):
        return False
    if before.period.end != period.start or span.begun >= period.start or span.days.start > period.start:
        return False
    if any(earlier.period == before.period for earlier in facts.terms.earlier):
        return False  # it is settled here
    return span.touches(period) and not before.billed(span.contract.id, charge.id, period.start)


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find charges that bill a service period twice, or leave out one that this or the previous invoice must bill.

    A charge in advance that already applied before this period must be on the previous invoice, unless this one bills
    the period since it is metered on some of its days.
    """
    for timeline, dues in facts.dues if facts.priced else ():
        owed: dict[str, set[str]] = {}
        metered: set[str] = set()
        for due in dues:
            owed.setdefault(due.span.term.id, set()).add(due.period.name)
            if due.span.term.is_metered:
                metered.add(due.span.term.id)
        for charge, periods in owed.items():
            mine = [
                line
                for line in facts.lines_of(timeline.id, charge)
                if line.meter is None or charge in metered  # seats that are trued up are not among the dues
            ]
            names = [line.service_period.name for line in mine]
            if len({line.id for line in mine}) != len(mine) or set(names) != periods:
                yield Observation(ContractPath(timeline.id, charge), f"owed {sorted(periods)}, billed {sorted(names)}")
        here = {due.span.term.id for due in dues if due.period.start == facts.plan.period.start}
        for span in timeline.charges:
            if span.term.id not in here and _was_left_out(facts, span):
                what = f"{facts.plan.period.name} is owed in advance and is not on the invoice before"
                yield Observation(ContractPath(timeline.id, span.term.id), what)


CONTROL = Control(
    code="period_gap_or_overlap",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="compare with the invoice before: bill the gap by a charge of its own, or report a fault in pricing",
    check=_check,
)
