"""What the command does with exceptions. It reads the exception store; only the API's functions write decisions."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress

from billproof.approvals.actions import OperatorAction, Outcome
from billproof.approvals.entitlement import able_people
from billproof.approvals.exception_store import execution_name
from billproof.approvals.model import Answer, CreditRequested, ExceptionRecord, ExceptionState, Kind, Verdict
from billproof.approvals.superseding import waiting_exceptions
from billproof.identities import InvoiceId, RunId
from billproof.invoicing.credit_requests import WantedCredit
from billproof.pipeline.artefacts import RUN_PLAN, Artefacts
from billproof.pipeline.quarantine import quarantine_of
from billproof.pipeline.starting import RUNNING
from billproof.pipeline.turns import runs_in_turn
from billproof.usage.refusal_model import QuarantinedAt
from billproof_ops import api
from billproof_ops.actions import recorded
from billproof_ops.errors import OpsError
from billproof_ops.target import Target
from billproof_ops.waiting import POLL_SECONDS

MAX_RESTARTS = 100
MOST_TURNS = 1_000
"""The last runs of a legal entity whose months are looked through for waits that ended."""
CARRIED_OUT_SECONDS = 60

type SayWho = Callable[[str, str], AbstractContextManager[Outcome]]
"""Records who starts the workflow of an exception again, by its last execution and its legal entity."""


def exceptions_of(target: Target, legal_entity: str, period: str, *, all_of_them: bool) -> list[ExceptionState]:
    """Return the exceptions of a legal entity and month: those that wait, or all."""
    ports = target.ports
    if all_of_them:
        return ports.exception_store.of_period(legal_entity, period)
    return waiting_exceptions(legal_entity, period, ports.exception_store, ports.register, ports.now())


def able_people_now(target: Target, opened: ExceptionRecord) -> list[str]:
    """Name who may approve an exception now: a limit that is used up counts."""
    history = target.ports.directory.policies.history(opened.legal_entity)
    limits = target.ports.exception_store.limits
    return [person.id for person in able_people(opened, history=history, limits=limits, at=target.ports.now())]


def decide(target: Target, exception: str, verdict: str, *, who: str | None, reason: str, incident: str = "") -> Answer:
    """Ask the API for a decision; raises OpsError where it could not be taken nor refused."""
    request = {"exception": exception, "verdict": verdict, "reason": reason}
    request |= {"incident": incident} if incident else {}
    try:
        return Answer.model_validate(api.call(target, api.DECIDE, request, who=who))
    except api.RefusedCall as error:
        if "answer" not in error.problem:
            raise
        return Answer.model_validate(error.problem["answer"])


def has_ended(target: Target, exception: str) -> bool:
    """Wait until a decision is carried out; return False when the time is up.

    The workflow of a document releases it or leaves it held. That of a run is the run itself, which is not waited for.
    """
    if target.ports.exception_store.state(exception).opened.kind is Kind.RUN:
        return True
    machine, name = target.machine("InvoiceExceptionArn"), execution_name(exception)
    deadline = time.monotonic() + CARRIED_OUT_SECONDS
    while machine.status(name) == RUNNING:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def ask_for_credit(target: Target, request: WantedCredit, *, who: str | None) -> CreditRequested:
    """Ask the API for a credit note; raises OpsError where it refused."""
    return CreditRequested.model_validate(api.call(target, api.CREDIT, request.model_dump(mode="json"), who=who))


def redrive(target: Target, exception: str, *, who: str | None) -> str:
    """Start the workflow of an exception again, as `restart` does, and record who asks for it."""

    def say_who(last: str, entity: str) -> AbstractContextManager[Outcome]:
        action = OperatorAction.REDRIVE_EXCEPTION
        return recorded(target, action, exception, who=who, before=last, legal_entity=entity)

    return restart(target, exception, say_who)


def restart(target: Target, exception: str, say_who: SayWho | None = None) -> str:
    """Start the workflow of an exception again where its last execution failed; return the execution's name.

    The name says how often: it is the same for whoever asks. Raises OpsError where it is not failed, and for the
    exception of a run: the run itself waits for the decision.
    """
    state = target.ports.exception_store.state(exception)
    if state.opened.kind is Kind.RUN:
        message = f"the run waits for the decision itself: where it failed, billproof run redrive {state.opened.run}"
        raise OpsError(message)
    machine = target.machine("InvoiceExceptionArn")
    last = "never started"
    for number in range(MAX_RESTARTS):
        name = execution_name(exception) + (f"-{number}" if number else "")
        status = machine.status(name)
        if status is None:
            with say_who(last, state.opened.legal_entity) if say_who else nullcontext(Outcome()) as outcome:
                machine.start(name=name, document={"exception": state.opened.id})
                outcome.after = f"started {name}"
            return name
        last = f"{name} is {status.lower()}"
        if status not in {"FAILED", "TIMED_OUT", "ABORTED"}:
            message = f"{exception}: execution {name} is {status.lower()}, there is nothing to start again"
            raise OpsError(message)
    message = f"{exception} failed {MAX_RESTARTS} times"
    raise OpsError(message)


def resume_waits(target: Target) -> int:
    """Start every wait again that ended unanswered, and return how many: an emulator that stops ends what runs in it.

    Those of runs are the runs' own. Raises nothing for a wait that goes on.
    """
    resumed = 0
    for state in _unfinished(target):
        with suppress(OpsError):
            restart(target, state.opened.id)
            resumed += 1
    return resumed


def _unfinished(target: Target) -> Iterator[ExceptionState]:
    """Yield the exceptions that wait, and the documents that were approved and are not released."""
    ports = target.ports
    for entity in ports.directory.entity_ids():
        for period in sorted({RunId.parse(run).period for run in runs_in_turn(ports.runs, entity, limit=MOST_TURNS)}):
            yield from waiting_exceptions(entity, period, ports.exception_store, ports.register, ports.now())
            for state in ports.exception_store.of_period(entity, period):
                is_approved = state.decision is not None and state.decision.verdict is Verdict.APPROVED
                if is_approved and state.opened.kind.is_document and release_of(state, target) is None:
                    yield state


def quarantine_of_case(target: Target, opened: ExceptionRecord) -> list[QuarantinedAt]:
    """Return the refused events of an exception's account that its run states; of a run's exception all of the run."""
    artefacts = Artefacts(target.ports.objects)
    if opened.kind not in {Kind.INVOICE, Kind.RUN}:  # of no run
        return []
    places = quarantine_of(artefacts.read(RUN_PLAN, opened.run), artefacts, target.ports.objects)
    return [place for place in places if opened.kind is Kind.RUN or place.place == opened.subject]


def release_of(state: ExceptionState, target: Target) -> str | None:
    """Return the number under which an approved invoice was released, if it was."""
    case = state.opened
    if not case.kind.is_document:
        return None
    document = InvoiceId.of_subject(case.legal_entity, case.period, case.subject)
    released = target.ports.register.released(str(document))
    return released.number if released else None
