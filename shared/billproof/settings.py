"""The settings of a function, read from its environment on first use, with clear errors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from billproof.errors import InvalidInput

if TYPE_CHECKING:
    from billproof.letters import QueuePair

LOCK_MODES = ("GOVERNANCE", "COMPLIANCE")
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of a function; each property is read when it is asked for."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def _text(self, name: str) -> str:
        value = self.environ.get(name, "")
        if not value:
            message = f"the environment variable {name} is not set"
            raise InvalidInput(message)
        return value

    def _number(self, name: str, *, least: int, most: int) -> int:
        text = self._text(name)
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            message = f"{name} is {text!r}: it must be a whole number from {least} to {most}"
            raise InvalidInput(message)
        return int(text)

    @property
    def data_bucket(self) -> str:
        """The bucket of the usage log, the artefacts and the documents."""
        return self._text("DATA_BUCKET")

    @property
    def contracts_table(self) -> str:
        """The table of master data."""
        return self._text("CONTRACTS_TABLE")

    @property
    def invoices_table(self) -> str:
        """The table of the register of invoices."""
        return self._text("INVOICES_TABLE")

    @property
    def ledger_table(self) -> str:
        """The table of the embedded ledger."""
        return self._text("LEDGER_TABLE")

    @property
    def payments_table(self) -> str:
        """The table of receipts and what they pay."""
        return self._text("PAYMENTS_TABLE")

    @property
    def payment_events_queue(self) -> str:
        """The queue of what banks and gateways say arrived."""
        return self._text("PAYMENT_EVENTS_QUEUE_URL")

    @property
    def runs_table(self) -> str:
        """The table of billing runs."""
        return self._text("RUNS_TABLE")

    @property
    def exceptions_table(self) -> str:
        """The table of exceptions and their decisions."""
        return self._text("EXCEPTIONS_TABLE")

    @property
    def audit_table(self) -> str:
        """The table of the audit chain."""
        return self._text("AUDIT_TABLE")

    @property
    def audit_bucket(self) -> str:
        """The bucket of the anchors of the audit chain, and of issued documents."""
        return self._text("AUDIT_BUCKET")

    @property
    def archive_lock_mode(self) -> str:
        """How issued documents are locked: GOVERNANCE, which a person with a right of its own ends, or COMPLIANCE."""
        mode = self._text("ARCHIVE_LOCK_MODE")
        if mode not in LOCK_MODES:
            message = f"ARCHIVE_LOCK_MODE is {mode!r}: it must be one of {', '.join(LOCK_MODES)}"
            raise InvalidInput(message)
        return mode

    @property
    def audit_retention(self) -> timedelta:
        """For how long an anchor cannot be removed."""
        return timedelta(days=self._number("AUDIT_RETENTION_DAYS", least=1, most=36_500))

    @property
    def decisions_table(self) -> str:
        """The table of what people decided, asked for and confirmed."""
        return self._text("DECISIONS_TABLE")

    @property
    def events_bus(self) -> str:
        """The bus that other systems listen to."""
        return self._text("EVENTS_BUS")

    @property
    def events_table(self) -> str:
        """The table of how far events are published, and of what webhooks were sent."""
        return self._text("EVENTS_TABLE")

    @property
    def webhook_deliveries_queue(self) -> str:
        """The URL of the queue of deliveries to endpoints."""
        return self._text("WEBHOOK_DELIVERIES_QUEUE_URL")

    @property
    def webhook_dead_letters(self) -> str:
        """The URL of the queue of deliveries that were given up."""
        return self._text("WEBHOOK_DEAD_LETTERS_URL")

    @property
    def webhook_key_secret(self) -> str:
        """The secret with the key that the secrets of endpoints are derived from."""
        return self._text("WEBHOOK_KEY_ARN")

    @property
    def idempotency_table(self) -> str:
        """The table of what is forgotten: powertools' idempotency records, and how often callers called."""
        return self._text("IDEMPOTENCY_TABLE")

    @property
    def calls_a_second(self) -> int:
        """How many calls of the API a second a caller may make."""
        return self._number("CALLS_A_SECOND", least=1, most=1_000)

    @property
    def call_burst(self) -> int:
        """How many calls of the API a caller may make at once."""
        return self._number("CALL_BURST", least=1, most=10_000)

    @property
    def usage_events_queue(self) -> str:
        """The URL of the usage-events queue."""
        return self._text("USAGE_EVENTS_QUEUE_URL")

    @property
    def postings_queue(self) -> str:
        """The URL of the erp-postings queue."""
        return self._text("POSTINGS_QUEUE_URL")

    @property
    def deliveries_queue(self) -> str:
        """The URL of the deliveries queue."""
        return self._text("DELIVERIES_QUEUE_URL")

    @property
    def einvoices_queue(self) -> str:
        """The URL of the queue of documents whose electronic form is to be made."""
        return self._text("EINVOICES_QUEUE_URL")

    @property
    def billing_run_arn(self) -> str:
        """The state machine billing_run."""
        return self._text("BILLING_RUN_ARN")

    @property
    def invoice_exception_arn(self) -> str:
        """The state machine invoice_exception."""
        return self._text("INVOICE_EXCEPTION_ARN")

    @property
    def reconciliation_arn(self) -> str:
        """The state machine reconciliation."""
        return self._text("RECONCILIATION_ARN")

    @property
    def sender(self) -> str | None:
        """The address that invoices are mailed from; None where they are only kept."""
        return self.environ.get("SENDER_ADDRESS") or None

    @property
    def mails_a_second(self) -> int:
        """How many mails a second the account may send, each counted by its recipients."""
        return self._number("MAILS_A_SECOND", least=1, most=1_000)

    @property
    def customer_page_url(self) -> str:
        """Where the pages of customers are; empty where the stack has none."""
        return self.environ.get("CUSTOMER_PAGE_URL", "")

    @property
    def stripe_secret(self) -> str | None:
        """The secret with the key of Stripe Tax; None where it is not used."""
        return self.environ.get("STRIPE_SECRET_ARN") or None

    @property
    def stripe_webhooks_secret(self) -> str | None:
        """The secret with what Stripe signs its webhooks with; None where it is not used."""
        return self.environ.get("STRIPE_WEBHOOKS_SECRET_ARN") or None

    @property
    def stripe_payments_secret(self) -> str | None:
        """The secret with the keys of the gateways at Stripe; None where there are none."""
        return self.environ.get("STRIPE_PAYMENTS_SECRET_ARN") or None

    @property
    def tryton_secret(self) -> str | None:
        """The secret with the address and the key of Tryton; None where it is not used."""
        return self.environ.get("TRYTON_SECRET_ARN") or None

    @property
    def breaker_mappings(self) -> dict[str, str]:
        """The event source mappings of the queues that wait for counterparts, by the names of the queues."""
        return {
            "erp-postings": self._text("ERP_POSTINGS_MAPPING"),
            "payment-events": self._text("PAYMENT_EVENTS_MAPPING"),
            "crm-events": self._text("CRM_EVENTS_MAPPING"),
        }

    @property
    def queue_pairs(self) -> dict[str, QueuePair]:
        """The work queues with their dead-letter queues and logs, by the names of the queues."""
        from billproof.letters import QueuePair

        pairs = json.loads(self._text("QUEUE_PAIRS"))
        return {name: QueuePair(queue=queue, dead=dead, log=log) for name, (queue, dead, log) in pairs.items()}

    @property
    def sap_secret(self) -> str | None:
        """The secret with the address, the client and the credentials of SAP; None where it is not used."""
        return self.environ.get("SAP_SECRET_ARN") or None

    @property
    def salesforce_secret(self) -> str | None:
        """The secret with the address and the client of Salesforce; None where it is not used."""
        return self.environ.get("SALESFORCE_SECRET_ARN") or None

    @property
    def hubspot_secret(self) -> str | None:
        """The secret with the token and the client secret of HubSpot; None where it is not used."""
        return self.environ.get("HUBSPOT_SECRET_ARN") or None

    @property
    def crm_events_queue(self) -> str:
        """The URL of the queue of hints that orders of a CRM changed."""
        return self._text("CRM_EVENTS_QUEUE_URL")

    @property
    def bucket_count(self) -> int:
        """Into how many buckets ingestion cuts the usage log from now on; what is in force is recorded in the log."""
        return self._number("BUCKET_COUNT", least=1, most=10_000)

    @property
    def grace(self) -> timedelta:
        """How long after its last day a period still accepts events."""
        return timedelta(hours=self._number("CUT_OFF_GRACE_HOURS", least=0, most=720))

    @property
    def most_age(self) -> timedelta:
        """How long before its receipt an event may have happened, unless a meter accepts older ones."""
        return timedelta(days=self._number("EVENT_AGE_DAYS", least=1, most=36_500))

    @property
    def unbilled_every(self) -> timedelta | None:
        """How often what is not billed yet is measured; None for never."""
        minutes = self._number("UNBILLED_EVERY_MINUTES", least=0, most=1_440)
        return timedelta(minutes=minutes) if minutes else None

    @property
    def part_size(self) -> int:
        """Of more accounts than this the planning of a run is divided over parts of so many."""
        return self._number("PART_SIZE", least=1, most=20_000)

    @property
    def batch_size(self) -> int:
        """How many accounts one batch holds."""
        return self._number("BATCH_SIZE", least=1, most=1_000)

    @property
    def max_concurrency(self) -> int:
        """How many batches run at once."""
        return self._number("BATCH_CONCURRENCY", least=1, most=1_000)
