"""What became of a mail after it was taken: bounces and complaints are facts beside the invoice."""

from enum import StrEnum

from billproof.errors import NotFound
from billproof.ids import shown
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.register import Register
from billproof.model import Model
from billproof.store_keys import FactName


class ProblemKind(StrEnum):
    """Why an invoice did not reach its customer, not yet, or is not wanted there; `unfit` is of its electronic form."""

    REFUSED = "refused"
    UNFIT = "unfit"
    REJECTED = "rejected"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    DELAYED = "delayed"


class DeliveryProblem(Model):
    """A mail that did not arrive or was complained of; `invoice` is None for a mail that carries none."""

    kind: ProblemKind
    invoice: str | None
    mail: str
    happened_at: str | None
    reason: str

    @property
    def is_over(self) -> bool:
        """Whether nothing more is tried: what is delayed may still arrive."""
        return self.kind is not ProblemKind.DELAYED

    @property
    def fact(self) -> str:
        """The name of the fact: an event that is told twice is one fact."""
        return str(FactName(self.kind, self.mail))


class RecordOutcome(StrEnum):
    """What became of an event."""

    RECORDED = "recorded"
    KNOWN = "known"
    NO_INVOICE = "no_invoice"


class Recorded(Model):
    """Whether an event became a fact."""

    outcome: RecordOutcome
    kind: ProblemKind
    invoice: str | None


def record_delivery_problem(problem: DeliveryProblem, *, register: Register) -> Recorded:
    """Keep a problem beside its invoice; one that is known changes nothing.

    Raises NotFound where there is no such invoice: the event is for a person to look at.
    """
    if problem.invoice is None:
        return Recorded(outcome=RecordOutcome.NO_INVOICE, kind=problem.kind, invoice=None)
    if register.released(problem.invoice) is None:
        message = f"invoice {shown(problem.invoice)} is not released"
        raise NotFound(message)
    is_new = register.add(problem.invoice, problem.fact, problem)
    outcome = RecordOutcome.RECORDED if is_new else RecordOutcome.KNOWN
    return Recorded(outcome=outcome, kind=problem.kind, invoice=problem.invoice)


def delivery_problems(facts: InvoiceFacts) -> list[DeliveryProblem]:
    """Return the problems of an invoice's mails, by kind and mail."""
    return [DeliveryProblem.model_validate(facts.facts[name]) for name in facts.names(*ProblemKind)]
