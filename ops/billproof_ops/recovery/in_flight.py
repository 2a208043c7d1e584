"""What was in flight when queues or executions were lost: read off the facts, with the way in which it comes back.

A fact says what is owed next: a release is to be posted and delivered, a run to be closed, an exception to wait for a
person, a decision to be carried out. Whatever lacks its next fact, and has no execution, is in flight.
"""

import json
from collections.abc import Iterator
from enum import StrEnum

from billproof.approvals.actions import OperatorAction
from billproof.approvals.exception_store import execution_name
from billproof.approvals.model import Kind, Verdict
from billproof.errors import BillproofError
from billproof.identities import InvoiceId
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.electronic import HYBRID
from billproof.invoicing.facts import DELIVERED, POSTED, InvoiceFacts
from billproof.invoicing.model import DocumentKind
from billproof.pipeline.starting import is_closed, run_ids, run_key
from billproof.ports import Queue
from billproof_ops import naming
from billproof_ops.actions import recorded
from billproof_ops.billing import start_run
from billproof_ops.exceptions import exceptions_of, redrive, release_of
from billproof_ops.model import Shown
from billproof_ops.target import Target


class InFlightKind(StrEnum):
    """What may be in flight."""

    RUN = "run"
    EXCEPTION = "exception"
    POSTING = "posting"
    DELIVERY = "delivery"
    DOCUMENT = "document"
    """A PDF whose number no release has: it was made after the moment that the tables are of."""


class InFlight(Shown):
    """Something that was under way: what lacks, and what brings it back."""

    kind: InFlightKind
    name: str
    why: str
    remedy: str
    legal_entity: str
    period: str

    @property
    def comes_back(self) -> bool:
        """Whether `resume` brings it back; else a person looks at it."""
        return self.kind is not InFlightKind.DOCUMENT


def in_flight(target: Target) -> list[InFlight]:
    """Return what is in flight, over all months that a run billed: those that are signed off, too."""
    return [
        thing
        for entity in target.ports.directory.legal_entities()
        for period in naming.billed_months(target, entity.id)
        for thing in _Month(target, entity.id, period).in_flight()
    ]


def resume(target: Target, things: list[InFlight], *, who: str | None) -> list[InFlight]:
    """Bring back what comes back: start runs and workflows again, send messages again; return what it did.

    All of it may be done again: a run and a workflow have names, and the consumers of messages take the second one
    without change. Runs come last: they wait for nothing, and what is posted and delivered first needs none.
    """
    ports = target.ports
    things = [thing for thing in things if thing.comes_back]
    for thing in things:
        match thing.kind:
            case InFlightKind.POSTING:
                _send_again(target, thing, ports.postings, who)
            case InFlightKind.DELIVERY:
                _send_again(target, thing, ports.deliveries, who)
            case InFlightKind.EXCEPTION:
                redrive(target, thing.name, who=who)
            case _:
                continue
    for thing in things:
        if thing.kind is InFlightKind.RUN:
            record = ports.runs.get(run_key(thing.name)) or {}
            only = record.get("only_accounts", [])
            start_run(target, thing.legal_entity, thing.period, who=who, only_accounts=only)
    return things


def _send_again(target: Target, thing: InFlight, queue: Queue, who: str | None) -> None:
    action, entity = OperatorAction.RESEND_MESSAGE, thing.legal_entity
    with recorded(target, action, thing.name, who=who, before=thing.why, legal_entity=entity) as outcome:
        queue.send([_message(target, thing)])
        outcome.after = f"{thing.kind} is sent again"


def _message(target: Target, thing: InFlight) -> str:
    """Write the message of a release anew; its log lines share the id of the run, or of the credit note itself."""
    released = target.ports.register.released(thing.name)
    is_credit = InvoiceId.parse(thing.name).is_credit
    shared = released.run if released and not is_credit else thing.name
    return json.dumps({"invoice": thing.name, "correlation_id": shared})


class _Month:
    """A month of a legal entity, and what of it is in flight."""

    def __init__(self, target: Target, legal_entity: str, period: str) -> None:
        self._target = target
        self._legal_entity = legal_entity
        self._period = period

    def in_flight(self) -> Iterator[InFlight]:
        """Yield what is."""
        documents = list(self._target.ports.register.of_period(self._legal_entity, self._period))
        yield from self._runs()
        yield from self._exceptions()
        for facts in documents:
            yield from self._messages(facts)
        yield from self._unknown({facts.released.number for facts in documents if facts.released})

    def _thing(self, kind: InFlightKind, name: str, why: str, remedy: str) -> InFlight:
        return InFlight(
            kind=kind, name=name, why=why, remedy=remedy, legal_entity=self._legal_entity, period=self._period
        )

    def _runs(self) -> Iterator[InFlight]:
        """Look at the last run: those before it were given up when it started."""
        ports = self._target.ports
        for run in run_ids(ports.runs, self._legal_entity, self._period)[-1:]:
            if not is_closed(ports.runs, run) and ports.billing_runs.status(run) is None:
                again = f"billproof run start -e {self._legal_entity} -p {self._period}"
                yield self._thing(InFlightKind.RUN, run, "is not closed, and Step Functions does not know it", again)

    def _exceptions(self) -> Iterator[InFlight]:
        machine = self._target.machine("InvoiceExceptionArn")
        waiting = exceptions_of(self._target, self._legal_entity, self._period, all_of_them=False)
        decided = exceptions_of(self._target, self._legal_entity, self._period, all_of_them=True)
        for state in (*waiting, *(state for state in decided if state.status == Verdict.APPROVED)):
            name = state.opened.id
            if state.opened.kind is Kind.RUN or machine.status(execution_name(name)) is not None:
                continue
            if state.decision is not None and release_of(state, self._target) is not None:
                continue
            why = "was approved, which is not carried out" if state.decision else "waits, and no execution does"
            yield self._thing(InFlightKind.EXCEPTION, name, why, f"billproof exceptions redrive {name}")

    def _messages(self, facts: InvoiceFacts) -> Iterator[InFlight]:
        if facts.released is None:
            return
        if POSTED not in facts.facts:
            yield self._thing(InFlightKind.POSTING, str(facts.id), "is released and not posted", RESUME)
        if DELIVERED not in facts.facts and self._is_delivered(facts):
            yield self._thing(InFlightKind.DELIVERY, str(facts.id), "is released and not delivered", RESUME)

    def _is_delivered(self, facts: InvoiceFacts) -> bool:
        """Say whether a document goes to the customer: a write-off does not. One that cannot be read is tried."""
        if not facts.id.is_credit or facts.released is None:
            return True
        try:
            document = read_invoice(self._target.ports.objects, facts.released.document)
        except BillproofError:
            return True
        return document.kind is not DocumentKind.WRITE_OFF

    def _unknown(self, numbers: set[str]) -> Iterator[InFlight]:
        for key in self._target.ports.objects.keys(f"documents/{self._legal_entity}/{self._period}/"):
            file = key.rpartition("/")[2].removesuffix(HYBRID)
            name = file.removesuffix(".pdf")
            if key.endswith(".pdf") and name not in numbers:
                why = f"is a PDF, and no release has that number: {key}"
                yield self._thing(InFlightKind.DOCUMENT, name, why, BY_A_PERSON)


RESUME = "billproof recover resume"
BY_A_PERSON = "start its run again, and compare who is given the number with this PDF"
