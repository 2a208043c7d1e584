"""Whether a file or a printed check code is that of a document, as it was released and sent: said in plain words.

stored record --> its SHA-256 --> the release names it --> the code that is printed on the document
file          --> its SHA-256 --> the delivery names it
"""

import re
from collections.abc import Iterator
from pathlib import Path

from billproof.errors import ImmutableDocument, NotFound, ObjectUnreadable
from billproof.ids import digest_bytes
from billproof.invoicing.delivery import Delivery, read_pdf
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.electronic_delivery import read_electronic
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.model import Released
from billproof.model import Model
from billproof_ops.errors import OpsError
from billproof_ops.target import Target

LEAST_DIGITS = 16
"""Digits of a check code that are compared at least: 64 bits, which nobody meets by chance."""
_NO_DIGIT = re.compile(r"[\s:.-]+")
_CODE = re.compile(rf"[0-9a-f]{{{LEAST_DIGITS},64}}")


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
    code = _NO_DIGIT.sub("", check_code).lower()
    if _CODE.fullmatch(code) is None:
        message = (
            f"a check code has {LEAST_DIGITS} to 64 digits from 0 to 9 and a to f, as it is printed on the document"
        )
        raise OpsError(message)
    holds = released.document.digest.startswith(code)
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
