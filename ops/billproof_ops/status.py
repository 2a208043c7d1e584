"""Where everything stands: what runs, what waits and for whom, since when, and what lies in the queues."""

from billproof.approvals.model import ExceptionRecord
from billproof.errors import NotFound
from billproof.money import Money
from billproof.pipeline.closing import read_statement
from billproof.pipeline.starting import run_ids
from billproof_ops import naming
from billproof_ops.billing import run_state
from billproof_ops.dead_letters import QueueDepth, depths
from billproof_ops.exceptions import exceptions_of
from billproof_ops.model import Shown
from billproof_ops.target import Target


class WaitingCase(Shown):
    """An exception that waits: since when, what it is worth, why, and who could decide it."""

    exception: str
    since: str
    amount: Money | None
    findings: tuple[str, ...]
    deciders: tuple[str, ...]


class MonthStatus(Shown):
    """An open month of a legal entity: its last run, what that came to, and what waits for a person."""

    legal_entity: str
    period: str
    run: str
    state: str
    released: int | None
    held: int | None
    waiting: tuple[WaitingCase, ...]


class Status(Shown):
    """Every open month, and every queue."""

    months: tuple[MonthStatus, ...]
    queues: tuple[QueueDepth, ...]


def status(target: Target) -> Status:
    """Look at every legal entity's open months, and at every queue."""
    months = [
        _month(target, entity.id, period)
        for entity in target.ports.directory.legal_entities()
        for period in naming.open_months(target, entity.id)
    ]
    return Status(months=tuple(months), queues=tuple(depths(target)))


def waiting_of(target: Target, case: ExceptionRecord) -> WaitingCase:
    """Say for whom an exception waits."""
    policy = target.ports.directory.policy(case.legal_entity)
    return WaitingCase(
        exception=case.id,
        since=case.opened_at,
        amount=case.amount,
        findings=tuple(dict.fromkeys(finding.code for finding in case.findings)),
        deciders=tuple(person.id for person in policy.deciders(case.amount, other_than=case.requested_by)),
    )


def _month(target: Target, legal_entity: str, period: str) -> MonthStatus:
    run = run_ids(target.ports.runs, legal_entity, period)[-1]
    try:
        statement = read_statement(target.ports.objects, run)
    except NotFound:
        statement = None
    cases = exceptions_of(target, legal_entity, period, all_of_them=False)
    return MonthStatus(
        legal_entity=legal_entity,
        period=period,
        run=run,
        state="closed" if statement else run_state(target, run).status.lower(),
        released=statement.released + statement.already_released if statement else None,
        held=statement.held if statement else None,
        waiting=tuple(waiting_of(target, case.opened) for case in cases),
    )
