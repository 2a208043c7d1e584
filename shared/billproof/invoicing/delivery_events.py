"""What became of a mail after it was taken: bounces and complaints are facts beside the invoice.

address not written to again | problem beside the invoice
                             ^ died here: the event is told again, and both are as before
"""

import operator
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from billproof.errors import NotFound
from billproof.identities import InvoiceId
from billproof.ids import shown
from billproof.invoicing.addresses import FailedAddress, plain_address
from billproof.invoicing.facts import DELIVERED, RESENT, InvoiceFacts
from billproof.invoicing.openings import OPENING
from billproof.invoicing.register import Register
from billproof.model import Model
from billproof.store_keys import FactName


class ProblemKind(StrEnum):
    """Why an invoice did not reach its customer, not yet, or is not wanted there.

    `unfit` is of its electronic form; `unreachable` says that every address of the customer is one that fails.
    """

    REFUSED = "refused"
    UNFIT = "unfit"
    REJECTED = "rejected"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    DELAYED = "delayed"
    UNREACHABLE = "unreachable"


class DeliveryProblem(Model):
    """A mail that did not arrive or was complained of; `invoice` is None for a mail that carries none.

    `recipients` are the addresses that the event names, `failed` those of them that are not written to again. Of a
    reminder it is kept beside the first invoice that the mail was of, and says nothing of that invoice's own mail.
    """

    kind: ProblemKind
    invoice: str | None
    mail: str
    happened_at: str | None
    reason: str
    recipients: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    failed: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    is_reminder: bool = Field(default=False, exclude_if=operator.not_)

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
    """Keep a problem beside its invoice, and which addresses are not written to again; known ones change nothing.

    Raises NotFound where there is no such invoice: the event is for a person to look at.
    """
    if problem.invoice is None:
        return Recorded(outcome=RecordOutcome.NO_INVOICE, kind=problem.kind, invoice=None)
    if register.released(problem.invoice) is None and not _was_taken_over(problem.invoice, register):
        message = f"invoice {shown(problem.invoice)} is not released"
        raise NotFound(message)
    for address in problem.failed:
        failed = FailedAddress(
            address=plain_address(address),
            why=f"{problem.kind}: {problem.reason}",
            mail=problem.mail,
            invoice=problem.invoice,
            happened_at=problem.happened_at or "",
        )
        register.addresses.fail(InvoiceId.parse(problem.invoice).legal_entity, failed)
    is_new = register.add(problem.invoice, problem.fact, problem)
    outcome = RecordOutcome.RECORDED if is_new else RecordOutcome.KNOWN
    return Recorded(outcome=outcome, kind=problem.kind, invoice=problem.invoice)


def _was_taken_over(invoice: str, register: Register) -> bool:
    """Say whether an invoice is one of the system of before: reminders are of these, too."""
    identity = InvoiceId.parse(invoice)
    is_named_so = identity.period.startswith(f"{OPENING}:")
    return is_named_so and register.openings.in_effect(identity.legal_entity) is not None


def delivery_problems(facts: InvoiceFacts) -> list[DeliveryProblem]:
    """Return the problems of an invoice's mails, by kind and mail."""
    return [DeliveryProblem.model_validate(facts.facts[name]) for name in facts.names(*ProblemKind)]


def why_undelivered(facts: InvoiceFacts) -> str:
    """Say why a released document has reached nobody so far, or nothing where it did or was only to be kept.

    It reached somebody where more mails with it went to an address than were reported as bounced or rejected there. A
    mail that is complained of or delayed is one that arrives.
    """
    problems = delivery_problems(facts)
    if not facts.is_delivered:
        own = (one for one in reversed(problems) if not one.is_reminder)
        return next((f"{one.kind}: {one.reason}" for one in own), "it was not delivered yet")
    sent = Counter(_sent_to(facts))
    unreachable = [one for one in problems if one.kind is ProblemKind.UNREACHABLE]
    if not sent:
        return unreachable[-1].reason if unreachable else ""
    lost = [one for one in problems if one.kind in {ProblemKind.BOUNCED, ProblemKind.REJECTED} and not one.is_reminder]
    primary = next(iter(sent))
    sent.subtract(plain_address(address) for one in lost for address in one.recipients or (primary,))
    return f"{lost[-1].kind}: {lost[-1].reason}" if lost and max(sent.values()) <= 0 else ""


def _sent_to(facts: InvoiceFacts) -> Iterator[str]:
    """Yield the address of each mail that a document went out with, the first one's first."""
    for name in (DELIVERED, *facts.names(RESENT)):
        sending = facts.facts[name]
        if sending["mailed_to"]:
            for address in (sending["mailed_to"], *sending.get("copied_to", ())):
                yield plain_address(address)
