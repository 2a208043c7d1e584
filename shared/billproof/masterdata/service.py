"""Taking master data from the CRM: versions, in any order, as often as they are sent."""

from enum import StrEnum

from billproof.contracts.history import Receipt, VersionChange, version_changes
from billproof.errors import NotFound
from billproof.ids import shown
from billproof.masterdata.directory import Directory, read_master_data
from billproof.masterdata.model import AnyMasterData
from billproof.masterdata.publishing import refuse_unsound
from billproof.model import Model


class SyncOutcome(StrEnum):
    """What became of a message."""

    STORED = "stored"
    KNOWN = "known"


class Synced(Model):
    """The version that a message carried, and whether it was new."""

    kind: str
    id: str
    version: int
    outcome: SyncOutcome


def sync_contract(body: str, *, directory: Directory, receipt: Receipt | None = None) -> Synced:
    """Keep the version that one message carries, and who sent it; a version that is known is accepted without change.

    Raises pydantic's ValidationError where the message is not master data, InvalidInput where no run could bill it, and
    Conflict where the version exists with other terms: all are for a person, so the message ends in the dead-letter
    queue. A version that is stored was accepted by the rules of its day.
    """
    return keep_version(read_master_data(body), directory=directory, receipt=receipt)


def keep_version(data: AnyMasterData, *, directory: Directory, receipt: Receipt | None = None) -> Synced:
    """Keep a version, and who sent it; raises as sync_contract does."""
    if not directory.holds(data):
        refuse_unsound(data, directory)
    outcome = SyncOutcome.STORED if directory.add(data, receipt) else SyncOutcome.KNOWN
    return Synced(kind=data.kind, id=data.id, version=data.version, outcome=outcome)


def contract_history(account: str, *, directory: Directory) -> list[VersionChange]:
    """Return every version of an account's contracts, by contract and version; raises NotFound where it has none."""
    versions = directory.contracts(account)
    if not versions:
        message = f"account {shown(account)} has no contract"
        raise NotFound(message)
    return version_changes(versions, receipt_of=directory.receipt)
