"""Everything that billproof stores, sends and asks, in memory; the use cases over it are those of `World`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from billproof.adapters.ledger.embedded import EmbeddedLedger
from billproof.adapters.overlay import OverlayObjects, OverlayRecords
from billproof.approvals.exception_store import ExceptionStore
from billproof.conservation.service import Stores
from billproof.erp.port import Erp, PostedDocument
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Invoice
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.parties import EMBEDDED_LEDGER, TaxEngineName
from billproof.pipeline.previewing import PreviewSources
from billproof.settings import Settings
from billproof.tax.port import TaxEngine
from billproof.usage.ingestion import Acceptance, Message, ReferenceDataCache, ingest_usage
from billproof.usage.model import Ingested
from tests.support.fakes import (
    MemoryMailer,
    MemoryObjects,
    MemoryQueue,
    MemoryRecords,
    MemoryTokens,
    MemoryWorkflows,
    run_once,
)


class MemoryStores:
    """A port for everything outside, each over a fake, and the clock that all use cases are handed."""

    def __init__(self, *, moment: datetime, buckets: int, batch_size: int) -> None:
        self.buckets = buckets
        self.batch_size = batch_size
        self.objects = MemoryObjects()
        self.records = {name: MemoryRecords() for name in ("contracts", "invoices", "ledger", "runs", "exceptions")}
        self.directory = Directory(self.records["contracts"])
        self.register = Register(self.records["invoices"])
        self.runs = self.records["runs"]
        self.ledger = EmbeddedLedger(self.records["ledger"])
        self.erps: dict[str, Erp] = {EMBEDDED_LEDGER: self.ledger}
        self.postings = MemoryQueue()
        self.deliveries = MemoryQueue()
        self.mailer = MemoryMailer()
        self.billing_runs = MemoryWorkflows()
        self.exceptions = MemoryWorkflows()
        self.tokens = MemoryTokens()
        self.tax_engines: dict[TaxEngineName, TaxEngine] = {}
        self.exception_store = ExceptionStore(self.records["exceptions"])
        self.once = run_once
        self.settings = Settings(
            {
                "BUCKET_COUNT": str(buckets),
                "BATCH_SIZE": str(batch_size),
                "BATCH_CONCURRENCY": "1",
                "CUT_OFF_GRACE_HOURS": "24",
                "EVENT_AGE_DAYS": "400",
            }
        )
        self._sent = 0
        self.moment = moment
        self.reference_data = ReferenceDataCache(self.directory, self.now)

    def now(self) -> datetime:
        """A moment after everything that was sent so far."""
        return self.moment + timedelta(seconds=self._sent + 1)

    def publish(self, *data: AnyMasterData) -> None:
        for document in data:
            self.directory.add(document)

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
            buckets=self.buckets,
            acceptance=Acceptance(self.settings.grace, self.settings.most_age),
        )
        assert not failed
        return counts

    def stores(self) -> Stores:
        """What a conservation statement and a proof read."""
        return Stores(
            objects=self.objects,
            directory=self.directory,
            register=self.register,
            exception_store=self.exception_store,
            erps=self.erps,
        )

    def preview_sources(self) -> PreviewSources:
        return PreviewSources(
            contracts=OverlayRecords(self.records["contracts"]),
            invoices=self.records["invoices"],
            runs=self.runs,
            objects=OverlayObjects(self.objects),
            buckets=self.buckets,
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
