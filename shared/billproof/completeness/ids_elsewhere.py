"""Every morning: whether ids of the runs that closed since stand under accounts of other runs, too.

Each closed run is compared once with the last runs of all legal entities and months that are looked at; what it shares
is kept beside its statement, which is written before. Where no run closed since, nothing else is read.
"""

from collections.abc import Iterator
from datetime import datetime

from billproof.errors import NotFound, ObjectUnreadable
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.periods import Period
from billproof.pipeline.artefacts import AGGREGATION_PLAN, IDS_ELSEWHERE, RUN_PLAN, STATEMENT, Artefacts
from billproof.pipeline.starting import is_closed, run_ids
from billproof.ports import Objects, Records
from billproof.usage.ids_elsewhere import ComparedRun, ids_elsewhere
from billproof.usage.keys import bucket_name

MONTHS_COMPARED = 14
"""Months whose runs are compared: events of 400 days, the oldest that are taken unless a meter says otherwise."""


class IdsCompared(Model):
    """The runs that were compared with all others, and how many ids they share or could not be read."""

    runs: tuple[str, ...]
    findings: int


def compare_ids(*, objects: Objects, records: Records, directory: Directory, now: datetime) -> IdsCompared:
    """Compare the ids of runs that were not compared yet with those of all; what a run shares is kept with it."""
    artefacts = Artefacts(objects)
    of_months = [
        (month, run)
        for entity in directory.legal_entities()
        for month in _months(now, entity.time_zone)
        for run in _last_runs(records, artefacts, entity.id, month)
    ]
    new = {run for _, run in of_months if not artefacts.exists(IDS_ELSEWHERE, run)}
    if not new:
        return IdsCompared(runs=(), findings=0)
    names = [run for _, run in sorted(of_months)]
    in_order = [*(run for run in names if run not in new), *(run for run in names if run in new)]
    runs = [known for run in in_order if (known := _compared(run, artefacts, is_new=run in new)) is not None]
    compared = ids_elsewhere(
        runs, lambda run, bucket: artefacts.read(AGGREGATION_PLAN, run, bucket_name(bucket)), objects
    )
    for run, elsewhere in compared.items():
        artefacts.write(IDS_ELSEWHERE, run, elsewhere)
    findings = sum(elsewhere.number + len(elsewhere.unreadable) for elsewhere in compared.values())
    return IdsCompared(runs=tuple(sorted(compared)), findings=findings)


def _months(now: datetime, time_zone: str) -> Iterator[str]:
    month = Period.month_before(now, time_zone)
    for _ in range(MONTHS_COMPARED):
        yield month.name
        month = Period.month_ending(month.start)


def _last_runs(records: Records, artefacts: Artefacts, entity: str, month: str) -> Iterator[str]:
    """Yield the closed runs of a month, the last one first, as far as the last one of all accounts."""
    for run in reversed(run_ids(records, entity, month)):
        if is_closed(records, run):
            yield run
            try:
                if not artefacts.read(RUN_PLAN, run).is_partial:
                    return
            except (NotFound, ObjectUnreadable):  # the proof of the run names it
                continue


def _compared(run: str, artefacts: Artefacts, *, is_new: bool) -> ComparedRun | None:
    try:
        plan, statement = artefacts.read(RUN_PLAN, run), artefacts.read(STATEMENT, run)
    except (NotFound, ObjectUnreadable):
        return None
    events = statement.events.distinct + statement.late_events.distinct
    return ComparedRun(run, plan.buckets, events, is_new=is_new)
