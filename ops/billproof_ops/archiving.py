"""The index of the archive: every number of a legal entity's series, what was issued under it, and where that is kept.

index.csv        a row for each document
index.jsonl      the same, one to a line, with the SHA-256 and the key of each file
missing.jsonl    every number and file that is not there, or is another one, and why
manifest.json    for each of these files its SHA-256, bytes and lines; for each series its first and last number

The numbers come from the series, not from what is stored: so what is missing is named. The manifest is written last.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from billproof.audit.exporting import MANIFEST, WrittenFile
from billproof.errors import ImmutableDocument, NotFound
from billproof.ids import canonical_json
from billproof.invoicing.check_codes import check_code
from billproof.invoicing.delivery import Delivery
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.model import Invoice, Released
from billproof.invoicing.series import Series, SeriesKind
from billproof.model import Model, canonical_model
from billproof.periods import instant_text
from billproof.proof.numbers import compare_blocks
from billproof.sheets import Sheet
from billproof_ops.errors import WrongUse
from billproof_ops.target import Target
from billproof_ops.verifying import wrong_in_archive

COLUMNS = (
    *("number", "kind", "issue_date", "account", "customer", "corrects", "net", "tax", "gross", "currency"),
    *("files", "sha256", "check_code", "kept_until"),
)


class IndexedFile(Model):
    """A file of a document in the archive."""

    name: str
    sha256: str
    key: str


class IndexRow(Model):
    """A document as the index has it; `kept_until` is the last day of its retention, None where it is not archived."""

    number: str
    kind: str
    issue_date: date
    account: str
    customer: str
    corrects: str | None
    net: str
    tax: str
    gross: str
    currency: str
    files: tuple[IndexedFile, ...]
    check_code: str
    kept_until: date | None


class NotKept(Model):
    """A number or file that is not there as it has to be, and why."""

    name: str
    why: str


class IndexedSeries(Model):
    """A series, and which of its numbers the index has."""

    series: str
    first: str | None
    last: str | None
    documents: int
    given_before: int


class ArchiveIndex(Model):
    """What the manifest says of an index."""

    schema_version: Literal["billproof.archive-index/1"] = "billproof.archive-index/1"
    legal_entity: str
    since: date
    until: date
    exported_at: str
    documents: int
    missing: int
    series: tuple[IndexedSeries, ...]
    files: dict[str, dict[str, str | int]]


@dataclass
class _Index:
    """An index while it is written."""

    target: Target
    rows: WrittenFile
    lines: WrittenFile
    missed: WrittenFile
    documents: int = 0
    missing: int = 0
    table: Sheet = field(init=False)

    def __post_init__(self) -> None:
        self.table = Sheet(self.rows)
        self.table.add(COLUMNS)

    def add(self, row: IndexRow) -> None:
        self.documents += 1
        self.lines.add(canonical_model(row) + b"\n")
        stated = row.model_dump(mode="json") | {
            "files": " ".join(file.name for file in row.files),
            "sha256": " ".join(file.sha256 for file in row.files),
        }
        self.table.add([stated[name] for name in COLUMNS])

    def miss(self, name: str, why: str) -> None:
        self.missing += 1
        self.missed.add(canonical_model(NotKept(name=name, why=why)) + b"\n")


def export_index(target: Target, entity: str, since: date, until: date, folder: Path) -> ArchiveIndex:
    """Write the index of the documents that a legal entity issued from one day to another, both included.

    Every file is read back from the archive. Raises WrongUse for days in the wrong order, or a folder that cannot be
    written.
    """
    if until < since:
        message = f"{since} to {until}: the first day comes after the last one"
        raise WrongUse(message)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        names = ("index.csv", "index.jsonl", "missing.jsonl")
        with ExitStack() as stack:
            files = {name: WrittenFile(stack.enter_context((folder / name).open("wb"))) for name in names}
            index = _Index(target, rows=files["index.csv"], lines=files["index.jsonl"], missed=files["missing.jsonl"])
            series = tuple(_series(index, entity, since, until))
        stated = ArchiveIndex(
            legal_entity=entity,
            since=since,
            until=until,
            exported_at=instant_text(target.ports.now()),
            documents=index.documents,
            missing=index.missing,
            series=series,
            files={name: file.stated() for name, file in files.items()},
        )
        (folder / MANIFEST).write_bytes(canonical_json(stated.model_dump(mode="json")))
    except OSError as error:
        message = f"{folder} cannot be written: {error.strerror}"
        raise WrongUse(message) from None
    return stated


def _series(index: _Index, entity: str, since: date, until: date) -> Iterator[IndexedSeries]:
    """Index series by series; yield those that numbers were given of."""
    ports = index.target.ports
    prefix = ports.directory.legal_entity(entity).number_prefix
    for year in range(since.year, until.year + 1):
        for kind in SeriesKind:
            series = Series(entity=entity, prefix=prefix, issue_date=date(year, 1, 1), kind=kind)
            blocks = list(ports.register.blocks(entity, year, kind))
            for difference in compare_blocks(blocks, series):
                index.miss(difference.where, f"{difference.stated}; {difference.proved}")
            numbers = [
                number
                for block in blocks
                for ordinal, document in enumerate(block.invoices, start=block.first)
                if _is_indexed(index, number := series.number(ordinal), document, since, until)
            ]
            before = sum(block.given_before for block in blocks)
            if numbers or before:
                first, last = (numbers[0], numbers[-1]) if numbers else (None, None)
                yield IndexedSeries(
                    series=series.name, first=first, last=last, documents=len(numbers), given_before=before
                )


def _is_indexed(index: _Index, number: str, document: str, since: date, until: date) -> bool:
    """Put the document of a number into the index, and what is missing of it; False where it is of another day."""
    ports = index.target.ports
    released = ports.register.released(document)
    if released is None:
        index.miss(number, f"was given to {document}, which is not released")
        return True
    if not since <= released.issue_date <= until:
        return False
    if released.number != number:
        index.miss(number, f"its document {document} says that it is {released.number}")
    try:
        invoice = read_invoice(ports.objects, released.document)
    except (ImmutableDocument, NotFound):
        index.miss(number, "its record is gone or was changed")
        return True
    fact = ports.register.fact(document, DELIVERED)
    delivery = Delivery.model_validate(fact) if fact is not None else None
    for name, why in _missing(index.target, released, delivery):
        index.miss(name, why)
    index.add(_row(released, invoice, delivery))
    return True


def _missing(target: Target, released: Released, delivery: Delivery | None) -> Iterable[tuple[str, str]]:
    if delivery is None:
        yield released.number, "is not in the archive: it was not delivered yet"
    elif delivery.archived_until is None:
        yield released.number, "is not in the archive: it was delivered before there was one"
    else:
        for file in delivery.archived_files(released):
            wrong = wrong_in_archive(target, file)
            if wrong:
                yield released.number, f"its {file.what} in the archive {wrong}: {file.key}"


def _row(released: Released, invoice: Invoice, delivery: Delivery | None) -> IndexRow:
    files = delivery.archived_files(released) if delivery is not None else ()
    net, tax, gross = (getattr(invoice.totals, name) for name in ("net", "tax", "gross"))
    return IndexRow(
        number=released.number,
        kind=invoice.kind.value,
        issue_date=released.issue_date,
        account=invoice.buyer.id,
        customer=invoice.buyer.name,
        corrects=invoice.corrects,
        net=str(net.amount),
        tax=str(tax.amount),
        gross=str(gross.amount),
        currency=invoice.currency,
        files=tuple(IndexedFile(name=file.name, sha256=file.digest, key=file.key) for file in files),
        check_code=check_code(released.document.digest),
        kept_until=delivery.archived_until if delivery is not None else None,
    )
