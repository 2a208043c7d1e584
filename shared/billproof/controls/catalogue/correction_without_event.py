"""Corrections whose event is missing."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find corrections and retractions that name an event that does not exist, or (in a circle) each other.

    The event must be of the same source, account and day (UTC). Such a correction has no effect.
    """
    for usage in facts.usages:
        if usage.counts.unmatched:
            number = usage.counts.unmatched
            what = f"{number} corrections or retractions of {usage.period} name events not there, or each other"
            yield Observation(f"usage/{usage.period}", what)


CONTROL = Control(
    code="correction_without_event",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="send the event that is named, or the correction on its day (UTC), then run the period again",
    check=_check,
)
