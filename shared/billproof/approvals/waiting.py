"""Wait for a decision: store the task token; notify, remind and escalate to those who may decide.

A decision is a fact before the workflow hears of it: where the answer is lost, the workflow finds the fact when its
wait ends, and answering twice is harmless.
"""

from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from billproof.approvals.entitlement import able_people
from billproof.approvals.exception_store import ExceptionStore, Token, execution_name
from billproof.approvals.model import ExceptionRecord, WaitOutcome
from billproof.approvals.policy import Person
from billproof.approvals.superseding import close_superseded, output_of
from billproof.errors import ExternalServiceUnavailable, MailRefused
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.periods import instant_text
from billproof.ports import Mailer, TaskTokens


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

    Those are the people whose limits are not used up; where there are none, whoever has no limit is told at once.

    A mail that is not taken fails no wait: it is counted, and the exception is listed as open all the same. Where the
    decision is there already, or the exception is no longer needed, the workflow is answered at once. Raises
    NotFound where there is no such exception: nothing is kept then.
    """
    exception_store.state(exception)
    reminder = exception_store.wait(exception, Token(token=token, given_at=instant_text(now)))
    state = close_superseded(exception_store.state(exception), exception_store, register, now)
    if state.decision is not None:
        tokens.answer(token=token, document=output_of(state, state.decision))
        return Waiting(exception=exception, outcome=WaitOutcome(state.decision.verdict), reminder=reminder, told=())
    opened = state.opened
    history = directory.policies.history(opened.legal_entity)
    policy = directory.policy(opened.legal_entity)
    is_late = reminder >= policy.escalate_after
    people = [] if is_late else able_people(opened, history=history, limits=exception_store.limits, at=now)
    people = people or policy.without_limits(other_than=opened.requested_by)
    failed = [] if sender is None else _tell(people, opened, reminder, mailer=mailer, sender=sender)
    outcome = WaitOutcome.REMINDED if reminder else WaitOutcome.WAITING
    return Waiting(
        exception=exception,
        outcome=WaitOutcome.ESCALATED if is_late else outcome,
        reminder=reminder,
        told=tuple(person.id for person in people if person not in failed),
        mails_failed=len(failed),
    )


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
            f"billproof exceptions approve {opened.id} --reason '...'\n"
            f"billproof exceptions reject {opened.id} --reason '...'\n"
        )
        try:
            mailer.send(to=person.email, message=mail.as_bytes())
        except (MailRefused, ExternalServiceUnavailable):
            failed.append(person)
    return failed
