"""What waits before it is released: an invoice that a run held back, and a credit note that a person asked for."""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from billproof.findings import Finding
from billproof.invoicing.model import BillingSlot, DocumentRef
from billproof.model import Model


class HeldInvoice(Model):
    """The fact that a run held an invoice back: its document, if it has one, the slots that it wants, and why."""

    invoice: str
    account: str
    run: str
    document: DocumentRef | None
    places: tuple[BillingSlot, ...] = ()
    findings: tuple[Finding, ...]

    @model_validator(mode="before")
    @classmethod
    def _without_request(cls, fields: Any) -> Any:
        """Read what was stored until 25 November 2026: it had an empty field for the request of a credit note."""
        if isinstance(fields, Mapping) and fields.get("request_digest", "") is None:
            return {name: value for name, value in fields.items() if name != "request_digest"}
        return fields


class RequestedCredit(Model):
    """The fact that a person asked for a credit note or write-off: it is drafted, and waits for a decision.

    `invoice` is the document's own id. `request` is the requester's name for it, stored as `run`, and `request_digest`
    tells the same request from another one under its name.
    """

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    invoice: str
    account: str
    request: str = Field(alias="run")
    request_digest: str
    document: DocumentRef
    places: tuple[BillingSlot, ...] = ()
    findings: tuple[Finding, ...]
