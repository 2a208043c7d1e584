"""The invoice register: facts that are added and never edited, numbers without a gap, and the slots of each period.

    invoices#<entity>#<period>#<shard>  the facts of invoices and credit notes: see facts.py
    numbers#<entity>#<year>             the numbers of documents: see series.py
    addresses#<entity>                  addresses that are not written to again: see addresses.py
    openings#<entity>                   what was taken over from another system: see openings.py
    revenue#<entity>#<month>#<shard>
        <document>                      a document of which the month earns something that was deferred
    balance#<entity>#<account>
        <currency>#<ordinal>            a change of a customer's balance: see balances.py
    account#<entity>#<account>
        <period>#<ordinal>              a release that billed usage of the period: 000 its own, then the late ones

A number exists only together with its release: both are written in one transaction, so a series has no gap and no
duplicate, even after a crash. The same transaction takes the billing slots of each period whose usage an invoice bills,
so only one invoice bills a difference, even if several runs compute it.
"""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from billproof.errors import Contended, IssuedLater, NotFound
from billproof.findings import Finding
from billproof.identities import InvoiceId
from billproof.invoicing.addresses import Addresses
from billproof.invoicing.balance import BalanceChange, Worth
from billproof.invoicing.balances import Balances
from billproof.invoicing.candidates import Candidate, account_partition, chunks, records_of, slot_key
from billproof.invoicing.dates import SeriesDates
from billproof.invoicing.deferrals import deferrals, revenue_partition
from billproof.invoicing.facts import (
    CREDIT_REQUESTED,
    FOLLOWS,
    REGISTER_SHARDS,
    RELEASED,
    InvoiceFacts,
    by_document,
    fact_key,
    facts_partition,
    held_by,
    shard_partition,
)
from billproof.invoicing.held import HeldInvoice, RequestedCredit
from billproof.invoicing.model import BillingSlot, PeriodBilling, Released
from billproof.invoicing.openings import Openings
from billproof.invoicing.series import Block, Series, SeriesKind, block_prefixes, series_partition
from billproof.model import Model
from billproof.periods import Period
from billproof.ports import TRANSACTION_LIMIT, Record, Records
from billproof.retrying import attempts

MAX_ATTEMPTS = 50
"""How often a block is tried again when others release into the same series; each failure means another succeeded."""


class Register:
    """The invoice register, over records. Documents are named by the text of their ids."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.balances = Balances(records)
        self.addresses = Addresses(records)
        self.openings = Openings(records)
        self.dates = SeriesDates(records, self.facts)

    def fact(self, document: str, fact: str) -> Any | None:
        """Return one fact of a document, or None."""
        return self._records.get(fact_key(InvoiceId.parse(document), fact))

    def add(self, document: str, fact: str, content: Model) -> bool:
        """Add a fact; False where it is there already."""
        return self._records.create(_fact(InvoiceId.parse(document), fact, content))

    def hold(self, held: HeldInvoice) -> bool:
        """Note that a run held an invoice; False where it did before."""
        return self.add(held.invoice, held_by(held.run), held)

    def held(self, invoice: str, run: str) -> HeldInvoice | None:
        """Return why a run held an invoice, or None where it did not."""
        fact = self.fact(invoice, held_by(run))
        return HeldInvoice.model_validate(fact) if fact else None

    def request(self, credit: RequestedCredit) -> bool:
        """Keep a request for a credit note; False where another request took its place."""
        return self.add(credit.invoice, CREDIT_REQUESTED, credit)

    def released(self, document: str) -> Released | None:
        """Return the release of a document, or None."""
        fact = self.fact(document, RELEASED)
        return Released.model_validate(fact) if fact else None

    def facts(self, document: str) -> InvoiceFacts | None:
        """Return everything known of one document, or None."""
        return next(iter(self._facts(InvoiceId.parse(document), "#")), None)

    def credits(self, invoice: str) -> list[InvoiceFacts]:
        """Return everything known of an invoice's credit notes and write-offs, requested ones too, in their order."""
        return sorted(self._facts(InvoiceId.parse(invoice).invoice, "~"), key=lambda facts: facts.id.credit)

    def _facts(self, document: InvoiceId, follows: str) -> list[InvoiceFacts]:
        records = self._records.query(facts_partition(document), prefix=f"{document.subject}{follows}")
        return [*by_document(document.legal_entity, document.period, records)]

    def of_period(self, entity: str, period: str) -> Iterator[InvoiceFacts]:
        """Yield the invoices and credit notes of a legal entity and period."""
        for shard in range(REGISTER_SHARDS):
            yield from self.of_shard(entity, period, shard)

    def of_shard(self, entity: str, period: str, shard: int) -> Iterator[InvoiceFacts]:
        """Yield the invoices and credit notes of one shard of a legal entity and period."""
        return by_document(entity, period, self._records.query(shard_partition(entity, period, shard)))

    def invoice_numbered(
        self, entity: str, year: int, number: int, kind: SeriesKind = SeriesKind.INVOICES
    ) -> str | None:
        """Return the id of the document that took a number of a series, or None."""
        for prefix in block_prefixes(number):
            for record in self._records.query(series_partition(entity, year, kind), prefix=prefix):
                block = Block.model_validate(record.document)
                if block.first <= number < block.first + len(block.invoices):
                    return block.invoices[number - block.first]
        return None

    def series(self, entity: str, year: int, kind: SeriesKind = SeriesKind.INVOICES) -> list[str]:
        """Return the documents of a series in the order of their numbers."""
        return [document for _, document in self.numbered(entity, year, kind)]

    def numbered(self, entity: str, year: int, kind: SeriesKind = SeriesKind.INVOICES) -> Iterator[tuple[int, str]]:
        """Yield each number of a series that a document took, with its document."""
        for block in self.blocks(entity, year, kind):
            yield from enumerate(block.invoices, start=block.first)

    def numbers_taken(self, series: Series) -> int:
        """Return how many numbers of a series are taken, those of before among them: it has no gap."""
        last = self.dates.last(series)
        return last[1].next - 1 if last else 0

    def blocks(self, entity: str, year: int, kind: SeriesKind) -> Iterator[Block]:
        """Yield the blocks of a series in their order."""
        for record in self._records.query(series_partition(entity, year, kind)):
            yield Block.model_validate(record.document)

    def defer(self, document: str, months: Iterable[str]) -> None:
        """Note the months that earn something of a document after it was posted; to repeat it changes nothing."""
        for record in deferrals(InvoiceId.parse(document), months):
            self._records.create(record)

    def add_deferring(self, document: str, fact: str, content: Model, months: Iterable[str]) -> bool:
        """Add a fact and note the months that earn something of its document later, in one transaction.

        False, and nothing is written, where one of them is there already or they are too many for a transaction.
        """
        identity = InvoiceId.parse(document)
        records = [_fact(identity, fact, content), *deferrals(identity, months)]
        return len(records) <= TRANSACTION_LIMIT and self._records.create_all(records)

    def deferred(self, entity: str, month: str) -> Iterator[str]:
        """Yield the documents of which a month earns something that was deferred."""
        for shard in range(REGISTER_SHARDS):
            for record in self._records.query(revenue_partition(entity, month, shard)):
                yield record.key.sort

    def settlements(self, entity: str, account: str) -> list[PeriodBilling]:
        """Return every release that billed usage of an account, by period and slot."""
        records = self._records.query(account_partition(entity, account))
        billings = (PeriodBilling.model_validate(record.document) for record in records)
        return sorted(billings, key=attrgetter("period", "ordinal"))

    def exclude(self, invoice: str, slots: Iterable[BillingSlot], run: str) -> None:
        """Note that a decision excluded usage that no invoice bills, as a run counted it; again changes nothing."""
        document = InvoiceId.parse(invoice)
        for slot in slots:
            billing = PeriodBilling(**slot.model_dump(), invoice=invoice, number="", run=run)
            self._records.create(Record(slot_key(document, slot), billing.model_dump(mode="json")))

    def balance_change(self, candidate: Candidate) -> BalanceChange | None:
        """Return what a document changes of the balance of its account as it is now; None where it changes nothing."""
        document, gross = candidate.id, candidate.document.worth
        due = self.receivable_of(document) if document.is_credit else gross.nothing
        return self.balances.change(document, gross, candidate.settlement, due)

    def receivable_of(self, document: InvoiceId) -> Worth:
        """Return what is open of an invoice after its corrections before a document; raises NotFound."""
        invoice = self.released(str(document.invoice))
        if invoice is None:
            message = f"invoice {document.invoice} is not released"
            raise NotFound(message)
        return self.corrected(invoice, before=document.credit)

    def corrected(self, invoice: Released, *, before: int = 0) -> Worth:
        """Return what is open of an invoice after its corrections, those before one of them or all."""
        open_worth = invoice.receivable
        for facts in self.credits(invoice.invoice):
            if facts.released is not None and not 0 < before <= facts.id.credit:
                open_worth += facts.released.receivable
        return open_worth

    def release(
        self,
        candidates: Sequence[Candidate],
        *,
        series: Series,
        period: Period,
        run: str,
        refused: dict[str, Finding] | None = None,
    ) -> dict[str, Released]:
        """Release documents under the next numbers of a series, without a gap; return the releases by document.

        One that was released before keeps its release as it was. One whose slot was taken is not released: another
        invoice billed the same late usage meanwhile. One that would leave a larger balance than it may is not released,
        and is added to `refused`. Raises Contended where others kept taking the next numbers, and
        IssuedLater where the series has a number of a later day than this one: what was released by then stays.
        """
        releases: dict[str, Released] = {}
        for chunk in chunks(candidates):
            releases |= self._release_chunk(chunk, series, period, run, {} if refused is None else refused)
        return releases

    def _release_chunk(
        self, chunk: Sequence[Candidate], series: Series, period: Period, run: str, refused: dict[str, Finding]
    ) -> dict[str, Released]:
        releases: dict[str, Released] = {}
        for _ in attempts(MAX_ATTEMPTS):
            for candidate in chunk:
                known = None if candidate.invoice in releases else self.released(candidate.invoice)
                if known is not None:
                    releases[candidate.invoice] = known
            missing = [
                (candidate, self.balance_change(candidate))
                for candidate in chunk
                if candidate.invoice not in releases and not self.is_outdated(candidate.invoice, candidate.slots)
            ]
            over = {
                candidate.invoice: finding
                for candidate, change in missing
                if (finding := candidate.over_limit(change)) is not None
            }
            missing = [(candidate, change) for candidate, change in missing if candidate.invoice not in over]
            refused |= over
            if not missing:
                return releases
            block, taken = self._next_block(missing, series, period, run)
            if self._records.create_all(block):
                return releases | {release.invoice: release for release in taken}
        message = f"others took the next numbers of {series.name} {MAX_ATTEMPTS} times in a row"
        raise Contended(message)

    def is_outdated(self, document: str, slots: Iterable[BillingSlot]) -> bool:
        """Say whether another document took one of the slots that a document wants.

        One that it took itself says that it was released, perhaps by another process a moment ago.
        """
        identity = InvoiceId.parse(document)
        taken = (self._records.get(slot_key(identity, slot)) for slot in slots)
        return any(record is not None and record["invoice"] != document for record in taken)

    def _next_block(
        self,
        candidates: Sequence[tuple[Candidate, BalanceChange | None]],
        series: Series,
        period: Period,
        run: str,
    ) -> tuple[list[Record], list[Released]]:
        last = self.dates.last(series)
        issued = self.dates.issued_on(last[1]) if last else series.issue_date
        if issued > series.issue_date:
            message = f"{series.name} has a number of {issued}: none of {series.issue_date} follows it"
            raise IssuedLater(message, day=issued)
        first = last[1].next if last else 1
        block = Block(
            first=first,
            invoices=tuple(candidate.invoice for candidate, _ in candidates),
            issue_date=series.issue_date,
        )
        records = [self.dates.record(series, block, last)]
        releases = []
        for ordinal, (candidate, change) in enumerate(candidates, start=first):
            release = Released(
                invoice=candidate.invoice,
                number=series.number(ordinal),
                account=candidate.id.account,
                legal_entity=series.entity,
                period=period,
                issue_date=series.issue_date,
                document=candidate.document,
                run=run,
                balance=change,
            )
            releases.append(release)
            records += records_of(release, candidate)
        return records, releases


def _fact(document: InvoiceId, fact: str, content: Model) -> Record:
    follows = FOLLOWS.get(fact)
    before = fact_key(document, follows) if follows else None
    return Record(fact_key(document, fact), content.model_dump(mode="json"), before)
