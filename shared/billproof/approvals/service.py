"""Raise exceptions, wait for a decision, store it, and carry it out.

    held draft | run with gaps -> case -> execution of invoice_exception -> token -> decision -> release
                                                                    reminder <-|

A decision is a fact before the workflow hears of it: where the answer is lost, the workflow finds the fact when its
wait ends, and answering twice is harmless. Approving never changes an amount: the document that was held is released.
"""

from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum

from billproof.approvals.exception_store import ExceptionStore, Token, exception_id, execution_name, superseded_by
from billproof.approvals.model import (
    RUN_SUBJECT,
    Answer,
    AnswerOutcome,
    Decision,
    ExceptionRecord,
    ExceptionState,
    Kind,
    Refusal,
    Verdict,
)
from billproof.approvals.policy import Person
from billproof.errors import Conflict, ExternalServiceUnavailable, MailRefused
from billproof.findings import Finding
from billproof.invoicing.model import DraftOutcome, Held
from billproof.invoicing.register import HELD, Register
from billproof.invoicing.releasing import release_credit, release_held
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.money import Money
from billproof.periods import instant_text
from billproof.pipeline.artefacts import BATCH_PLAN, DRAFTED, Artefacts
from billproof.pipeline.model import StepOutcome, StepResult
from billproof.ports import Mailer, Objects, Queue, TaskTokens, Workflows

LEAST_REASON = 3
"""Letters of the shortest reason that says anything."""


def raise_exceptions(
    *,
    run_id: str,
    batch_id: str,
    objects: Objects,
    register: Register,
    exception_store: ExceptionStore,
    workflows: Workflows,
    now: datetime,
) -> StepResult:
    """Raise an exception for every invoice of the batch that this run held; those raised before are left alone."""
    artefacts = Artefacts(objects)
    requested_by = artefacts.read(BATCH_PLAN, run_id, batch_id).requested_by
    batch = artefacts.read(DRAFTED, run_id, batch_id)
    raised = 0
    for draft in batch.drafts:
        fact = register.fact(draft.invoice, f"{HELD}#{run_id}")
        if fact is None or register.released(draft.invoice) is not None:
            continue
        held = Held.model_validate(fact)
        opened = ExceptionRecord(
            id=exception_id(batch.legal_entity, batch.period.name, draft.account, run_id.rsplit("-", 1)[-1]),
            kind=Kind.INVOICE,
            legal_entity=batch.legal_entity,
            period=batch.period.name,
            subject=draft.account,
            run=run_id,
            batch=batch_id,
            requested_by=requested_by,
            amount=held.document.totals.gross if held.document else None,
            findings=held.findings,
            can_approve=_can_be_released(held) and draft.outcome is DraftOutcome.HELD,
            opened_at=instant_text(now),
        )
        raise_exception(opened, exception_store=exception_store, workflows=workflows)
        raised += 1
    return StepResult(
        run_id=run_id, batch_id=batch_id, outcome=StepOutcome.RAISED, accounts=len(batch.drafts), findings=raised
    )


def _can_be_released(held: Held) -> bool:
    """Say whether there is a document that may go out: less than nothing is a credit note, which no approval makes."""
    return held.document is not None and held.document.totals.gross.amount >= 0


def raise_exception(opened: ExceptionRecord, *, exception_store: ExceptionStore, workflows: Workflows) -> None:
    """Store an exception and start its workflow; after a crash between the two, the retry starts it."""
    exception_store.open(opened)
    workflows.start(name=execution_name(opened.id), document={"exception": opened.id})


def open_run_exception(
    *,
    run_id: str,
    legal_entity: str,
    period: str,
    requested_by: str,
    amount: Money | None,
    findings: tuple[Finding, ...],
    exception_store: ExceptionStore,
    now: datetime,
) -> ExceptionRecord:
    """Keep the case of a run that is held, and return it; a run that was held before and planned again has another."""
    known = [
        each for each in exception_store.of_subject(legal_entity, period, RUN_SUBJECT) if each.opened.run == run_id
    ]
    if known and known[-1].decision is None:  # the step was repeated
        return known[-1].opened
    ordinal = f"{run_id.rsplit('-', 1)[-1]}-{len(known) + 1:02d}"
    opened = ExceptionRecord(
        id=exception_id(legal_entity, period, RUN_SUBJECT, ordinal),
        kind=Kind.RUN,
        legal_entity=legal_entity,
        period=period,
        subject=RUN_SUBJECT,
        run=run_id,
        batch=None,
        requested_by=requested_by,
        amount=amount,
        findings=findings,
        can_approve=True,
        opened_at=instant_text(now),
    )
    exception_store.open(opened)
    return opened


class WaitOutcome(StrEnum):
    """What became of a wait: who was told, or how the exception was decided already."""

    WAITING = "waiting"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class Waiting(Model):
    """Whether the workflow waits for a person, and who was told."""

    exception: str
    outcome: WaitOutcome
    reminder: int
    told: tuple[str, ...]
    mails_failed: int = 0


def await_decision(
    *,
    exception: str,
    token: str,
    exception_store: ExceptionStore,
    register: Register,
    directory: Directory,
    tokens: TaskTokens,
    mailer: Mailer,
    sender: str | None,
    now: datetime,
) -> Waiting:
    """Keep the token that the workflow waits under, and tell those who may decide; later calls remind, then escalate.

    A mail that is not taken fails no wait: it is counted, and the exception is listed as open all the same. Where the
    decision is there already, or the exception is no longer needed, the workflow is answered at once. Raises
    NotFound where there is no such exception: nothing is kept then.
    """
    exception_store.state(exception)
    reminder = exception_store.wait(exception, Token(token=token, given_at=instant_text(now)))
    state = _close_superseded(exception_store.state(exception), exception_store, register, now)
    if state.decision is not None:
        tokens.answer(token=token, document=_output(state, state.decision))
        return Waiting(exception=exception, outcome=WaitOutcome(state.decision.verdict), reminder=reminder, told=())
    opened = state.opened
    policy = directory.policy(opened.legal_entity)
    is_late = reminder >= policy.escalate_after
    people = policy.deciders(opened.amount, other_than=opened.requested_by)
    if is_late:
        people = policy.without_limits(other_than=opened.requested_by)
    failed = [] if sender is None else _tell(people, opened, reminder, mailer=mailer, sender=sender)
    outcome = WaitOutcome.REMINDED if reminder else WaitOutcome.WAITING
    return Waiting(
        exception=exception,
        outcome=WaitOutcome.ESCALATED if is_late else outcome,
        reminder=reminder,
        told=tuple(person.id for person in people if person not in failed),
        mails_failed=len(failed),
    )


def decide_exception(
    *,
    exception: str,
    verdict: Verdict,
    decided_by: str,
    reason: str,
    exception_store: ExceptionStore,
    register: Register,
    directory: Directory,
    tokens: TaskTokens,
    now: datetime,
) -> Answer:
    """Take a person's decision, if that person may take it; the same answer twice is taken once.

    Raises NotFound where there is no such exception. What may not be decided is refused with a reason, not an error.
    """
    state = _close_superseded(exception_store.state(exception), exception_store, register, now)
    if state.decision is None:
        refused = _refusal(state.opened, verdict, decided_by, reason, directory)
        if refused is not None:
            return refused
        decision = Decision(
            exception=exception,
            verdict=verdict,
            decided_by=decided_by,
            decided_at=instant_text(now),
            reason=reason.strip(),
            policy_version=directory.policy(state.opened.legal_entity).version,
        )
        exception_store.decide(decision)
        state = exception_store.state(exception)
    taken = state.decision
    if taken is None:  # a decision was just kept, by this call or another
        message = f"exception {exception} has no decision"
        raise Conflict(message)
    token = exception_store.last_token(exception)
    if token is not None:
        tokens.answer(token=token.token, document=_output(state, taken))
    if (taken.verdict, taken.decided_by) != (verdict, decided_by):
        said = f"{taken.verdict} by {taken.decided_by} at {taken.decided_at}: {taken.reason}"
        return Answer(
            exception=exception,
            outcome=AnswerOutcome.REFUSED,
            decision=taken,
            refusal=Refusal.ALREADY_DECIDED,
            message=said,
        )
    return Answer(exception=exception, outcome=AnswerOutcome.DECIDED, decision=taken)


class ApplyOutcome(StrEnum):
    """What became of an approved invoice."""

    RELEASED = "released"
    OUTDATED = "outdated"


class Applied(Model):
    """What became of an approved invoice: `released` under a number, or `outdated`."""

    exception: str
    outcome: ApplyOutcome
    number: str | None


def apply_decision(
    *,
    exception: str,
    exception_store: ExceptionStore,
    objects: Objects,
    register: Register,
    postings: Queue,
    deliveries: Queue,
) -> Applied:
    """Release the invoice or credit note that was approved, as it was held.

    Raises Conflict where nobody approved it.
    """
    state = exception_store.state(exception)
    opened = state.opened
    if state.decision is None or state.decision.verdict is not Verdict.APPROVED or opened.kind is Kind.RUN:
        message = f"exception {exception} was not approved: nothing is released"
        raise Conflict(message)
    if opened.batch is None:
        released = release_credit(
            document_id=_document(opened),
            request_id=opened.run,
            objects=objects,
            register=register,
            postings=postings,
            deliveries=deliveries,
        )
    else:
        released = release_held(
            Artefacts(objects).read(DRAFTED, opened.run, opened.batch),
            opened.subject,
            register=register,
            postings=postings,
            deliveries=deliveries,
        )
    if released is None:
        return Applied(exception=exception, outcome=ApplyOutcome.OUTDATED, number=None)
    return Applied(exception=exception, outcome=ApplyOutcome.RELEASED, number=released.number)


def _document(opened: ExceptionRecord) -> str:
    return f"{opened.legal_entity}.{opened.period}.{opened.subject}"


def _refusal(
    opened: ExceptionRecord, verdict: Verdict, decided_by: str, reason: str, directory: Directory
) -> Answer | None:
    """Say why a decision may not be taken, or None where it may."""
    policy = directory.policy(opened.legal_entity)
    person = policy.person(decided_by)
    found: tuple[Refusal, str] | None = None
    if len(reason.strip()) < LEAST_REASON:
        found = (Refusal.NO_REASON, "a decision needs a reason that another person understands")
    elif person is None:
        found = (Refusal.UNKNOWN_PERSON, f"the policy of {opened.legal_entity} has no person {decided_by!r}")
    elif person.id == opened.requested_by:
        found = (Refusal.OWN_REQUEST, f"{person.id} requested {opened.run}: somebody else must decide")
    elif verdict is Verdict.APPROVED and not opened.can_approve:
        message = "there is no document to release: remove the cause and run the period again"
        found = (Refusal.NOTHING_TO_RELEASE, message)
    elif verdict is Verdict.APPROVED and not policy.role_of(person).may_approve(opened.amount):
        worth = str(opened.amount) if opened.amount else "an unknown amount"
        able = ", ".join(each.id for each in policy.deciders(opened.amount, other_than=opened.requested_by)) or "nobody"
        found = (Refusal.OVER_LIMIT, f"{worth} is over the limit of {person.id}; may decide: {able}")
    if found is None:
        return None
    refusal, message = found
    return Answer(exception=opened.id, outcome=AnswerOutcome.REFUSED, refusal=refusal, message=message)


def _close_superseded(
    state: ExceptionState, exception_store: ExceptionStore, register: Register, now: datetime
) -> ExceptionState:
    """End an exception that is no longer needed: its invoice was released, or a later run held it anew."""
    opened = state.opened
    if state.decision is not None:
        return state
    later = superseded_by(state, exception_store.of_subject(opened.legal_entity, opened.period, opened.subject))
    released = None if opened.kind is Kind.RUN else register.released(_document(opened))
    if later is None and released is None:
        return state
    exception_store.decide(
        Decision(
            exception=opened.id,
            verdict=Verdict.SUPERSEDED,
            decided_by="billproof",
            decided_at=instant_text(now),
            reason=f"released as {released.number}" if released else f"see {later}",
            policy_version=0,
        )
    )
    return exception_store.state(opened.id)


def _output(state: ExceptionState, decision: Decision) -> dict[str, str]:
    return {"exception": state.opened.id, "kind": state.opened.kind.value, "decision": decision.verdict.value}


def _tell(
    people: Iterable[Person], opened: ExceptionRecord, reminder: int, *, mailer: Mailer, sender: str
) -> list[Person]:
    """Send the mails, and return whom no mail could be sent to."""
    failed: list[Person] = []
    for person in people:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = sender
        mail["To"] = person.email
        mail["Subject"] = f"{'Reminder: ' if reminder else ''}{opened.kind.value} {opened.id} waits for a decision"
        mail["Message-ID"] = f"<{execution_name(opened.id)}.{reminder}.{person.id}@{sender.rsplit('@', 1)[-1]}>"
        worth = str(opened.amount) if opened.amount else "not known"
        findings = "\n".join(f"- {finding.code}: {finding.message}\n  {finding.remedy}" for finding in opened.findings)
        mail.set_content(
            f"Dear {person.name},\n\n{opened.id} (run {opened.run}, requested by {opened.requested_by}) is held.\n"
            f"Amount: {worth}\n\n{findings}\n\n"
            f"billproof exceptions approve {opened.id} --as {person.id} --reason '...'\n"
            f"billproof exceptions reject {opened.id} --as {person.id} --reason '...'\n"
        )
        try:
            mailer.send(to=person.email, message=mail.as_bytes())
        except (MailRefused, ExternalServiceUnavailable):
            failed.append(person)
    return failed
