"""Starting billing runs: at most one at a time for a legal entity, under deterministic names.

runs#<entity>#<period>      <ordinal>            the run exists
                            <ordinal>#closed     its statement is written
turns#<entity>              <ordinal>            the runs of all months in the order of their starts (turns.py)
signed-off#<entity>         <period>             the month takes no further run (month_facts.py)

A month bills what earlier months left unbilled, so two months at once would bill the same usage: the second waits for
the first to end. A run and its turn are written in one transaction.

Step Functions forgets an execution 90 days after it ended: then only these facts say that there was one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from billproof.callers import SCHEDULE
from billproof.errors import Conflict, Contended, InvalidPeriod, work_apart
from billproof.identities import RunId
from billproof.ids import shown
from billproof.model import Model
from billproof.periods import Period, cut_off, instant_text
from billproof.pipeline.month_facts import refuse_signed_off, signed_off_months
from billproof.pipeline.redriving import noted_redrive
from billproof.pipeline.turns import last_turn, runs_in_turn, turn
from billproof.ports import Document, Key, Record, Records, Workflows
from billproof.retrying import attempts
from billproof.store_keys import RunKey, partition_name

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory
    from billproof.masterdata.parties import LegalEntity

MAX_ATTEMPTS = 10
LOOK_BACK_MONTHS = 120
"""How far the schedule looks back for the last run of a legal entity; one without any costs so many queries once."""
EXECUTIONS_KNOWN = timedelta(days=90)
"""For how long Step Functions surely knows an execution; its name is free again then."""
TURNS_LOOKED_AT = 24
"""Among how many of the last runs one that was redriven is looked for; Step Functions redrives for 14 days."""
RUNNING = "RUNNING"
CLOSED = "closed"


class StartedRun(Model):
    """A run and whether this call started it."""

    run_id: str
    legal_entity: str
    period: str
    started: bool


def run_key(run_id: str, fact: str = "") -> Key:
    """Return where a run, or a fact of it, is."""
    run = RunId.parse(run_id)
    return Key(partition_name("runs", run.legal_entity, run.period), str(RunKey(run.ordinal, fact)))


def is_closed(records: Records, run_id: str) -> bool:
    """Say whether a run is closed: its statement is written."""
    return records.get(run_key(run_id, CLOSED)) is not None


def run_ids(records: Records, legal_entity: str, period: str) -> list[str]:
    """Return the runs of a legal entity and period, oldest first."""
    return [record["run_id"] for record in _run_records(records, legal_entity, period)]


def closed_runs_before(records: Records, legal_entity: str, period: Period) -> Iterator[str]:
    """Yield the closed runs of the month before a period, the last one first."""
    for run_id in reversed(run_ids(records, legal_entity, Period.month_ending(period.start).name)):
        if is_closed(records, run_id):
            yield run_id


def _run_records(records: Records, legal_entity: str, period: str) -> list[Document]:
    """Return what was asked for with each run of a legal entity and period, oldest first."""
    runs: dict[int, Document] = {}
    for record in records.query(partition_name("runs", legal_entity, period)):
        key = RunKey.parse(record.key.sort)
        if not key.fact:
            runs[key.ordinal] = record.document
    return [runs[ordinal] for ordinal in sorted(runs)]


def start_billing_run(
    *,
    legal_entity: str,
    period: str,
    records: Records,
    workflows: Workflows,
    directory: Directory,
    now: datetime,
    grace: timedelta,
    requested_by: str = SCHEDULE,
    only_accounts: Sequence[str] = (),
    before_record: Callable[[str], None] = lambda _run: None,
) -> StartedRun:
    """Start the next run of a legal entity and period, unless one is running: then that one is returned.

    `requested_by` is who will not approve the run's exceptions; `only_accounts` limits the run; `before_record` is told
    the id of the run before there is one.

    Raises NotFound for an unknown legal entity, InvalidPeriod for an unreadable month, one that is not cut off or one
    that is signed off, and Contended where a run of other accounts or of another month is under way.
    """
    directory.legal_entity(legal_entity)
    closes = cut_off(Period.month(period), grace)
    if now < closes:
        message = f"{period} still accepts usage: its cut-off is {closes:%Y-%m-%d %H:%M} UTC, start the run after it"
        raise InvalidPeriod(message)
    for _ in attempts(MAX_ATTEMPTS):
        ordinal = last_turn(records, legal_entity)  # read first: a sign-off since then has taken the next one
        refuse_signed_off(records, legal_entity, period)
        known = run_ids(records, legal_entity, period)
        if known and (under_way := _under_way(records, known[-1], workflows, now)) is not None:
            _refuse_other_accounts(records, known[-1], only_accounts)
            return under_way
        refuse_while_another_runs(records, legal_entity, period, workflows, now)
        run_id = str(RunId(legal_entity, period, len(known) + 1))
        record = Record(
            run_key(run_id),
            {
                "run_id": run_id,
                "planned_at": instant_text(now),
                "requested_by": requested_by,
                "only_accounts": sorted(set(only_accounts)),
            },
            run_key(known[-1]) if known else None,
        )
        before_record(run_id)
        if records.create_all([record, turn(legal_entity, ordinal + 1, run_id)]):
            return _start(records, run_id, workflows, now)
    message = f"others kept starting runs of {legal_entity} {period}"
    raise Contended(message)


def refuse_while_another_runs(
    records: Records, legal_entity: str, period: str, workflows: Workflows, now: datetime
) -> None:
    """Raise Contended while a run of a legal entity is under way, or was written down to be started.

    It need not be the last one that was started: a run that failed is not waited for, and may be redriven later.
    """
    other = _under_way_in_turn(records, legal_entity, workflows, now)
    if other is not None:
        message = f"{other} is under way, and {period} would bill what it bills: start {period} when it has ended"
        raise Contended(message)


def _under_way_in_turn(records: Records, legal_entity: str, workflows: Workflows, now: datetime) -> str | None:
    for run_id in reversed(runs_in_turn(records, legal_entity, limit=TURNS_LOOKED_AT)):
        if is_closed(records, run_id):
            continue
        status = workflows.status(run_id)
        if status == RUNNING or (status is None and _is_remembered(records, run_id, now)):
            return run_id
    return None


def refuse_other_request(records: Records, run_id: str, requested_by: str) -> None:
    """Raise Conflict where a run's own record does not say that this caller asked for it: the input of a workflow may.

    Whoever is named as the requester decides nothing of the run, so the name must be that of who asked.
    """
    record = records.get(run_key(run_id))
    if record is None or record.get("requested_by", SCHEDULE) != requested_by:
        message = f"run {run_id} was not asked for by {shown(requested_by)}: start it with billproof run start"
        raise Conflict(message)


def _under_way(records: Records, run_id: str, workflows: Workflows, now: datetime) -> StartedRun | None:
    """Return the run if it is running, or was written down and never started, which is done now; else None.

    A closed run is over by its own fact, and one that is older than Step Functions remembers is not started again.
    """
    if is_closed(records, run_id):
        return None
    run = RunId.parse(run_id)
    status = workflows.status(run_id)
    if status == RUNNING:
        return StartedRun(run_id=run_id, legal_entity=run.legal_entity, period=run.period, started=False)
    if status is not None or not _is_remembered(records, run_id, now):
        return None
    return _start(records, run_id, workflows, now)


def _is_remembered(records: Records, run_id: str, now: datetime) -> bool:
    """Say whether Step Functions would surely know the run's execution, had it been started."""
    planned_at = (records.get(run_key(run_id)) or {}).get("planned_at")
    return planned_at is not None and now - datetime.fromisoformat(planned_at) < EXECUTIONS_KNOWN


def _was_never_started(records: Records, run_id: str, workflows: Workflows, now: datetime) -> bool:
    """Say whether a run was written down by a starter that died before it started it."""
    return not is_closed(records, run_id) and _is_remembered(records, run_id, now) and workflows.status(run_id) is None


def _refuse_other_accounts(records: Records, run_id: str, only_accounts: Sequence[str]) -> None:
    """Refuse to pass a run of some accounts off as the one that was asked for; raises Contended: it is tried again."""
    record = records.get(run_key(run_id)) or {}
    limited_to = record.get("only_accounts", [])
    if limited_to and limited_to != sorted(set(only_accounts)):
        message = f"{run_id} is running for {', '.join(limited_to)} only: try again when it has ended"
        raise Contended(message)


def _start(records: Records, run_id: str, workflows: Workflows, now: datetime) -> StartedRun:
    """Start a run as its record says, so that a run whose starter died is started as it was asked for.

    Raises Contended beside a run that was redriven since the run was written down: another call starts it.
    """
    run = RunId.parse(run_id)
    noted = noted_redrive(records, run.legal_entity, now)
    others = (name for name in runs_in_turn(records, run.legal_entity, limit=TURNS_LOOKED_AT) if name != run_id)
    for other in others:
        if not is_closed(records, other) and (other == noted or workflows.status(other) == RUNNING):
            message = f"{other} is redriven: {run_id} is started when it has ended"
            raise Contended(message)
    record = records.get(run_key(run_id)) or {}
    document = {
        "run_id": run_id,
        "legal_entity": run.legal_entity,
        "period": run.period,
        "requested_by": record.get("requested_by", SCHEDULE),
        "only_accounts": record.get("only_accounts", []),
    }
    started = workflows.start(name=run_id, document=document)
    return StartedRun(run_id=run_id, legal_entity=run.legal_entity, period=run.period, started=started)


def start_due_runs(
    *, records: Records, workflows: Workflows, directory: Directory, now: datetime, grace: timedelta
) -> list[StartedRun]:
    """Start the run of the oldest month whose cut-off has passed and that has no run of all accounts.

    It looks back to the last month that has one, at most LOOK_BACK_MONTHS; a legal entity without any begins with the
    newest month. The months that follow wait for the next calls: one runs at a time. A run that failed is not started
    again: its alarm asks a person. One legal entity's trouble never stops the next: once the others are done, it raises
    what work_apart makes of those that failed.
    """

    def start_months(entity: LegalEntity) -> list[StartedRun]:
        month = next(iter(due_months(entity, records, workflows, now, grace)), None)
        under_way = _under_way_in_turn(records, entity.id, workflows, now)
        if month is None or (under_way is not None and RunId.parse(under_way).period != month):
            return []
        started = start_billing_run(
            legal_entity=entity.id,
            period=month,
            records=records,
            workflows=workflows,
            directory=directory,
            now=now,
            grace=grace,
        )
        return [started]

    started = work_apart(start_months, ((entity.id, entity) for entity in directory.legal_entities()))
    return [run for runs in started for run in runs]


def due_months(
    entity: LegalEntity, records: Records, workflows: Workflows, now: datetime, grace: timedelta
) -> list[str]:
    """Return the months of a legal entity, oldest first, that are cut off and have no run of all accounts."""
    month = Period.month_before(now, entity.time_zone)
    while now < cut_off(month, grace):
        month = Period.month_ending(month.start)
    newest, due = month.name, list[str]()
    signed = set(signed_off_months(records, entity.id))
    for _ in range(LOOK_BACK_MONTHS):
        if month.name in signed:
            return due
        if whole := _whole_runs(records, entity.id, month.name):
            if _was_never_started(records, whole[-1], workflows, now):
                due.insert(0, month.name)
            return due
        due.insert(0, month.name)
        month = Period.month_ending(month.start)
    return [newest]


def _whole_runs(records: Records, legal_entity: str, period: str) -> list[str]:
    run_records = _run_records(records, legal_entity, period)
    return [record["run_id"] for record in run_records if not record.get("only_accounts")]


def mark_closed(records: Records, *, run_id: str, statement_key: str) -> bool:
    """Note that a run is closed; False where it was."""
    document = {"run_id": run_id, "statement": statement_key}
    return records.create(Record(run_key(run_id, CLOSED), document, run_key(run_id)))
