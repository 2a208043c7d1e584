"""What sources stated, as a run saw it, compared with what the run counted: by the check, and again by every proof."""

from collections.abc import Callable, Iterable, Iterator

from billproof.completeness.model import Stated
from billproof.completeness.other_sources import hidden_of
from billproof.completeness.rules import compare
from billproof.pipeline.artefacts import CONTROL_TOTALS, TALLY, Artefacts
from billproof.pipeline.model import RunPlan
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.keys import bucket_name
from billproof.usage.model import ControlTotal
from billproof.usage.tallies import BucketTally, HourTally


def stated_again(
    plan: RunPlan, artefacts: Artefacts, objects: Objects, unreadable: Callable[[str], object]
) -> tuple[Stated, ...]:
    """Compare what a run counted with the control totals that it saw once more; `unreadable` is told what is gone.

    Raises NotFound and ObjectUnreadable where what it counted is gone.
    """
    tallies = tallies_of(plan, artefacts)
    return tuple(
        compare(control_totals_of(plan, artefacts, objects, unreadable), hours_of(tallies), hidden_of(tallies))
    )


def tallies_of(plan: RunPlan, artefacts: Artefacts) -> list[BucketTally]:
    """Return what each bucket of a run counted; raises NotFound and ObjectUnreadable."""
    return [artefacts.read(TALLY, plan.run, bucket_name(bucket)) for bucket in plan.buckets]


def hours_of(tallies: Iterable[BucketTally]) -> Iterator[HourTally]:
    """Yield what buckets counted by hour."""
    return (hour for tally in tallies for hour in tally.hours)


def control_totals_of(
    plan: RunPlan, artefacts: Artefacts, objects: Objects, unreadable: Callable[[str], object]
) -> Iterable[ControlTotal]:
    """Yield what was stated of the hours that lie in the period, by the time zone of the legal entity.

    What the run saw is what its plan lists; a plan of before, without a list, is cut by what was received by then.
    `unreadable` is told of objects that are gone or spoilt.
    """
    if not plan.has_control_totals:
        return
    is_listed = artefacts.has_list(CONTROL_TOTALS, plan)
    keys = artefacts.read(CONTROL_TOTALS, plan.run).objects if is_listed else _stated_by_day(plan, objects)
    for key in keys:
        totals = log.intact_control_totals(objects, key)
        if totals is None:
            unreadable(key)
        for total in totals or ():
            is_seen = is_listed or total.received_at < plan.received_before
            if is_seen and plan.start[:13] <= total.hour < plan.end[:13]:
                yield total


def _stated_by_day(plan: RunPlan, objects: Objects) -> Iterator[str]:
    for day in log.days_between([(plan.start, plan.end)]):
        yield from objects.keys(log.control_prefix(day))
