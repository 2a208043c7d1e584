"""The same id on another day."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find ids that a source used on more than one day for an account, in this month and the one before.

    Copies of an event are compared within their day (UTC), so these count as different events. Most often the source
    sent an event again with another time: then one of both is billed too much.
    """
    for usage in facts.usages:
        if usage.reused:
            first = usage.reused_ids[0]
            what = (
                f"{usage.reused} events of {usage.account} of {usage.period} have an id that is on another day, too: "
            )
            what += f"{first.id} of {first.source} is on {first.day} and on {first.other_day}"
            yield Observation(f"usage/{usage.account}/{usage.period}/ids", what)


CONTROL = Control(
    code="id_reused",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="have the source retract the wrong ones and run the period again; or approve where both are events",
    check=_check,
)
