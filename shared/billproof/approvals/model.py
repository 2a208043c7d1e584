"""An exception, its decision, and the reasons why a decision is refused."""

import operator
from enum import StrEnum

from pydantic import Field

from billproof.callers import Identity
from billproof.findings import Finding
from billproof.model import Day, Model, Whole
from billproof.money import Money

RUN_SUBJECT = "_run"
"""The subject of an exception about a whole run; no account's name begins so."""
REOPENING_SUBJECT = "_reopening"
"""The subject of an exception about a month that is to be reopened."""


class Kind(StrEnum):
    """What is held."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    RUN = "run"
    VARIANCE = "variance"
    """A difference that a reconciliation found: approved, it is an open point of its month."""
    REOPENING = "reopening"
    """A month that is signed off and is to be reopened."""

    CONTRACT = "contract"
    """An order of a CRM that cannot become a contract, or differs from the one that is billed."""

    ACCOUNT = "account"
    """Two accounts that may be one customer: approved, they are two."""

    @property
    def is_document(self) -> bool:
        """Whether a document is held, which an approval releases."""
        return self in {Kind.INVOICE, Kind.CREDIT_NOTE}


class ExceptionRecord(Model):
    """An exception as it was raised: what is held and why, what it is worth, and who asked for it."""

    id: str
    kind: Kind
    legal_entity: str
    period: str
    subject: str
    run: str
    batch: str | None
    requested_by: str
    amount: Money | None
    findings: tuple[Finding, ...]
    can_approve: bool
    opened_at: str


class Verdict(StrEnum):
    """What was decided. Rejecting an invoice leaves it held; rejecting a run plans it again, with what has arrived."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class Decision(Model):
    """Who decided what, when, why, and under which version of the policy.

    `identity` is how the person called; null in decisions from before people had identities. `incident` is what the
    person took the decision for, where it was taken together with others: it gives no right that the person lacks.
    """

    exception: str
    verdict: Verdict
    decided_by: str
    decided_at: str
    reason: str
    policy_version: int
    identity: Identity | None = None
    incident: str = Field(default="", exclude_if=operator.not_)


class Refusal(StrEnum):
    """Why a decision was not taken."""

    ALREADY_DECIDED = "already_decided"
    UNKNOWN_PERSON = "unknown_person"
    OWN_REQUEST = "own_request"
    OWN_POLICY = "own_policy"
    OVER_LIMIT = "over_limit"
    NOTHING_TO_RELEASE = "nothing_to_release"
    NO_REASON = "no_reason"


class AnswerOutcome(StrEnum):
    """Whether a decision was taken."""

    DECIDED = "decided"
    REFUSED = "refused"


class Answer(Model):
    """What came of an attempt to decide: `decided`, or `refused` with the reason and a remedy."""

    exception: str
    outcome: AnswerOutcome
    decision: Decision | None = None
    refusal: Refusal | None = None
    message: str = ""

    @property
    def is_superseded(self) -> bool:
        """Whether the exception was no longer needed: its document was released, or held again by a later run."""
        return self.decision is not None and self.decision.verdict is Verdict.SUPERSEDED


class ExceptionState(Model):
    """An exception as it stands.

    `assignee` is the person who looks after it, and `snoozed_until` the day on which it is back in the work list, as
    somebody noted; neither decides anything.
    """

    opened: ExceptionRecord
    status: str
    decision: Decision | None
    reminders: int
    assignee: str | None = None
    snoozed_until: Day | None = None
    notes: Whole = 0


class WaitOutcome(StrEnum):
    """What became of a wait: who was told, or how the exception was decided already."""

    WAITING = "waiting"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class CreditRequested(Model):
    """The credit note that waits for approval: its id, what it comes to, and the exception that a person decides."""

    document: str
    exception: str
    gross: Money
    outcome: WaitOutcome
