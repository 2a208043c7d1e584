"""Whether a file or a printed check code is that of a document, as it was released and sent: said in plain words.

stored record --> its SHA-256 --> the release names it --> the code that is printed on the document
file          --> its SHA-256 --> the delivery names it
archived file --> its SHA-256 --> release and delivery name it --> the audit chain recorded both
"""

from collections.abc import Iterator
from pathlib import Path

from billproof.audit.comparing import not_as_recorded
from billproof.errors import ImmutableDocument, InvalidInput, NotFound, ObjectUnreadable
from billproof.identities import InvoiceId
from billproof.ids import digest_bytes
from billproof.invoicing.archive import ArchivedFile
from billproof.invoicing.check_codes import is_code_of
from billproof.invoicing.delivery import Delivery, read_pdf
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.electronic_delivery import read_electronic
from billproof.invoicing.facts import DELIVERED, RELEASED, fact_key
from billproof.invoicing.model import Released
from billproof.model import Model
from billproof_ops.errors import OpsError
from billproof_ops.target import Target


class Verified(Model):
    """One comparison: what was compared, whether it holds, and what that means."""

    what: str
    holds: bool
    said: str


def verify_document(target: Target, released: Released, *, file: Path | None, check_code: str) -> list[Verified]:
    """Read a document back, and compare a file and a printed check code with it; raises OpsError for no code."""
    return [
        *_record(target, released),
        *([_code(released, check_code)] if check_code else []),
        *([_file(target, released, file.read_bytes())] if file is not None else []),
        *_kept(target, released),
        *_archived(target, released),
        _recorded(target, released),
    ]


def number_of_file(file: Path) -> str:
    """Return the number that the name of a file begins with, as files are sent: `SKY-US-2013-000001-lines.csv`."""
    return file.name.partition(".")[0].removesuffix("-lines")


def _record(target: Target, released: Released) -> Iterator[Verified]:
    try:
        read_invoice(target.ports.objects, released.document)
    except (ImmutableDocument, NotFound):
        yield Verified(what="record", holds=False, said=f"the record of {released.number} is gone or was changed")
        return
    said = f"the record of {released.number} is the one that was released on {released.issue_date}"
    yield Verified(what="record", holds=True, said=said)


def _code(released: Released, check_code: str) -> Verified:
    try:
        holds = is_code_of(check_code, released.document.digest)
    except InvalidInput as error:
        raise OpsError(error.message) from None
    said = (
        "belongs to that record" if holds else "belongs to another record: the document is not this one, or was changed"
    )
    return Verified(what="check code", holds=holds, said=f"the check code {said}")


def _delivery(target: Target, released: Released) -> Delivery | None:
    fact = target.ports.register.fact(released.invoice, DELIVERED)
    return Delivery.model_validate(fact) if fact is not None else None


def _file(target: Target, released: Released, data: bytes) -> Verified:
    delivery, digest = _delivery(target, released), digest_bytes(data)
    sent = {}
    if delivery is not None:
        sent = {
            delivery.pdf_digest: "PDF",
            delivery.annex_digest: "annex of lines",
            delivery.parquet_digest: "annex of lines as Parquet",
            delivery.electronic_digest: "electronic document",
            released.document.digest: "record",
        }
    if digest in sent:
        return Verified(
            what="file", holds=True, said=f"the file is the {sent[digest]} of {released.number}, as it was sent"
        )
    return Verified(what="file", holds=False, said=f"the file is none that was sent of {released.number}")


def _kept(target: Target, released: Released) -> Iterator[Verified]:
    """Read back the files that were delivered."""
    if _delivery(target, released) is None:
        return
    ports = target.ports
    for name, read in (("PDF", read_pdf), ("electronic document", read_electronic)):
        try:
            kept = read(released, register=ports.register, objects=ports.objects)
        except ObjectUnreadable:
            yield Verified(what=name, holds=False, said=f"the {name} that was sent is gone or was changed")
            continue
        if kept is not None:
            yield Verified(what=name, holds=True, said=f"the {name} is kept as it was sent")


def _archived(target: Target, released: Released) -> Iterator[Verified]:
    """Read back the files in the archive."""
    delivery = _delivery(target, released)
    if delivery is None or delivery.archived_until is None:
        return
    for file in delivery.archived_files(released):
        wrong = wrong_in_archive(target, file)
        state = wrong or f"is as it was issued; it is kept until {delivery.archived_until}"
        said = f"in the archive the {file.what} {state}"
        yield Verified(what=f"archived {file.what}", holds=not wrong, said=said)


def wrong_in_archive(target: Target, file: ArchivedFile) -> str:
    """Say what is wrong with a file in the archive; nothing where its content is what its digest says."""
    try:
        data = target.ports.archive.get(file.key)
    except NotFound:
        return "is gone"
    return "" if digest_bytes(data) == file.digest else "was changed"


def _recorded(target: Target, released: Released) -> Verified:
    """Compare the facts that name the digests with the audit chain."""
    ports, document = target.ports, InvoiceId.parse(released.invoice)
    facts = [RELEASED] if _delivery(target, released) is None else [RELEASED, DELIVERED]
    wrong = not_as_recorded(
        [fact_key(document, fact) for fact in facts],
        store="invoices",
        records=ports.invoices,
        owner=released.legal_entity,
        chain=ports.chain,
    )
    said = "; ".join(wrong)
    named = " and ".join(facts)
    return Verified(
        what="audit chain",
        holds=not said,
        said=f"against the audit chain: {said}" if said else f"the audit chain recorded the facts {named} as they are",
    )
