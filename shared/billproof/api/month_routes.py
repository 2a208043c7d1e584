"""The routes of who calls, and of months: which there are, and what is left to do before one is signed off."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import Field

from billproof.access.scopes import Scope
from billproof.api.asked import AskedText
from billproof.api.operation_routes import MOST_TURNS, NamedMonth
from billproof.api.pages import AskedPage, ListPage, cursor_of, page_by_name, place_of_cursor
from billproof.api.routes import Route, RouteCall
from billproof.approvals.policy import Role
from billproof.approvals.superseding import waiting_exceptions
from billproof.callers import Identity
from billproof.composition import Composition
from billproof.errors import NotFound
from billproof.identities import RunId
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.listing import PlaceInMonth, documents_after, first_of
from billproof.model import Flag, Model, Whole
from billproof.money import Money
from billproof.periods import Period
from billproof.pipeline.month_facts import MonthFacts, SignOff
from billproof.pipeline.starting import is_closed, run_ids
from billproof.pipeline.turns import runs_in_turn
from billproof.reconciliation.model import Reconciliation
from billproof.reconciliation.sums import report_key

MOST_TALLIED = 2_000
"""Documents that one call counts: each has some facts, which are read by the hundred."""


class NothingNamed(Model):
    """A request that says nothing but who makes it."""


class CallersEntity(Model):
    """A legal entity that the caller may ask about, as whom, and what that person may approve.

    A client has no role, and approves nothing.
    """

    id: str
    name: str
    currency: str
    time_zone: str
    acts_as: str
    person: str
    role: Role | None


class ShownCaller(Model):
    """Who calls, and the legal entities that the caller may ask about."""

    identity: Identity
    legal_entities: tuple[CallersEntity, ...]


class AskedMonths(AskedPage):
    """The months of a legal entity."""

    legal_entity: AskedText


class MonthRow(Model):
    """A month in which a legal entity has run, its last run, and who signed it off; null where nobody did."""

    period: str
    last_run: str
    signed_by: str | None
    signed_at: str | None


class MonthPage(ListPage[MonthRow]):
    """Some months, the newest first."""


class DocumentsInStatus(Model):
    """How many documents of a month are in a status, and what those in one currency come to in all."""

    status: str
    number: int
    gross: tuple[Money, ...]


class ReconciledMonth(Model):
    """When a month was compared with the ERP and with what was paid, and how many differences each has."""

    reconciled_at: str
    differences: int
    unsettled: int


class ShownMonth(Model):
    """Where a month stands: its runs, and what waits for a person; `is_closed`: the last run is over and stated.

    How many documents it has, and how many receipts wait, are routes of their own: what they read grows with a month.
    """

    legal_entity: str
    period: str
    runs: tuple[str, ...]
    is_closed: Flag
    waiting_exceptions: int
    reconciled: ReconciledMonth | None
    sign_off: SignOff | None


class AskedTally(NamedMonth):
    """A month whose documents are counted, from where the tally before ended."""

    cursor: Annotated[str, Field(max_length=4_000, description="`next` of the tally before; none begins.")] = ""


class TalliedDocuments(Model):
    """Some of a month's documents, counted by status; all of them once there is no `next`, with the tallies before."""

    documents: tuple[DocumentsInStatus, ...]
    next: str | None


class NamedReceiver(Model):
    """A legal entity that receives money."""

    legal_entity: AskedText


class WaitingReceipts(Model):
    """How many receipts of a legal entity nobody knows what they pay, in whatever month they came."""

    legal_entity: str
    receipts: Whole


def _show_caller(call: RouteCall[NothingNamed], ports: Composition) -> ShownCaller:
    """Return who calls, and for which legal entities the caller may ask."""
    entities = [_entity_of(call, entity, ports) for entity in sorted(call.grants)]
    return ShownCaller(identity=call.caller.identity, legal_entities=tuple(entities))


def _entity_of(call: RouteCall[NothingNamed], entity: str, ports: Composition) -> CallersEntity:
    profile, policy = ports.directory.legal_entity(entity), ports.directory.policy(entity)
    person = policy.person_of(call.caller.identity)
    return CallersEntity(
        id=entity,
        name=profile.name,
        currency=profile.currency,
        time_zone=str(profile.time_zone),
        acts_as=call.grants[entity].name,
        person=person.name if person else "",
        role=policy.role_of(person) if person else None,
    )


def _list_months(call: RouteCall[AskedMonths], ports: Composition) -> MonthPage:
    """List the months in which a legal entity has run, the newest first."""
    entity = call.legal_entity(call.request.legal_entity)
    last: dict[str, str] = {}
    for name in runs_in_turn(ports.runs, entity, limit=MOST_TURNS):
        last[RunId.parse(name).period] = name
    page = page_by_name(sorted(last, reverse=True), str, call.request)
    rows = []
    for period in page.items:
        signed = MonthFacts(ports.runs, entity, period).sign_off
        by, at = (signed.signed_by, signed.signed_at) if signed else (None, None)
        rows.append(MonthRow(period=period, last_run=last[period], signed_by=by, signed_at=at))
    return MonthPage(items=tuple(rows), next=page.next)


def _show_month(call: RouteCall[NamedMonth], ports: Composition) -> ShownMonth:
    """Return where a month stands: runs, what waits for a person, reconciliation and sign-off."""
    entity, period = call.legal_entity(call.request.legal_entity), Period.month(call.request.period).name
    runs = run_ids(ports.runs, entity, period)
    waiting = waiting_exceptions(entity, period, ports.exception_store, ports.register, ports.now())
    return ShownMonth(
        legal_entity=entity,
        period=period,
        runs=tuple(runs),
        is_closed=bool(runs) and is_closed(ports.runs, runs[-1]),
        waiting_exceptions=len(waiting),
        reconciled=_reconciled(entity, period, ports),
        sign_off=MonthFacts(ports.runs, entity, period).sign_off,
    )


def _tally_documents(call: RouteCall[AskedTally], ports: Composition) -> TalliedDocuments:
    """Count the next documents of a month by their status, and add up what they come to: so many a call, at most."""
    entity, period = call.legal_entity(call.request.legal_entity), Period.month(call.request.period).name
    place = place_of_cursor(call.request.cursor, PlaceInMonth())
    taken, are_more = first_of(documents_after(ports.invoices, entity, period, place), MOST_TALLIED)
    return TalliedDocuments(
        documents=tuple(_tallied(facts for _, facts in taken)), next=cursor_of(taken[-1][0]) if are_more else None
    )


def _tallied(documents: Iterable[InvoiceFacts]) -> Iterator[DocumentsInStatus]:
    numbers: Counter[str] = Counter()
    sums: dict[str, dict[str, Money]] = {}
    for facts in documents:
        released, held = facts.released, facts.held
        if released is None and held is None:
            continue
        document = released.document if released else held.document if held else None
        status = facts.status.value
        numbers[status] += 1
        known = sums.setdefault(status, {})
        if document is not None:
            gross = document.totals.gross
            known[gross.currency] = known.get(gross.currency, Money.zero(gross.currency)) + gross
    for status, number in sorted(numbers.items()):
        yield DocumentsInStatus(status=status, number=number, gross=tuple(sums[status].values()))


def _count_waiting(call: RouteCall[NamedReceiver], ports: Composition) -> WaitingReceipts:
    """Count the receipts that nobody knows what they pay: every receipt of the legal entity is read."""
    entity = call.legal_entity(call.request.legal_entity)
    waiting = sum(state.waits for state in ports.cash_book.received(entity))
    return WaitingReceipts(legal_entity=entity, receipts=waiting)


def _reconciled(entity: str, period: str, ports: Composition) -> ReconciledMonth | None:
    try:
        report = Reconciliation.model_validate_json(ports.objects.get(report_key(entity, period)))
    except NotFound:
        return None
    return ReconciledMonth(
        reconciled_at=report.reconciled_at, differences=len(report.variances), unsettled=len(report.unsettled)
    )


ROUTES: dict[str, Route[Any]] = {
    "GET /v1/me": Route(NothingNamed, Scope.OPERATIONS_READ, _show_caller),
    "GET /v1/months": Route(AskedMonths, Scope.OPERATIONS_READ, _list_months),
    "GET /v1/months/{legal_entity}/{period}": Route(NamedMonth, Scope.OPERATIONS_READ, _show_month),
    "GET /v1/months/{legal_entity}/{period}/documents": Route(AskedTally, Scope.OPERATIONS_READ, _tally_documents),
    "GET /v1/cash/{legal_entity}/waiting": Route(NamedReceiver, Scope.OPERATIONS_READ, _count_waiting),
}
