"""Builds the ports of the functions over AWS, each on first use.

An adapter is imported where it is built, so that the cold start of a function pays only for what it uses.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from billproof.adapters.aws.clients import client
from billproof.breaker_ports import BreakerPorts
from billproof.usage_ports import UsagePorts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from billproof.access.service import Access
    from billproof.approvals.exception_store import ExceptionStore
    from billproof.approvals.governing import PolicyBook
    from billproof.approvals.requests import Requests
    from billproof.audit.chain import AuditChain
    from billproof.audit.restoring import Version
    from billproof.audit.stores import AuditedObjects, AuditedRecords
    from billproof.conservation.service import Stores
    from billproof.invoicing.register import Register
    from billproof.masterdata.directory import Directory
    from billproof.opening.decisions import OpeningDecisions
    from billproof.pipeline.previewing import PreviewSources
    from billproof.pipeline.run_facts import RunFacts
    from billproof.ports import CallLimits, LinkableRecords, Mailer, Objects, StoredAnswers, VersionedObjects
    from billproof.usage.reference_data import ReferenceDataCache

    Work = Callable[..., dict[str, Any]]


class Composition(BreakerPorts, UsagePorts):
    """What a handler is given; a test gives its own object with the same names."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.now(UTC)

    def _table(self, table: str) -> LinkableRecords:
        from billproof.adapters.aws.dynamodb import DynamoRecords

        return DynamoRecords(client("dynamodb"), table)

    def _records(self, store: str, table: str) -> AuditedRecords:
        from billproof.audit.stores import AuditedRecords

        return AuditedRecords(self._table(table), self.chain, store=store, owners=self._owner)

    def _owner(self, account: str) -> str | None:
        known = self.directory.account(account)
        return known.legal_entity if known else None

    @cached_property
    def _audit_table(self) -> LinkableRecords:
        return self._table(self.settings.audit_table)

    @cached_property
    def chain(self) -> AuditChain:
        """The audit chain."""
        from billproof.audit.chain import AuditChain

        return AuditChain(lambda: self._audit_table, self.now)

    def remove_key(self, subject: str) -> None:
        """Remove the key of a subject's digests; no function may."""
        from billproof.adapters.aws.erasing import remove_key

        remove_key(client("dynamodb"), self.settings.audit_table, subject)

    def remove_object(self, key: str) -> None:
        """Remove every version of an object; no function may."""
        from billproof.adapters.aws.erasing import remove_object

        remove_object(client("s3"), self.settings.data_bucket, key)

    def versions_of(self, key: str) -> Iterator[Version]:
        """Yield what the bucket keeps of an object, the newest first; no function may."""
        from billproof.adapters.aws.versions import versions_of

        return versions_of(client("s3"), self.settings.data_bucket, key)

    @cached_property
    def anchors(self) -> Objects:
        """Where the heads of the chain are kept, locked; the chain records each of them."""
        from billproof.adapters.aws.s3 import LockedObjects
        from billproof.audit.model import ANCHORED
        from billproof.audit.stores import AuditedObjects

        def until() -> datetime:
            return self.now() + self.settings.audit_retention

        locked = LockedObjects(client("s3"), self.settings.audit_bucket, mode="COMPLIANCE", until=until)
        return AuditedObjects(locked, self.chain, store=ANCHORED)

    @property
    def facts(self) -> dict[str, AuditedRecords]:
        """All facts that the chain records, by the name of their store."""
        return {
            "contracts": self.contracts,
            "invoices": self.invoices,
            "runs": self.runs,
            "exceptions": self.exception_facts,
            "decisions": self.decisions,
            "ledger": self.ledger_facts,
            "payments": self.payments,
        }

    def settle(self) -> None:
        """Tell the chain which objects of this call are stored; what does not work leaves them recorded."""
        if "chain" in self.__dict__:
            self.chain.settle()

    def _bucket(self) -> VersionedObjects:
        from billproof.adapters.aws.s3 import S3Objects

        return S3Objects(client("s3"), self.settings.data_bucket)

    @cached_property
    def objects(self) -> AuditedObjects:
        """The data bucket."""
        from billproof.audit.stores import AuditedObjects

        return AuditedObjects(self._bucket(), self.chain)

    @cached_property
    def contracts(self) -> AuditedRecords:
        """The facts of master data."""
        return self._records("contracts", self.settings.contracts_table)

    @cached_property
    def invoices(self) -> AuditedRecords:
        """The facts of invoices."""
        return self._records("invoices", self.settings.invoices_table)

    @cached_property
    def directory(self) -> Directory:
        """Master data."""
        from billproof.masterdata.directory import Directory

        return Directory(self.contracts, self.policies)

    @cached_property
    def policies(self) -> PolicyBook:
        """The policies; their table is opened when one is asked for."""
        from billproof.approvals.governing import PolicyBook

        return PolicyBook(lambda: self.decisions, self.contracts)

    @cached_property
    def opening_decisions(self) -> OpeningDecisions:
        """Who proposed and confirmed openings."""
        from billproof.opening.decisions import OpeningDecisions

        return OpeningDecisions(lambda: self.decisions)

    @cached_property
    def decisions(self) -> AuditedRecords:
        """What people decided, asked for and confirmed: only the functions of the API write it."""
        return self._records("decisions", self.settings.decisions_table)

    @cached_property
    def register(self) -> Register:
        """The register of invoices."""
        from billproof.invoicing.register import Register

        return Register(self.invoices)

    @cached_property
    def document_mailer(self) -> Mailer:
        """Outgoing mail to customers: all functions together send no faster than the account may."""
        from billproof.adapters.paced_mail import PacedMailer

        rate = self.settings.mails_a_second
        return PacedMailer(self.mailer, self._limits(burst=rate, a_second=rate))

    @cached_property
    def runs(self) -> RunFacts:
        """Billing runs, and which months are signed off."""
        from billproof.pipeline.run_facts import RunFacts

        table = self._table(self.settings.runs_table)
        return RunFacts(table, self.chain, owners=self._owner, decisions=lambda: self.decisions)

    @cached_property
    def exception_store(self) -> ExceptionStore:
        """Exceptions and their decisions."""
        from billproof.approvals.exception_store import ExceptionStore

        return ExceptionStore(self.exception_facts, self.decisions)

    @cached_property
    def requests(self) -> Requests:
        """Who asked for runs and credit notes."""
        from billproof.approvals.requests import Requests

        return Requests(self.decisions)

    @cached_property
    def exception_facts(self) -> AuditedRecords:
        """The facts of exceptions."""
        return self._records("exceptions", self.settings.exceptions_table)

    @cached_property
    def reference_data(self) -> ReferenceDataCache:
        """What validation needs: known accounts and meters."""
        from billproof.usage.reference_data import ReferenceDataCache

        return ReferenceDataCache(self.directory, self.now)

    @cached_property
    def access(self) -> Access:
        """Who may ask the API for what, by the policies in force."""
        from billproof.access.service import Access

        return Access(lambda: map(self.directory.policy, self.directory.entity_ids()), self.now)

    @cached_property
    def call_limits(self) -> CallLimits:
        """How often a caller may call."""
        return self._limits(burst=self.settings.call_burst, a_second=self.settings.calls_a_second)

    def _limits(self, **limits: int) -> CallLimits:
        from billproof.adapters.aws.limits import DynamoCallLimits

        return DynamoCallLimits(client("dynamodb"), self.settings.idempotency_table, now=self.now, **limits)

    @cached_property
    def answers(self) -> StoredAnswers:
        """What calls were answered."""
        from billproof.adapters.aws.answers import DynamoAnswers

        return DynamoAnswers(client("dynamodb"), self.settings.idempotency_table)

    def preview_sources(self) -> PreviewSources:
        """Return what a preview reads, under overlays of its own: nothing that it writes is kept."""
        from billproof.adapters.overlay import OverlayObjects, OverlayRecords
        from billproof.pipeline.previewing import PreviewSources

        return PreviewSources(
            contracts=OverlayRecords(self.contracts),
            policies=self.policies,
            invoices=self.invoices,
            runs=self.runs,
            objects=OverlayObjects(self.objects),
            buckets=self.buckets(),
            engines=self.tax_engines,
        )

    def stores(self) -> Stores:
        """Return what a proof and a conservation statement read."""
        from billproof.conservation.service import Stores

        return Stores(
            objects=self.objects,
            contracts=self.contracts,
            policies=self.policies,
            invoices=self.invoices,
            payments=self.payments,
            runs=self.runs,
            exception_store=self.exception_store,
            erps=self.erps,
            opening_decisions=self.opening_decisions,
        )

    def deliver_at_once(self, *, queue_arn: str, receipt_handle: str) -> None:
        """Let a queue deliver a message again without waiting for its time-out."""
        from billproof.adapters.aws.sqs import deliver_at_once

        deliver_at_once(client("sqs"), queue_arn=queue_arn, receipt_handle=receipt_handle)

    def once(self, function: Work, *, prefix: str, context: LambdaContext) -> Work:
        """Guard the handling of one message by powertools' idempotency."""
        from billproof.adapters.aws.idempotency import idempotency_store, once

        store = idempotency_store(client("dynamodb"), self.settings.idempotency_table)
        return once(function, prefix=prefix, store=store, context=context)


_PORTS: list[Composition] = []


def composition() -> Composition:
    """Return the ports of this Lambda process, made once."""
    if not _PORTS:
        _PORTS.append(Composition())
    return _PORTS[0]
