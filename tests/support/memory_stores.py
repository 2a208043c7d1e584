"""Everything that billproof stores, sends and asks, in memory; the use cases over it are those of `World`."""

from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from billproof.access.service import Access
from billproof.adapters.ledger.embedded import EmbeddedLedger
from billproof.adapters.overlay import OverlayObjects, OverlayRecords
from billproof.approvals.exception_store import ExceptionStore
from billproof.approvals.governing import PolicyBook, PolicyConfirmation, PublishedPolicy
from billproof.approvals.policy import FORMAT, Policy
from billproof.approvals.requests import Requests
from billproof.audit.chain import AuditChain
from billproof.audit.keys import key_place
from billproof.audit.model import ANCHORED
from billproof.breakers import FailuresInARow, Probe
from billproof.callers import IAM, Identity
from billproof.conservation.service import Stores
from billproof.erp.port import Erp, PostedDocument
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.links import CustomerPages
from billproof.invoicing.model import Invoice
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import EMBEDDED_LEDGER, TaxEngineName
from billproof.opening.decisions import OpeningDecisions
from billproof.payments.account_names import AccountNames
from billproof.periods import instant_text
from billproof.pipeline.previewing import PreviewSources
from billproof.ports import Document, Key
from billproof.settings import Settings
from billproof.tax.port import TaxEngine
from billproof.usage.buckets import Buckets
from billproof.usage.ingestion import Acceptance, Message, ingest_usage
from billproof.usage.model import Ingested
from billproof.usage.reference_data import ReferenceDataCache
from tests.support.audited import AuditedMemoryObjects, AuditedMemoryRecords, MemoryRunFacts
from tests.support.breakers import MemoryBreakers, MemoryConsumers
from tests.support.fakes import (
    MemoryAnswers,
    MemoryArchive,
    MemoryCallLimits,
    MemoryDeadLetters,
    MemoryFileLinks,
    MemoryMailer,
    MemoryQueue,
    MemoryRecords,
    MemoryTokens,
    MemoryWorkflows,
    copied,
    run_once,
)
from tests.support.payment_stores import PaymentStores

FACTS = ("contracts", "invoices", "ledger", "runs", "exceptions", "decisions", "payments")
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
FOUNDER = Identity(issuer=IAM, subject="arn:aws:iam::000000000000:user/founder")
CONFIRMER = Identity(issuer=IAM, subject="arn:aws:iam::000000000000:user/confirmer")


MAPPINGS = {
    "ERP_POSTINGS_MAPPING": "mapping of erp-postings",
    "PAYMENT_EVENTS_MAPPING": "mapping of payment-events",
    "CRM_EVENTS_MAPPING": "mapping of crm-events",
}


class MemoryStores(PaymentStores):
    """A port for everything outside, each over a fake, and the clock that all use cases are handed."""

    def __init__(self, *, moment: datetime, buckets: int, batch_size: int) -> None:
        self.counts: tuple[int, ...] = (buckets,)
        self.batch_size = batch_size
        self.audit = MemoryRecords()
        self.chain = AuditChain(lambda: self.audit, self.now)
        self.anchors = AuditedMemoryObjects(self.chain, store=ANCHORED)
        self.objects = AuditedMemoryObjects(self.chain)
        self.records = {name: AuditedMemoryRecords(self.chain, store=name, owners=self._owner) for name in FACTS}
        self.records["runs"] = MemoryRunFacts(self.chain, owners=self._owner, decisions=self.records["decisions"])
        self.policies = PolicyBook(lambda: self.records["decisions"], self.records["contracts"])
        self.directory = Directory(self.records["contracts"], self.policies)
        self.requests = Requests(self.records["decisions"])
        self.register = Register(self.records["invoices"])
        self.opening_decisions = OpeningDecisions(lambda: self.records["decisions"])
        self.runs, self.decisions = self.records["runs"], self.records["decisions"]
        self.invoices = self.records["invoices"]
        self.ledger = EmbeddedLedger(self.records["ledger"])
        self.erps: dict[str, Erp] = {EMBEDDED_LEDGER: self.ledger}
        self.usage_events, self.payment_events = MemoryQueue(), MemoryQueue()
        self.postings = MemoryQueue()
        self.deliveries = MemoryQueue()
        self.einvoices = MemoryQueue()
        self.mailer = self.document_mailer = MemoryMailer()
        self.billing_runs = MemoryWorkflows()
        self.exceptions = MemoryWorkflows()
        self.tokens = MemoryTokens()
        self.tax_engines: dict[TaxEngineName, TaxEngine] = {}
        self.exception_store = ExceptionStore(self.records["exceptions"], self.records["decisions"])
        self.once = run_once
        self.settings = Settings(
            {
                "BUCKET_COUNT": str(buckets),
                "BATCH_SIZE": str(batch_size),
                "BATCH_CONCURRENCY": "1",
                "PART_SIZE": "5000",
                "CUT_OFF_GRACE_HOURS": "24",
                "EVENT_AGE_DAYS": "400",
                "UNBILLED_EVERY_MINUTES": "60",
            }
            | MAPPINGS
        )
        self.delivered_at_once: list[tuple[str, str]] = []
        self._set_up_what_follows()
        self._sent = 0
        self.moment = moment
        self.reference_data = ReferenceDataCache(self.directory, self.now)
        self.account_names = AccountNames(self.directory, self.now)
        self.call_limits = MemoryCallLimits()
        self.answers = MemoryAnswers()
        self.access = Access(lambda: map(self.directory.policy, self.directory.entity_ids()), self.now)

    def _set_up_what_follows(self) -> None:
        self.customer_pages: CustomerPages | None = None
        self.file_links, self.archive = MemoryFileLinks(), MemoryArchive()
        self.reconciliations = MemoryWorkflows()
        self.dead_letters = MemoryDeadLetters()
        self.breakers = MemoryBreakers()
        self.consumers = MemoryConsumers()
        self.failures = FailuresInARow(lambda: self.breakers)
        self.probes: dict[str, Probe] = {}

    def buckets(self) -> Buckets:
        return Buckets(self.counts)

    @property
    def written_buckets(self) -> Buckets:
        return self.buckets()

    def _owner(self, account: str) -> str | None:
        known = self.directory.account(account)
        return known.legal_entity if known else None

    @property
    def facts(self) -> dict[str, AuditedMemoryRecords]:
        return self.records

    def remove_key(self, subject: str) -> None:
        del self.audit.items[key_place(subject)]
        self.chain.forget()

    def remove_object(self, key: str) -> None:
        del self.objects.items[key]

    def put_by_another(self, key: str, version: str) -> bytes:
        data = self.objects.get(key)
        self.objects.record(key, data)
        return data

    def deliver_at_once(self, *, queue_arn: str, receipt_handle: str) -> None:
        self.delivered_at_once.append((queue_arn.rsplit(":", 1)[-1], receipt_handle))

    def settle(self) -> None:
        """What a function does at the end of a call: tell the chain which objects are stored."""
        assert not self.chain.settle()

    def take_after(self, other: "MemoryStores") -> None:
        """Hold what another one stores, has sent and remembers; what becomes of it then is of this one alone."""
        for name, records in self.records.items():
            records.items = _copied_items(other.records[name].items)
        self.audit.items = _copied_items(other.audit.items)
        for mine, theirs in ((self.objects, other.objects), (self.anchors, other.anchors)):
            mine.items, mine._recorded = dict(theirs.items), dict(theirs._recorded)
        self.archive.items, self.archive.until = dict(other.archive.items), dict(other.archive.until)
        for name in ("_heads", "_written", "_void"):
            setattr(self.chain, name, deepcopy(getattr(other.chain, name)))
        for queue in ("usage_events", "payment_events", "postings", "deliveries"):
            getattr(self, queue).bodies = list(getattr(other, queue).bodies)
        for machine in ("billing_runs", "exceptions", "reconciliations"):
            for name in ("executions", "statuses"):
                setattr(getattr(self, machine), name, dict(getattr(getattr(other, machine), name)))
        self.tokens.answers, self.answers.kept = dict(other.tokens.answers), dict(other.answers.kept)
        self.mailer.sent, self.delivered_at_once = list(other.mailer.sent), list(other.delivered_at_once)
        self._sent, self.moment = other._sent, other.moment

    def now(self) -> datetime:
        """A moment after everything that was sent so far."""
        return self.moment + timedelta(seconds=self._sent + 1)

    def publish(self, *data: AnyMasterData) -> None:
        """Keep master data; a policy is published and confirmed by two people whom no version names."""
        for document in data:
            if isinstance(document, Policy) and document.format == FORMAT:
                self.adopt(document)
            else:
                self.directory.add(document)

    def adopt(self, policy: Policy, *, publisher: Identity | None = None) -> None:
        """Let a policy take effect: the first one from the beginning of time, a later one from now on.

        Two people whom the policy before names agree on it: the requester, and the first one who is somebody else.
        """
        governing = self.policies.history(policy.id).before(policy.version)
        people = (governing.policy if governing else policy).people
        by_name = sorted(people, key=lambda person: (person.id != "carla", person.id == "ben", person.id))
        named = [(identity, person.id) for person in by_name for identity in person.identities[:1]]
        publisher = publisher or (named[0][0] if named else FOUNDER)
        confirmer, name = next((one for one in named if one[0] != publisher), (CONFIRMER, "confirmer"))
        at = instant_text(self.now() if self.policies.history(policy.id).in_force() else BEGINNING)
        self.policies.publish(PublishedPolicy(policy=policy, published_by=publisher, published_at=at))
        confirmation = PolicyConfirmation(version=policy.version, confirmed_by=confirmer, person=name, confirmed_at=at)
        self.policies.confirm(policy.id, confirmation)

    def publish_again_by(self, name: str, legal_entity: str) -> None:
        """Let a person publish the policy anew: who published the one before decides under this one, then."""
        policy = self.policies.in_force(legal_entity)
        (publisher,) = (person.identities[0] for person in policy.people if person.id == name)
        self.adopt(policy.model_copy(update={"version": policy.version + 1}), publisher=publisher)

    def ingest(self, events: Iterable[dict[str, Any]], *, per_message: int = 100) -> Ingested:
        sent = list(events)
        messages = []
        for start in range(0, max(len(sent), 1), per_message):
            self._sent += 1
            body = msgspec.json.encode(sent[start : start + per_message]).decode()
            sent_at = self.moment + timedelta(seconds=self._sent)
            messages.append(Message(id=f"m{self._sent}", body=body, sent_at=sent_at))
        counts, failed = ingest_usage(
            messages,
            objects=self.objects,
            reference_data=self.reference_data,
            buckets=self.buckets(),
            acceptance=Acceptance(self.settings.grace, self.settings.most_age),
        )
        assert not failed
        return counts

    def stores(self) -> Stores:
        """What a conservation statement and a proof read."""
        return Stores(
            objects=self.objects,
            contracts=self.records["contracts"],
            policies=self.policies,
            invoices=self.records["invoices"],
            payments=self.records["payments"],
            runs=self.runs,
            exception_store=self.exception_store,
            erps=self.erps,
            opening_decisions=self.opening_decisions,
        )

    def preview_sources(self) -> PreviewSources:
        return PreviewSources(
            contracts=OverlayRecords(self.records["contracts"]),
            policies=self.policies,
            invoices=self.records["invoices"],
            runs=self.runs,
            objects=OverlayObjects(self.objects),
            buckets=self.buckets(),
            engines=self.tax_engines,
        )

    def invoice(self, invoice_id: str) -> Invoice:
        released = self.register.released(invoice_id)
        assert released is not None, f"{invoice_id} is not released"
        return read_invoice(self.objects, released.document)

    def net_of_credits(self, invoice_id: str) -> list[Decimal]:
        """What an invoice and its credit notes come to: net, tax, gross."""
        documents = [self.invoice(invoice_id)]
        documents += [self.invoice(str(facts.id)) for facts in self.register.credits(invoice_id)]
        totals = [document.totals for document in documents]
        return [sum((getattr(total, name).amount for total in totals), Decimal(0)) for name in ("net", "tax", "gross")]

    def posted(self, invoice_id: str) -> PostedDocument:
        """What the embedded ledger holds of a released document."""
        released = self.register.released(invoice_id)
        assert released is not None, f"{invoice_id} is not released"
        (document,) = self.ledger.find(released.legal_entity, released.number)
        return document


def _copied_items(items: dict[Key, Document]) -> dict[Key, Document]:
    """Return facts of their own: a test that spoils one spoils none of another test's."""
    return {key: copied(document) for key, document in items.items()}
