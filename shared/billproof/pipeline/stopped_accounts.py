"""An account whose planning raised: as much of it as still reads, so that it is held and its events counted."""

from billproof.masterdata.directory import AccountRecord, Directory
from billproof.masterdata.parties import Account, CustomerKind, LegalEntity
from billproof.nets import is_outside
from billproof.pipeline.families import Family

UNREADABLE = "unreadable@billproof.invalid"


def readable_family(name: str, entity: LegalEntity, directory: Directory) -> Family:
    """Return an account and its children without contracts; a profile that does not read is stood in for."""
    children = [_record(child, entity, directory) for child in directory.children(name)]
    mine = tuple(child for child in children if child.account.legal_entity == entity.id)
    return Family(_record(name, entity, directory), mine)


def _record(name: str, entity: LegalEntity, directory: Directory) -> AccountRecord:
    return AccountRecord(account=_profile(name, entity, directory), contracts=(), crm=(), children=())


def _profile(name: str, entity: LegalEntity, directory: Directory) -> Account:
    """Return the profile, or a stand-in at the address of the legal entity: no invoice is ever made of it."""
    try:
        account = directory.account(name)
    except Exception as error:
        if is_outside(error):
            raise
        account = None
    return account or Account(
        id=name,
        version=1,
        name=name,
        legal_entity=entity.id,
        address=entity.address,
        customer_kind=CustomerKind.BUSINESS,
        billing_email=UNREADABLE,
    )
