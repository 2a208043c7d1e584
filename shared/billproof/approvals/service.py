"""Raising exceptions, waiting for a person, deciding, and doing what was decided.

    held draft | run with gaps -> case -> execution of invoice_exception -> token -> decision -> release
                                                                    reminder <-|

A decision is a fact before the workflow hears of it: where the answer is lost, the workflow finds the fact when its
wait ends, and answering twice is harmless. Approving never changes an amount: the document that was held is released.
"""

from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from billproof.approvals.casebook import Casebook, Token, exception_id, execution_name, superseded_by
from billproof.approvals.model import (
    RUN_SUBJECT,
    Answer,
    Case,
    Decision,
    ExceptionState,
    Kind,
    Refusal,
    Verdict,
)
from billproof.artefacts import Artefacts
from billproof.contracts.directory import Directory
from billproof.contracts.policy import Person
from billproof.contracts.terms import PLAN, BatchPlan
from billproof.errors import Conflict
from billproof.findings import Finding
from billproof.invoicing.model import BatchDrafts, DraftOutcome, Held
from billproof.invoicing.register import HELD, Register
from billproof.invoicing.service import DRAFTED, release_credit, release_held
from billproof.model import Model
from billproof.money import Money
from billproof.periods import instant_text
from billproof.ports import Mailer, Objects, Queue, TaskTokens, Workflows
from billproof.pricing.service import Stepped

LEAST_REASON = 3
"""Letters of the shortest reason that says anything."""


def raise_exceptions(
    *,
    run_id: str,
    batch_id: str,
    objects: Objects,
    register: Register,
    casebook: Casebook,
    workflows: Workflows,
    now: datetime,
) -> Stepped:
    """Raise an exception for every invoice of the batch that this run held; those raised before are left alone."""
    artefacts = Artefacts(objects)
    requested_by = artefacts.read(run_id, PLAN, batch_id, BatchPlan).requested_by
    batch = artefacts.read(run_id, DRAFTED, batch_id, BatchDrafts)
    raised = 0
    for draft in batch.drafts:
        fact = register.fact(draft.invoice, f"{HELD}#{run_id}")
        if fact is None or register.released(draft.invoice) is not None:
            continue
        held = Held.model_validate(fact)
        case = Case(
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
        raise_case(case, casebook=casebook, workflows=workflows)
        raised += 1
    return Stepped(run_id=run_id, batch_id=batch_id, outcome="raised", accounts=len(batch.drafts), findings=raised)


def _can_be_released(held: Held) -> bool:
    """Say whether there is a document that may go out: less than nothing is a credit note, which no approval makes."""
    return held.document is not None and held.document.totals.gross.amount >= 0


def raise_case(case: Case, *, casebook: Casebook, workflows: Workflows) -> None:
    """Keep a case and start its workflow: a crash between the two is mended by the retry."""
    casebook.open(case)
    workflows.start(name=execution_name(case.id), document={"exception": case.id})


def run_case(
    *,
    run_id: str,
    legal_entity: str,
    period: str,
    requested_by: str,
    amount: Money | None,
    findings: tuple[Finding, ...],
    casebook: Casebook,
    now: datetime,
) -> Case:
    """Keep the case of a run that is held, and return it; a run that was held before and planned again has another."""
    known = [each for each in casebook.of_subject(legal_entity, period, RUN_SUBJECT) if each.case.run == run_id]
    if known and known[-1].decision is None:  # the step was repeated
        return known[-1].case
    ordinal = f"{run_id.rsplit('-', 1)[-1]}-{len(known) + 1:02d}"
    case = Case(
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
    casebook.open(case)
    return case


class Waiting(Model):
    """Whether the workflow waits for a person, and who was told."""

    exception: str
    outcome: str
    reminder: int
    told: tuple[str, ...]


def await_decision(
    *,
    exception: str,
    token: str,
    casebook: Casebook,
    register: Register,
    directory: Directory,
    tokens: TaskTokens,
    mailer: Mailer,
    sender: str | None,
    now: datetime,
) -> Waiting:
    """Keep the token that the workflow waits under, and tell those who may decide; later calls remind, then escalate.

    Where the decision is there already, or the exception is no longer needed, the workflow is answered at once.
    """
    reminder = casebook.wait(exception, Token(token=token, given_at=instant_text(now)))
    state = _close_superseded(casebook.state(exception), casebook, register, now)
    if state.decision is not None:
        tokens.answer(token=token, document=_output(state, state.decision))
        return Waiting(exception=exception, outcome=state.status, reminder=reminder, told=())
    case = state.case
    policy = directory.policy(case.legal_entity)
    told = policy.deciders(case.amount, other_than=case.requested_by)
    if reminder >= policy.escalate_after:
        told = policy.without_limits(other_than=case.requested_by)
    if sender is not None:
        _tell(told, case, reminder, mailer=mailer, sender=sender)
    outcome = "escalated" if reminder >= policy.escalate_after else "reminded" if reminder else "waiting"
    return Waiting(exception=exception, outcome=outcome, reminder=reminder, told=tuple(each.id for each in told))


def decide_exception(
    *,
    exception: str,
    verdict: Verdict,
    decided_by: str,
    reason: str,
    casebook: Casebook,
    register: Register,
    directory: Directory,
    tokens: TaskTokens,
    now: datetime,
) -> Answer:
    """Take a person's decision, if that person may take it; the same answer twice is taken once.

    Raises NotFound where there is no such exception. What may not be decided is refused with a reason, not an error.
    """
    state = _close_superseded(casebook.state(exception), casebook, register, now)
    if state.decision is None:
        refused = _refusal(state.case, verdict, decided_by, reason, directory)
        if refused is not None:
            return refused
        decision = Decision(
            exception=exception,
            verdict=verdict,
            decided_by=decided_by,
            decided_at=instant_text(now),
            reason=reason.strip(),
            policy_version=directory.policy(state.case.legal_entity).version,
        )
        casebook.decide(decision)
        state = casebook.state(exception)
    taken = state.decision
    if taken is None:  # a decision was just kept, by this call or another
        message = f"exception {exception} has no decision"
        raise Conflict(message)
    token = casebook.last_token(exception)
    if token is not None:
        tokens.answer(token=token.token, document=_output(state, taken))
    if (taken.verdict, taken.decided_by) != (verdict, decided_by):
        said = f"{taken.verdict} by {taken.decided_by} at {taken.decided_at}: {taken.reason}"
        return Answer(
            exception=exception, outcome="refused", decision=taken, refusal=Refusal.ALREADY_DECIDED, message=said
        )
    return Answer(exception=exception, outcome="decided", decision=taken)


class Applied(Model):
    """What became of an approved invoice: `released` under a number, or `outdated`."""

    exception: str
    outcome: str
    number: str | None


def apply_decision(
    *, exception: str, casebook: Casebook, objects: Objects, register: Register, postings: Queue, deliveries: Queue
) -> Applied:
    """Release the invoice or credit note that was approved, as it was held.

    Raises Conflict where nobody approved it.
    """
    state = casebook.state(exception)
    case = state.case
    if state.decision is None or state.decision.verdict is not Verdict.APPROVED or case.kind is Kind.RUN:
        message = f"exception {exception} was not approved: nothing is released"
        raise Conflict(message)
    if case.batch is None:
        released = release_credit(
            document_id=_document(case),
            request_id=case.run,
            objects=objects,
            register=register,
            postings=postings,
            deliveries=deliveries,
        )
    else:
        released = release_held(
            run_id=case.run,
            batch_id=case.batch,
            account=case.subject,
            objects=objects,
            register=register,
            postings=postings,
            deliveries=deliveries,
        )
    if released is None:
        return Applied(exception=exception, outcome="outdated", number=None)
    return Applied(exception=exception, outcome="released", number=released.number)


def _document(case: Case) -> str:
    return f"{case.legal_entity}.{case.period}.{case.subject}"


def _refusal(case: Case, verdict: Verdict, decided_by: str, reason: str, directory: Directory) -> Answer | None:
    """Say why a decision may not be taken, or None where it may."""
    policy = directory.policy(case.legal_entity)
    person = policy.person(decided_by)
    found: tuple[Refusal, str] | None = None
    if len(reason.strip()) < LEAST_REASON:
        found = (Refusal.NO_REASON, "a decision needs a reason that the next person understands")
    elif person is None:
        found = (Refusal.UNKNOWN_PERSON, f"the policy of {case.legal_entity} does not know {decided_by!r}")
    elif person.id == case.requested_by:
        found = (Refusal.OWN_REQUEST, f"{person.id} asked for {case.run}: somebody else has to decide")
    elif verdict is Verdict.APPROVED and not case.can_approve:
        message = "there is no document to release: mend the cause and run the period again"
        found = (Refusal.NOTHING_TO_RELEASE, message)
    elif verdict is Verdict.APPROVED and not policy.role_of(person).may_approve(case.amount):
        worth = str(case.amount) if case.amount else "an amount that nobody can say"
        able = ", ".join(each.id for each in policy.deciders(case.amount, other_than=case.requested_by)) or "nobody"
        found = (Refusal.OVER_LIMIT, f"{worth} is over the limit of {person.id}; may decide: {able}")
    if found is None:
        return None
    refusal, message = found
    return Answer(exception=case.id, outcome="refused", refusal=refusal, message=message)


def _close_superseded(state: ExceptionState, casebook: Casebook, register: Register, now: datetime) -> ExceptionState:
    """End an exception that is no longer needed: its invoice was released, or a later run held it anew."""
    case = state.case
    if state.decision is not None:
        return state
    later = superseded_by(state, casebook.of_subject(case.legal_entity, case.period, case.subject))
    released = None if case.kind is Kind.RUN else register.released(_document(case))
    if later is None and released is None:
        return state
    casebook.decide(
        Decision(
            exception=case.id,
            verdict=Verdict.SUPERSEDED,
            decided_by="billproof",
            decided_at=instant_text(now),
            reason=f"released as {released.number}" if released else f"see {later}",
            policy_version=0,
        )
    )
    return casebook.state(case.id)


def _output(state: ExceptionState, decision: Decision) -> dict[str, str]:
    return {"exception": state.case.id, "kind": state.case.kind.value, "decision": decision.verdict.value}


def _tell(people: Iterable[Person], case: Case, reminder: int, *, mailer: Mailer, sender: str) -> None:
    for person in people:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = sender
        mail["To"] = person.email
        mail["Subject"] = f"{'Reminder: ' if reminder else ''}{case.kind.value} {case.id} waits for a decision"
        mail["Message-ID"] = f"<{execution_name(case.id)}.{reminder}.{person.id}@{sender.rsplit('@', 1)[-1]}>"
        worth = str(case.amount) if case.amount else "not known"
        findings = "\n".join(f"- {each.code}: {each.message}\n  {each.remedy}" for each in case.findings)
        mail.set_content(
            f"Dear {person.name},\n\n{case.id} (run {case.run}, asked for by {case.requested_by}) is held.\n"
            f"Amount: {worth}\n\n{findings}\n\n"
            f"billproof exceptions approve {case.id} --as {person.id} --reason '...'\n"
            f"billproof exceptions reject {case.id} --as {person.id} --reason '...'\n"
        )
        mailer.send(to=person.email, message=mail.as_bytes())
