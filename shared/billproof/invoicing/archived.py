"""Whether facts say that a file was archived: its document was issued, and its release or delivery names its digest."""

from billproof.audit.beside import ArchivedAs, Archiving
from billproof.errors import NotFound
from billproof.invoicing.archive import archived_file, archived_record
from billproof.invoicing.delivery import Delivery
from billproof.invoicing.facts import DELIVERED
from billproof.invoicing.listing import find_document
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.store_keys import ObjectKey


def archived_as(register: Register, directory: Directory) -> ArchivedAs:
    """Return what says of a key in the archive whether facts name it."""
    return lambda key: _archiving(key, register, directory)


def _archiving(key: str, register: Register, directory: Directory) -> Archiving:
    try:
        entity, _year, number, digest, name = ObjectKey.parse(key).parts
        document = find_document(number, register, [directory.legal_entity(entity)])
    except (NotFound, ValueError):
        document = None
    if document is None:
        return Archiving.FORGED
    try:
        return _named(key, document, name, digest, register)
    except (NotFound, ValueError):  # its facts were altered, and are named for that
        return Archiving.UNTOLD


def _named(key: str, document: str, name: str, digest: str, register: Register) -> Archiving:
    released = register.released(document)
    if released is None:  # its facts are gone, as those of an account that was erased
        return Archiving.UNTOLD
    if archived_file(released, "", name, digest).key != key:
        return Archiving.FORGED
    record = archived_record(released)
    if name == record.name:
        return Archiving.KNOWN if key == record.key else Archiving.FORGED
    fact = register.fact(document, DELIVERED)
    files = Delivery.model_validate(fact).archived_files(released) if fact is not None else ()
    return Archiving.KNOWN if key in {file.key for file in files} else Archiving.UNTOLD
