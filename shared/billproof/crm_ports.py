"""The ports of CRMs: those that are configured, by name. Each is built on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.outgoing import Outgoing

if TYPE_CHECKING:
    from datetime import datetime

    from billproof.approvals.exception_store import ExceptionStore
    from billproof.crm.port import Crm
    from billproof.crm.syncing import CrmSources
    from billproof.masterdata.directory import Directory
    from billproof.ports import Queue


class CrmPorts(Outgoing):
    """What takes the orders of CRMs in."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        raise NotImplementedError

    @cached_property
    def directory(self) -> Directory:
        """Master data."""
        raise NotImplementedError

    @cached_property
    def exception_store(self) -> ExceptionStore:
        """Exceptions and their decisions."""
        raise NotImplementedError

    @cached_property
    def crm_events(self) -> Queue:
        """The crm-events queue."""
        from billproof.adapters.aws.sqs import SqsQueue

        return SqsQueue(client("sqs"), self.settings.crm_events_queue)

    @cached_property
    def crms(self) -> dict[str, Crm]:
        """The CRMs that are configured, by the name that their mapping has."""
        from billproof.adapters.aws.secrets import read_secret

        crms: dict[str, Crm] = {}
        if self.settings.salesforce_secret is not None:
            from billproof.adapters.salesforce import rest

            crms["salesforce"] = rest.connected(read_secret(client("secretsmanager"), self.settings.salesforce_secret))
        return crms

    def crm_sources(self, *, sender: str) -> CrmSources:
        """Return what taking a message of a CRM reads and writes, as of now."""
        from billproof.contracts.history import Receipt
        from billproof.crm.syncing import CrmSources
        from billproof.crm.waiting import CrmExceptions
        from billproof.periods import instant_text

        now = self.now()
        return CrmSources(
            directory=self.directory,
            crms=self.crms,
            exceptions=CrmExceptions(self.exception_store, self.exceptions, now),
            queue=lambda: self.crm_events,
            receipt=Receipt(received_at=instant_text(now), sender=sender),
        )
