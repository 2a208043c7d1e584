"""The routes of operations: runs and what they state, exceptions, and the reconciliation with the ERP."""

from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.pages import AskedPage, ListPage, page_by_name
from billproof.api.routes import Route, RouteCall
from billproof.approvals.entitlement import able_people
from billproof.approvals.model import ExceptionState
from billproof.approvals.notes import ExceptionNote
from billproof.approvals.superseding import waiting_exceptions
from billproof.composition import Composition
from billproof.conservation.model import ConservationStatement
from billproof.errors import NotFound
from billproof.findings import Finding
from billproof.identities import ExceptionId, RunId
from billproof.ids import shown
from billproof.model import Flag, Model, WrittenFlag
from billproof.periods import Period
from billproof.pipeline.closing import read_statement
from billproof.pipeline.model import RunStatement
from billproof.pipeline.starting import is_closed, run_ids, run_key
from billproof.pipeline.turns import runs_in_turn
from billproof.reconciliation.model import Reconciliation
from billproof.reconciliation.sums import report_key

MOST_TURNS = 1_000
"""The last runs of a legal entity, of all months, that a list looks through."""


class AskedRuns(AskedPage):
    """The runs of a legal entity, of one month or of all."""

    legal_entity: AskedText
    period: str = ""


class NamedRun(Model):
    """A run by its id."""

    run: AskedText


class NamedRunPage(AskedPage):
    """A page of what belongs to a run."""

    run: AskedText


class ShownRun(Model):
    """A run: who asked for it, when it was planned, for which accounts only, and where it stands.

    `closed` has a statement; otherwise it is the status of its execution, in lower case, or `unknown` where Step
    Functions has forgotten it.
    """

    run: str
    legal_entity: str
    period: str
    requested_by: str
    planned_at: str | None
    only_accounts: tuple[str, ...]
    state: str


class RunPage(ListPage[ShownRun]):
    """Some runs, the newest first."""


class FindingPage(ListPage[Finding]):
    """Some findings of a run."""


class ExceptionOrder(StrEnum):
    """How exceptions are listed: by their subjects, or those first that have waited longest."""

    SUBJECT = "subject"
    AGE = "age"


class AskedExceptions(AskedPage):
    """The exceptions of a legal entity's month: those that wait for a decision, or all.

    `without_snoozed` leaves out what is put aside today; `assignee` keeps what that person looks after.
    """

    legal_entity: AskedText
    period: AskedText
    all: WrittenFlag = False
    without_snoozed: WrittenFlag = False
    assignee: str = ""
    order: ExceptionOrder = ExceptionOrder.SUBJECT


class NamedException(Model):
    """An exception by its id."""

    exception: AskedText


class ExceptionPage(ListPage[ExceptionState]):
    """Some exceptions, by subject."""


class ShownException(Model):
    """An exception as it stands, who may approve it now, and what people noted of it, the oldest first."""

    state: ExceptionState
    may_approve: tuple[str, ...]
    notes: tuple[ExceptionNote, ...]


class NamedMonth(Model):
    """A month of a legal entity."""

    legal_entity: AskedText
    period: AskedText


class Balanced(Model):
    """A conservation statement, and whether each of its equations balances."""

    balances: Flag
    statement: ConservationStatement


def _run(call: RouteCall[Any], name: str, ports: Composition) -> RunId:
    """Return a run of a legal entity that the caller may ask about; raises NotFound for every other."""
    run = RunId.parse(name)
    if run.legal_entity not in call.grants or ports.runs.get(run_key(name)) is None:
        message = f"there is no run {shown(name)}"
        raise NotFound(message)
    return run


def _shown_run(name: str, ports: Composition) -> ShownRun:
    run, record = RunId.parse(name), ports.runs.get(run_key(name)) or {}
    closed = is_closed(ports.runs, name)
    status = None if closed else ports.billing_runs.status(name)
    return ShownRun(
        run=name,
        legal_entity=run.legal_entity,
        period=run.period,
        requested_by=record.get("requested_by", ""),
        planned_at=record.get("planned_at"),
        only_accounts=tuple(record.get("only_accounts", ())),
        state="closed" if closed else (status or "unknown").lower(),
    )


def _list_runs(call: RouteCall[AskedRuns], ports: Composition) -> RunPage:
    """List the runs of a legal entity, of one month or of all, the newest first."""
    wanted, entity = call.request, call.legal_entity(call.request.legal_entity)
    if wanted.period:
        names = run_ids(ports.runs, entity, Period.month(wanted.period).name)
    else:
        names = runs_in_turn(ports.runs, entity, limit=MOST_TURNS)
    page = page_by_name(reversed(names), str, wanted)
    return RunPage(items=tuple(_shown_run(name, ports) for name in page.items), next=page.next)


def _show_run(call: RouteCall[NamedRun], ports: Composition) -> ShownRun:
    """Return a run: who asked for it, and where it stands."""
    return _shown_run(str(_run(call, call.request.run, ports)), ports)


def _statement(call: RouteCall[Any], ports: Composition) -> RunStatement:
    run = str(_run(call, call.request.run, ports))
    try:
        return read_statement(ports.objects, run)
    except NotFound:
        message = f"run {run} has no statement: it has not closed"
        raise NotFound(message) from None


def _show_statement(call: RouteCall[NamedRun], ports: Composition) -> RunStatement:
    """Return the statement of a closed run: what it counted, released and held."""
    return _statement(call, ports)


def _list_findings(call: RouteCall[NamedRunPage], ports: Composition) -> FindingPage:
    """List the findings of a closed run."""
    numbered = [(str(number), finding) for number, finding in enumerate(_statement(call, ports).findings, start=1)]
    page = page_by_name(numbered, lambda item: item[0], call.request)
    return FindingPage(items=tuple(finding for _, finding in page.items), next=page.next)


def _balance(call: RouteCall[NamedRun], ports: Composition) -> Balanced:
    """Return the conservation statement of a closed run, in events and in money, computed now."""
    from billproof.conservation.service import balance_run  # it loads DuckDB, which no other route needs

    _statement(call, ports)  # a run that has not closed has no balance yet, and is not found for that
    statement = balance_run(str(_run(call, call.request.run, ports)), stores=ports.stores())
    return Balanced(balances=statement.balances, statement=statement)


def _list_exceptions(call: RouteCall[AskedExceptions], ports: Composition) -> ExceptionPage:
    """List the exceptions of a month that wait for a decision, or all of them."""
    wanted, entity = call.request, call.legal_entity(call.request.legal_entity)
    period = Period.month(wanted.period).name
    if wanted.all:
        states = ports.exception_store.of_period(entity, period)
    else:
        states = waiting_exceptions(entity, period, ports.exception_store, ports.register, ports.now())
    if wanted.order is ExceptionOrder.AGE:
        states = sorted(states, key=lambda state: state.opened.opened_at)  # of the same moment by subject, as they are
    kept = [state for state in states if _is_wanted(state, wanted, ports.now().date())]
    page = page_by_name(kept, lambda state: state.opened.id, wanted)
    return ExceptionPage(items=page.items, next=page.next)


def _is_wanted(state: ExceptionState, wanted: AskedExceptions, today: date) -> bool:
    if wanted.without_snoozed and state.snoozed_until is not None and state.snoozed_until > today:
        return False
    return not wanted.assignee or state.assignee == wanted.assignee


def exception_of(call: RouteCall[NamedException], ports: Composition) -> ExceptionState:
    """Return an exception of a legal entity that the caller may ask about; raises NotFound for every other."""
    name = call.request.exception
    if ExceptionId.parse(name).legal_entity not in call.grants:
        message = f"there is no exception {shown(name)}"
        raise NotFound(message)
    return ports.exception_store.state(name)


def _show_exception(call: RouteCall[NamedException], ports: Composition) -> ShownException:
    """Return an exception as it stands, and who may approve it now."""
    state, store = exception_of(call, ports), ports.exception_store
    history = ports.policies.history(state.opened.legal_entity)
    able = able_people(state.opened, history=history, limits=store.limits, at=ports.now())
    return ShownException(
        state=state,
        may_approve=() if state.decision else tuple(person.id for person in able),
        notes=tuple(store.notes(state.opened.id)),
    )


def _reconciliation(call: RouteCall[NamedMonth], ports: Composition) -> Reconciliation:
    """Return the latest reconciliation of a month's invoices with the ERP, with every variance."""
    entity, period = call.legal_entity(call.request.legal_entity), Period.month(call.request.period).name
    try:
        return Reconciliation.model_validate_json(ports.objects.get(report_key(entity, period)))
    except NotFound:
        message = f"{period} of {entity} was not reconciled yet"
        raise NotFound(message) from None


_read = partial(Route, scope=Scope.OPERATIONS_READ)
ROUTES: dict[str, Route[Any]] = {
    "GET /v1/runs": _read(AskedRuns, operation=_list_runs),
    "GET /v1/runs/{run}": _read(NamedRun, operation=_show_run),
    "GET /v1/runs/{run}/statement": _read(NamedRun, operation=_show_statement),
    "GET /v1/runs/{run}/findings": _read(NamedRunPage, operation=_list_findings),
    "GET /v1/runs/{run}/balance": _read(NamedRun, operation=_balance),
    "GET /v1/exceptions": _read(AskedExceptions, operation=_list_exceptions),
    "GET /v1/exceptions/{exception}": _read(NamedException, operation=_show_exception),
    "GET /v1/reconciliations/{legal_entity}/{period}": _read(NamedMonth, operation=_reconciliation),
}
