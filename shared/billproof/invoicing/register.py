"""The invoice register: facts that are added and never edited.

    invoices#<entity>#<period>#<shard>
        <account>#released              the number and the document's digest
        <account>#held#<run>            why a run held it back
        <account>#posting               the intent to post, with what will be posted
        <account>#declared              the tax is committed to the external tax engine
        <account>#posted                the ERP confirmed it
        <account>#delivered             the customer was sent it
        <account>#bounced#<mail>        its mail did not arrive; refused, rejected and complained likewise
        <account>~<nn>#...              the same of the nn-th credit note or write-off of that invoice
    numbers#<entity>#<year>
        <first number of a block>       the numbers of the block and whose they are
    revenue#<entity>#<month>#<shard>
        <document>                      a document of which the month earns something that was deferred
    account#<entity>#<account>
        <period>#<ordinal>              a release that billed usage of the period: 000 its own, then the late ones

A number exists only together with its release: both are written in one transaction, so a series has no gap and no
duplicate, even after a crash. The same transaction takes the billing slots of each period whose usage an invoice bills,
so only one invoice bills a difference, even if several runs compute it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from billproof.errors import Contended, NotFound
from billproof.ids import shard_of
from billproof.invoicing.model import BillingSlot, DocumentRef, Held, InvoiceStatus, PeriodBilling, Released
from billproof.model import Model
from billproof.periods import Period
from billproof.ports import TRANSACTION_LIMIT, Key, Record, Records
from billproof.retrying import attempts

REGISTER_SHARDS = 8
"""Partitions for the invoices of one legal entity and period."""
NUMBER_DIGITS = 6
MAX_ATTEMPTS = 50
"""How often a block is tried again when others release into the same series; each failure means another succeeded."""

RELEASED, HELD, POSTING, POSTED, DELIVERED = "released", "held", "posting", "posted", "delivered"
DECLARED = "declared"


CREDIT_MARK = "~"
"""Between an account and the ordinal of a credit note of its invoice; no account's name holds it."""
CREDIT_SERIES = "CN"
"""The series of credit notes and write-offs."""


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of a legal entity in the year of an issue date; `kind` is empty for invoices."""

    entity: str
    prefix: str
    issue_date: date
    kind: str = ""

    @property
    def name(self) -> str:
        """What every number of the series begins with."""
        return "-".join(part for part in (self.prefix, self.kind, str(self.issue_date.year)) if part)

    @property
    def partition(self) -> str:
        """Where its blocks are."""
        return _series_partition(self.entity, self.issue_date.year, self.kind)

    def number(self, ordinal: int) -> str:
        """Write a number of the series."""
        return f"{self.name}-{ordinal:0{NUMBER_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice to release: its document, and the places that it wants for its late usage."""

    invoice: str
    document: DocumentRef
    places: tuple[BillingSlot, ...] = ()


class Block(Model):
    """Consecutive numbers of a series and the invoices that took them."""

    first: int
    invoices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """Everything the register knows of one account's invoice of a period."""

    account: str
    facts: dict[str, Any]

    @property
    def released(self) -> Released | None:
        """The release, if there was one."""
        found = self.facts.get(RELEASED)
        return Released.model_validate(found) if found else None

    @property
    def last_held(self) -> Held | None:
        """The last reason to hold it, if there ever was one."""
        held = [fact for name, fact in sorted(self.facts.items()) if name.startswith(f"{HELD}#")]
        return Held.model_validate(held[-1]) if held else None

    @property
    def held(self) -> Held | None:
        """The last reason to hold it, if no release followed."""
        return None if RELEASED in self.facts else self.last_held

    @property
    def status(self) -> InvoiceStatus:
        """Where the invoice stands."""
        if POSTED in self.facts:
            return InvoiceStatus.POSTED
        return InvoiceStatus.RELEASED if RELEASED in self.facts else InvoiceStatus.HELD

    @property
    def is_delivered(self) -> bool:
        """Whether the customer was sent it."""
        return DELIVERED in self.facts


def split_invoice_id(invoice: str) -> tuple[str, str, str]:
    """Return legal entity, period and account of an invoice's id; raises NotFound for anything else."""
    match invoice.split("."):
        case [str(entity), str(period), str(account)] if entity and period and account:
            return entity, period, account
    message = f"{invoice!r} is not an invoice id: <legal entity>.<YYYY-MM>.<account>"
    raise NotFound(message)


def credit_id(invoice: str, ordinal: int) -> str:
    """Return the id of the n-th credit note or write-off of an invoice."""
    return f"{invoice}{CREDIT_MARK}{ordinal:02d}"


def credited_invoice(document: str) -> str:
    """Return the id of the invoice that a credit note belongs to; an invoice's own id is returned as it is."""
    return document.partition(CREDIT_MARK)[0]


def is_credit(document: str) -> bool:
    """Say whether a document is a credit note or write-off."""
    return CREDIT_MARK in document


def fact_key(invoice: str, fact: str) -> Key:
    """Return where a fact of an invoice or credit note is: a credit note's lie beside its invoice's."""
    entity, period, account = split_invoice_id(invoice)
    shard = shard_of(credited_invoice(account), REGISTER_SHARDS)
    return Key(f"invoices#{entity}#{period}#{shard}", f"{account}#{fact}")


def _series_partition(entity: str, year: int, kind: str) -> str:
    return f"numbers#{entity}#{year}" + (f"#{kind}" if kind else "")


class Register:
    """The register of invoices, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def fact(self, invoice: str, fact: str) -> Any | None:
        """Return one fact of an invoice, or None."""
        return self._records.get(fact_key(invoice, fact))

    def add(self, invoice: str, fact: str, document: Model) -> bool:
        """Add a fact; False where it is there already."""
        return self._records.create(Record(fact_key(invoice, fact), document.model_dump(mode="json")))

    def released(self, invoice: str) -> Released | None:
        """Return the release of an invoice, or None."""
        found = self.fact(invoice, RELEASED)
        return Released.model_validate(found) if found else None

    def facts(self, invoice: str) -> InvoiceFacts | None:
        """Return everything known of one invoice, or None."""
        _, _, account = split_invoice_id(invoice)
        partition = fact_key(invoice, RELEASED).partition
        found = {
            record.key.sort.removeprefix(f"{account}#"): record.document
            for record in self._records.query(partition, prefix=f"{account}#")
        }
        return InvoiceFacts(account=account, facts=found) if found else None

    def credits(self, invoice: str) -> list[InvoiceFacts]:
        """Return everything known of an invoice's credit notes and write-offs, held ones too, in their order."""
        _, _, account = split_invoice_id(invoice)
        partition = fact_key(invoice, RELEASED).partition
        grouped: dict[str, dict[str, Any]] = {}
        for record in self._records.query(partition, prefix=f"{account}{CREDIT_MARK}"):
            name, _, fact = record.key.sort.partition("#")
            grouped.setdefault(name, {})[fact] = record.document
        return [InvoiceFacts(account=name, facts=facts) for name, facts in grouped.items()]

    def of_period(self, entity: str, period: str) -> Iterator[InvoiceFacts]:
        """Yield the invoices of a legal entity and period."""
        for shard in range(REGISTER_SHARDS):
            grouped: dict[str, dict[str, Any]] = {}
            for record in self._records.query(f"invoices#{entity}#{period}#{shard}"):
                account, _, fact = record.key.sort.partition("#")
                grouped.setdefault(account, {})[fact] = record.document
            for account, facts in grouped.items():
                yield InvoiceFacts(account=account, facts=facts)

    def invoice_numbered(self, entity: str, year: int, number: int, kind: str = "") -> str | None:
        """Return the id of the document that took a number of a series, or None."""
        for block in self._blocks(entity, year, kind):
            if block.first <= number < block.first + len(block.invoices):
                return block.invoices[number - block.first]
        return None

    def series(self, entity: str, year: int, kind: str = "") -> list[str]:
        """Return the documents of a series in the order of their numbers, from 1."""
        return [invoice for block in self._blocks(entity, year, kind) for invoice in block.invoices]

    def numbers_taken(self, series: Series) -> int:
        """Return how many numbers of a series are taken: it has no gap."""
        for record in self._records.query(series.partition, newest_first=True, limit=1):
            last = Block.model_validate(record.document)
            return last.first + len(last.invoices) - 1
        return 0

    def _blocks(self, entity: str, year: int, kind: str) -> Iterator[Block]:
        for record in self._records.query(_series_partition(entity, year, kind)):
            yield Block.model_validate(record.document)

    def defer(self, document: str, months: Iterable[str]) -> None:
        """Note the months that earn something of a document after it was posted; to repeat it changes nothing."""
        entity, _, account = split_invoice_id(document)
        for month in months:
            key = Key(_revenue_partition(entity, month, shard_of(account, REGISTER_SHARDS)), document)
            self._records.create(Record(key, {"document": document}))

    def deferred(self, entity: str, month: str) -> Iterator[str]:
        """Yield the documents of which a month earns something that was deferred."""
        for shard in range(REGISTER_SHARDS):
            for record in self._records.query(_revenue_partition(entity, month, shard)):
                yield record.key.sort

    def settlements(self, entity: str, account: str) -> list[PeriodBilling]:
        """Return every release that billed usage of an account, by period and place."""
        records = self._records.query(_account_partition(entity, account))
        return [PeriodBilling.model_validate(record.document) for record in records]

    def release(
        self, candidates: Sequence[Candidate], *, series: Series, period: Period, run: str
    ) -> dict[str, Released]:
        """Release invoices under the next numbers of a series, without a gap; return the releases by invoice.

        One that was released before keeps its release as it was. One whose place was taken is not released: another
        invoice billed the same late usage meanwhile. Raises Contended where others kept taking the next numbers.
        """
        done: dict[str, Released] = {}
        for chunk in _chunks(candidates):
            for _ in attempts(MAX_ATTEMPTS):
                known = {each.invoice: self.released(each.invoice) for each in chunk if each.invoice not in done}
                done |= {invoice: released for invoice, released in known.items() if released is not None}
                missing = [
                    each
                    for each in chunk
                    if each.invoice not in done and not self.is_outdated(each.invoice, each.places)
                ]
                if not missing:
                    break
                block, made = self._next_block(missing, series, period, run)
                if self._records.create_all(block):
                    done |= {released.invoice: released for released in made}
                    break
            else:
                message = f"others took the next numbers of {series.name} {MAX_ATTEMPTS} times in a row"
                raise Contended(message)
        return done

    def is_outdated(self, document: str, places: Iterable[BillingSlot]) -> bool:
        """Say whether another document took one of the places that a document wants."""
        return any(self._records.get(_place_key(document, place)) is not None for place in places)

    def _next_block(
        self, candidates: Sequence[Candidate], series: Series, period: Period, run: str
    ) -> tuple[list[Record], list[Released]]:
        first = self.numbers_taken(series) + 1
        made = [
            Released(
                invoice=each.invoice,
                number=series.number(first + position),
                account=credited_invoice(split_invoice_id(each.invoice)[2]),
                legal_entity=series.entity,
                period=period,
                issue_date=series.issue_date,
                document=each.document,
                run=run,
            )
            for position, each in enumerate(candidates)
        ]
        block = Block(first=first, invoices=tuple(each.invoice for each in candidates))
        records = [Record(Key(series.partition, f"{first:012d}"), block.model_dump(mode="json"))]
        for released, candidate in zip(made, candidates, strict=True):
            records.append(Record(fact_key(released.invoice, RELEASED), released.model_dump(mode="json")))
            own = () if is_credit(released.invoice) else (BillingSlot(period=period.name, ordinal=0),)
            for place in (*own, *candidate.places):
                settlement = PeriodBilling(
                    **place.model_dump(), invoice=released.invoice, number=released.number, run=run
                )
                records.append(Record(_place_key(released.invoice, place), settlement.model_dump(mode="json")))
        return records, made


def _revenue_partition(entity: str, month: str, shard: int) -> str:
    return f"revenue#{entity}#{month}#{shard}"


def _account_partition(entity: str, account: str) -> str:
    return f"account#{entity}#{account}"


def _place_key(invoice: str, place: BillingSlot) -> Key:
    entity, _, account = split_invoice_id(credited_invoice(invoice))
    return Key(_account_partition(entity, account), f"{place.period}#{place.ordinal:03d}")


def _chunks(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    """Cut candidates so that one transaction holds a chunk: a block of numbers, and for each a release and its places.

    No candidate has more places than a transaction holds: planning takes at most MAX_EARLIER periods into an invoice.
    """
    chunk: list[Candidate] = []
    size = 1
    for candidate in candidates:
        records = 2 + len(candidate.places)
        if chunk and size + records > TRANSACTION_LIMIT:
            yield chunk
            chunk, size = [], 1
        chunk.append(candidate)
        size += records
    if chunk:
        yield chunk
