"""Usage of a pool's accounts on days on which no contract of theirs is in force."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.pricing.pooling import covered_days, part_name
from billproof.pricing.reading import readings


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find usage that a pool does not count, since no contract of its account is in force on the day."""
    period = facts.plan.period
    covered = covered_days(facts.timelines, period)
    pools = {
        next(readings(span.term))
        for timeline in facts.timelines
        for span in timeline.charges
        if span.term.pooled and span.touches(period)
    }
    for usage in facts.pricing.own if facts.priced else ():
        counted = {part_name(days, period) for days in covered.get(usage.account, ())}
        for reading in sorted(pools, key=lambda reading: (reading.meter, reading.group_by, reading.variant)):
            events = sum(quantity.events for quantity in usage.quantities if quantity.is_of(reading))
            within = sum(
                quantity.events for part in counted for quantity in usage.quantities if quantity.is_of(reading, part)
            )
            if events > within:
                what = f"{events - within} events of {usage.account}, read by {reading.meter}, are not in the pool: no "
                yield Observation(f"usage/{usage.account}/{reading.meter}", what + "contract of it is in force then")


CONTROL = Control(
    code="usage_outside_contract",
    severity=Severity.WARNING,
    owner=Owner.BILLING,
    remedy="publish the account's contract with its right days, then run the period again; or end its access",
    check=_check,
)
