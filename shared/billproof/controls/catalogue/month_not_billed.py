"""Months that were not billed."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.periods import Period


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find contracts that were in force in the previous month, if the account has no invoice for that month.

    This happens when an invoice is still held, or when a contract is published after the run of its first month and the
    legal entity does not say from which day billproof bills. A month that this invoice bills is no gap, and one before
    that day is another system's.
    """
    month = Period.month_ending(facts.plan.period.start)
    bills_from = facts.plan.legal_entity.bills_from
    if bills_from is not None and month.end <= bills_from:
        return
    before = facts.terms.before
    if before is not None and before.period.end == facts.plan.period.start:
        return
    if any(earlier.period == month for earlier in facts.terms.earlier):
        return
    for timeline in facts.timelines if facts.priced else ():
        if timeline.in_force(month) is not None:
            yield Observation(
                ContractPath(timeline.id, month.name),
                f"{timeline.id} was in force in {month.name}, which has no invoice",
            )


CONTROL = Control(
    code="month_not_billed",
    severity=Severity.WARNING,
    owner=Owner.BILLING,
    remedy="decide the exception of the month, or run the month for the account; no gap where another system billed it",
    check=_check,
)
