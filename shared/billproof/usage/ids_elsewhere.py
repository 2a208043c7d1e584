"""Ids that accounts of several runs have: of other legal entities, or of months that no run reads together.

    run of INC, March      UA on the 3rd of March: id 7        each new run is compared with all the others
    run of INC, January    B6 on the 5th of January: id 7      as shared_ids.py compares the buckets of one

What any run itself sees of them its statement reports: it is not told again. Of two accounts that have an id the run
that is compared later tells it, once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from billproof.errors import NotFound, ObjectUnreadable
from billproof.ports import Objects
from billproof.usage import shared_ids
from billproof.usage.databases import opened
from billproof.usage.model import AggregationPlan
from billproof.usage.reuse import MAX_SHOWN
from billproof.usage.shared_ids import NO_IDS, NUMBER, Part, first_shared, read_part
from billproof.usage.tallies import IdsElsewhere, SharedId

_RUNS = "create temp table runs (place uinteger, run uinteger)"
_RUN = "insert into runs values ($place, $run)"
_OWNERS = """
create or replace temp table owners as
select distinct event, owner, run from ids join runs using (place)
where event in (select event from ids group by event having min(owner) != max(owner))
"""
_PAIRS = """
create or replace temp table pairs as
with first as (select event, owner, min(run) as run from owners group by all),
together as (
    select event, one.owner as one, two.owner as two from owners one join owners two using (event, run)
)
select distinct event, run from (
    select event, one.owner as one, two.owner as two, greatest(one.run, two.run) as run
    from first one join first two using (event) where one.owner < two.owner
) anti join together using (event, one, two)
"""
_SHARED = "create or replace temp table shared as select event from pairs where run = $run"


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A closed run, its buckets, about how many events it counted, and whether it is asked what it shares."""

    run: str
    buckets: Sequence[int]
    events: int
    is_new: bool


def ids_elsewhere(
    runs: Sequence[ComparedRun], plan_of: Callable[[str, int], AggregationPlan], objects: Objects
) -> dict[str, IdsElsewhere]:
    """Return the ids of each new run that accounts of other runs have, given the runs in their order, new ones last.

    What does not read is named and left out.
    """
    places = [(run, bucket) for run in range(len(runs)) for bucket in runs[run].buckets]

    def plan_at(place: int) -> AggregationPlan:
        run, bucket = places[place]
        return plan_of(runs[run].run, bucket)

    parts = 1 + sum(run.events for run in runs) // shared_ids.IDS_AT_ONCE
    new = [number for number, run in enumerate(runs) if run.is_new]
    numbers, first = dict.fromkeys(new, 0), {number: list[SharedId]() for number in new}
    unreadable: dict[str, None] = {}
    with opened() as (database, folder):
        database.execute(_RUNS)
        for place, (run, _) in enumerate(places):
            database.execute(_RUN, {"place": place, "run": run})
        for part in range(parts):
            database.execute(NO_IDS)
            for place, (run, bucket) in enumerate(places):
                try:
                    read_part(database, plan_at(place), objects, folder, Part(place, part, parts))
                except ObjectUnreadable as error:
                    unreadable[error.key] = None
                except NotFound:  # the plan of the bucket
                    unreadable[f"runs/{runs[run].run}/aggregation-plan/{bucket:04d}.json"] = None
            database.execute(_OWNERS)
            database.execute(_PAIRS)
            for number in new:
                database.execute(_SHARED, {"run": number})
                numbers[number] += database.execute(NUMBER).fetchall()[0][0]
                first[number] += first_shared(database, plan_at, objects, MAX_SHOWN - len(first[number]))
    return {
        runs[number].run: IdsElsewhere(
            number=numbers[number], first=tuple(first[number]), unreadable=tuple(sorted(unreadable))
        )
        for number in new
    }
