"""The archive: every file of an issued document and its record, locked until the end of its retention.

archive/<legal entity>/<year of issue>/<number>/<SHA-256>/<file>

A name holds its content's digest: the same bytes are kept once, and no other ones have their name. The facts that the
audit chain records say which digests a document has: its release that of its record, its delivery those of its files.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from billproof.ids import digest_bytes
from billproof.invoicing.mails import DeliveredFiles
from billproof.invoicing.model import Invoice, Released
from billproof.invoicing.retention import end_of_retention, last_day_kept
from billproof.ports import Archive, Objects


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file in the archive: what it is, its name, what its content hashes to, and where it is."""

    what: str
    name: str
    digest: str
    key: str


def archived_file(released: Released, what: str, name: str, digest: str) -> ArchivedFile:
    """Return a file of a document as the archive has it."""
    key = f"archive/{released.legal_entity}/{released.issue_date.year}/{released.number}/{digest}/{name}"
    return ArchivedFile(what, name, digest, key)


def archived_record(released: Released) -> ArchivedFile:
    """Return the record of a document as the archive has it."""
    return archived_file(released, "record", f"{released.number}.json", released.document.digest)


def archive_document(
    invoice: Invoice, released: Released, files: DeliveredFiles, *, objects: Objects, archive: Archive
) -> date:
    """Keep the files of a document and its record in the archive; return the last day of its retention."""
    last_day = last_day_kept(invoice.seller.address.country, released.issue_date)
    until = end_of_retention(last_day)
    archive.keep(
        archived_record(released).key,
        objects.get(released.document.key),
        content_type="application/json",
        until=until,
    )
    for name, media_type, data in _files(released, files):
        kept = archived_file(released, "file", name, digest_bytes(data))
        archive.keep(kept.key, data, content_type=media_type, until=until)
    return last_day


def _files(released: Released, files: DeliveredFiles) -> Iterator[tuple[str, str, bytes]]:
    yield f"{released.number}.pdf", "application/pdf", files.pdf
    yield from files.annexes(released)
    if files.electronic is not None:
        yield files.electronic.name, files.electronic.media_type, files.electronic.data
