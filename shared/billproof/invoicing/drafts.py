"""Drafts of a batch, and what release did with them."""

from datetime import date
from enum import StrEnum

from billproof.findings import Finding
from billproof.invoicing.model import BillingSlot, DocumentRef
from billproof.model import Model
from billproof.periods import Period
from billproof.usage.model import EventCounts


class DraftOutcome(StrEnum):
    """What release will do with a draft."""

    CLEAN = "clean"
    HELD = "held"
    WITHOUT_CONTRACT = "without_contract"


class Draft(Model):
    """A drafted invoice: its document, or the findings that say why there is none; `places` are the slots it wants.

    `issue_date` is null where it is that of the batch. `revenue_categories` are those of its lines; drafts of before
    have none.
    """

    account: str
    invoice: str
    outcome: DraftOutcome
    document: DocumentRef | None
    events: EventCounts
    late_events: EventCounts
    places: tuple[BillingSlot, ...]
    findings: tuple[Finding, ...]
    issue_date: date | None = None
    revenue_categories: tuple[str, ...] = ()


class BatchDrafts(Model):
    """The drafts of a batch."""

    run: str
    batch: str
    legal_entity: str
    number_prefix: str
    period: Period
    issue_date: date
    numbers_zero_invoices: bool = True
    drafts: tuple[Draft, ...]

    def issue_date_of(self, draft: Draft) -> date:
        """Return the day for which a draft was drafted."""
        return draft.issue_date or self.issue_date


class ReleasedInvoice(Model):
    """What release did with one draft; `changed` where a released invoice would now come out otherwise."""

    invoice: str
    account: str
    outcome: str
    number: str | None = None
    changed: bool = False


class BatchReleases(Model):
    """What release did with a batch."""

    run: str
    batch: str
    invoices: tuple[ReleasedInvoice, ...]
