"""What other systems are told: one envelope (CloudEvents 1.0), and what each type of event says.

A type ends with its version. A field may be added to one; anything else is a new version, told beside the old one.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field

from billproof.model import Model
from billproof.money import Money

PREFIX = "billproof."


class InvoiceChanged(Model):
    """An invoice or credit note came into a state."""

    invoice: str = Field(description="The document's id, as the API and the command take it.")
    account: str = Field(description="Who is billed.")
    legal_entity: str = Field(description="Who bills.")
    period: str = Field(description="The month that is billed.")
    run: str | None = Field(default=None, description="The run, or the request, that made it.")
    number: str | None = Field(default=None, description="Its number, once it is released.")
    issue_date: date | None = Field(default=None, description="The day of the document, once it is released.")
    total: Money | None = Field(default=None, description="What it comes to with tax.")
    reasons: tuple[str, ...] = Field(default=(), description="Codes of the findings that hold it.")


class RunChanged(Model):
    """A billing run was started or closed."""

    run: str = Field(description="The run's id.")
    legal_entity: str = Field(description="Who bills.")
    period: str = Field(description="The month that is billed.")


class MonthChanged(Model):
    """A month was closed or reopened."""

    legal_entity: str = Field(description="Who bills.")
    period: str = Field(description="The month.")
    by: str = Field(description="Who closed it, or approved that it is reopened: a person of the policy.")
    open_points: int = Field(default=0, description="With how many open points it was closed.")


class ExceptionChanged(Model):
    """An exception was opened or decided."""

    exception: str = Field(description="The exception's id.")
    legal_entity: str = Field(description="Who bills.")
    period: str = Field(description="The month of what is held.")
    subject: str = Field(description="The account, the credit note, or _run.")
    kind: str | None = Field(default=None, description="What is held: invoice, credit_note, run, variance, reopening.")
    amount: Money | None = Field(default=None, description="What it is worth, where that is known.")
    reasons: tuple[str, ...] = Field(default=(), description="Codes of its findings.")
    verdict: str | None = Field(default=None, description="approved, rejected or superseded.")
    decided_by: str | None = Field(default=None, description="The person's id in the policy.")


class UsageRefused(Model):
    """Usage events of one call were refused, and lie in quarantine."""

    legal_entity: str | None = Field(description="Who bills their accounts; null where no account is known.")
    object: str = Field(description="Where they lie in the data bucket.")
    events: int = Field(description="How many.")
    reasons: dict[str, int] = Field(description="How many of them for each reason: docs/usage-events.md.")
    accounts: tuple[str, ...] = Field(description="The accounts that they name, 100 at most.")


class BalanceLow(Model):
    """A customer's balance fell below what the policy of the legal entity declares: an amount, or a share."""

    legal_entity: str = Field(description="Who bills.")
    account: str = Field(description="Whose balance it is.")
    balance: Money = Field(description="What is left.")
    threshold: Money = Field(description="The declared amount, or the declared share of what was left to the balance.")
    document: str = Field(description="The invoice that drew it.")


class CreditLow(Model):
    """An invoice took a contract's prepaid credit below the share that the policy of the legal entity declares."""

    legal_entity: str = Field(description="Who bills.")
    account: str = Field(description="Whose contract it is.")
    contract: str = Field(description="The contract's id.")
    credit: str = Field(description="The credit's id in the contract.")
    left: Money = Field(description="What is left of it.")
    threshold: Money = Field(description="The declared share of all that there was of it, with what rolled over to it.")
    document: str = Field(description="The invoice that drew it.")


class ContractVersionTaken(Model):
    """A version of a contract was taken: it counts from its effective date on."""

    legal_entity: str | None = Field(description="Who bills the account.")
    account: str = Field(description="Whose contract it is.")
    contract: str = Field(description="The contract's id.")
    version: int = Field(description="Which version of it was taken.")


_OF_DOCUMENTS = {
    "released": "has a number, and is on its way to the ERP and the customer",
    "posted": "is confirmed by the ERP",
    "delivered": "is kept as a PDF, and was mailed where it is to be",
}
TYPES: Mapping[str, tuple[type[Model], str]] = MappingProxyType(
    {
        "invoice.drafted.v1": (InvoiceChanged, "An invoice is drafted by a run."),
        "invoice.held.v1": (InvoiceChanged, "An invoice is held: its reasons say why."),
        **{f"invoice.{state}.v1": (InvoiceChanged, f"An invoice {said}.") for state, said in _OF_DOCUMENTS.items()},
        "invoice.paid.v1": (InvoiceChanged, "Receipts leave nothing open of an invoice."),
        "invoice.reopened.v1": (InvoiceChanged, "A paid invoice is open again: a receipt was reversed or returned."),
        "credit_note.requested.v1": (InvoiceChanged, "A credit note is asked for, and waits for a decision."),
        **{
            f"credit_note.{state}.v1": (InvoiceChanged, f"A credit note {said}.")
            for state, said in _OF_DOCUMENTS.items()
        },
        "exception.opened.v1": (ExceptionChanged, "An exception waits for a person."),
        "exception.decided.v1": (ExceptionChanged, "An exception is decided, or no longer needed."),
        "run.started.v1": (RunChanged, "A billing run is started."),
        "run.closed.v1": (RunChanged, "A billing run is closed: its statement is there."),
        "month.closed.v1": (MonthChanged, "A month is closed: it takes no run and no document that is dated in it."),
        "month.reopened.v1": (MonthChanged, "A closed month is open again: two people decided it."),
        "usage.refused.v1": (UsageRefused, "Usage events are refused."),
        "balance.low.v1": (BalanceLow, "A customer's balance falls below the declared amount, or the declared share."),
        "credit.low.v1": (CreditLow, "A contract's prepaid credit falls below the declared share."),
        "contract.version_taken.v1": (ContractVersionTaken, "A version of a contract is taken."),
    }
)
"""Every type without its prefix: what its events say, and when one is told."""
TYPE_NAMES = frozenset(PREFIX + name for name in TYPES)


class OutboundEvent(Model):
    """A CloudEvent 1.0 in its JSON format. It may come twice: `id` is then the same."""

    specversion: Literal["1.0"] = Field(default="1.0", description="Of CloudEvents.")
    id: str = Field(description="Names the event for ever: what comes twice has the same id.")
    source: str = Field(description="/legal-entities/<id>, or /billproof where there is none.")
    type: str = Field(description="What happened, with the version of what data says.")
    subject: str = Field(description="What it happened to.")
    time: str = Field(description="When it was recorded, in UTC.")
    datacontenttype: Literal["application/json"] = Field(default="application/json", description="Of data.")
    dataschema: str = Field(description="The $id of the schema of data.")
    partitionkey: str = Field(description="The chain that recorded it: within it, events have an order.")
    sequence: str = Field(description="Its place in that order, as text that sorts.")
    data: dict[str, Any] = Field(description="What the type of the event says.")

    @property
    def legal_entity(self) -> str | None:
        """Who bills what it is about; None where nobody is known to."""
        return self.data.get("legal_entity")


def type_name(family: str, state: str) -> str:
    """Return the name of a type of event, without its prefix, in its first version."""
    return f"{family}.{state}.v1"


def schema_id(event_type: str) -> str:
    """Return the $id of the schema of an event's data."""
    return f"urn:billproof:schema:{event_type}"
