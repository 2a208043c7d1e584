"""Where the record of a fact or object goes: whose chain, and under whose key its digest is made.

chain      of the legal entity that the key names, or that the account belongs to; `_shared` where there is none:
meters, exchange rates, and all that ingestion writes
subject    the account that the key names; of usage the bucket and month; else the owner of the chain
"""

from collections.abc import Callable
from dataclasses import dataclass

from billproof.audit.model import ANCHORED, OBJECTS
from billproof.errors import InvalidInput, NotFound
from billproof.identities import InvoiceId, RunId
from billproof.ids import shard_of
from billproof.ports import Key, Record
from billproof.store_keys import ChainName, FactKey, ObjectKey, PartitionName, VersionKey

SHARED = "_shared"
LANES = 8
"""Chains of one owner: so many writers do not wait for each other. Each is some fifty blocks a second at most."""

OF_AN_ENTITY = frozenset(
    {
        *("numbers", "openings", "revenue", "documents", "journal", "runs", "turns", "redriven", "signed-off"),
        *("limits", "policies", "webhooks", "webhook-turns", "receipt", "receipts", "uses", "payers", "cash-entries"),
        *("payer-receipts",),
        *("receipt-decisions", "sign-offs", "statements", "returns", "reminding", "advices", "closing"),
        *("addresses", "operator-actions"),
    }
)
"""Kinds of facts whose partitions name a legal entity and no account."""

_NOT_TOLD = "?"

type Owners = Callable[[str], str | None]
"""Names the legal entity of an account."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose chain and whose key."""

    owner: str
    subject: str


def chain_of(owner: str, place: tuple[str, ...]) -> str:
    """Return the chain of an owner that something is recorded in: always the same one for the same partition."""
    return str(ChainName(owner, shard_of(place[0], LANES)))


def owner_of_record(record: Record, owners: Owners) -> Ownership:
    """Say whose a fact is, by its key."""
    name = PartitionName.parse(record.key.partition)
    if name.kind == "received":
        name = PartitionName(name.parts[0], name.parts[1:])
    owner, subject = SHARED, ""
    match name.kind, name.parts:
        case "catalog", _:
            version = VersionKey.parse(record.key.sort)
            owner = version.name if version.kind in {"entity", "policy"} else SHARED
        case "account", (account,):
            owner, subject = _entity(record, account, owners), account
        case (("account" | "account-receipts" | "balance" | "cash" | "collection" | "disputes"), (entity, account, *_)):
            owner, subject = entity, account
        case (("invoices" | "exceptions"), (entity, *_)):
            account = FactKey.parse(record.key.sort).account
            owner, subject = entity, "" if account.startswith("_") else account
        case "members", (entity, *_):
            owner, subject = entity, record.key.sort
        case "requests", (asked_for, *_):
            owner = _entity_of(asked_for)
        case kind, (entity, *_) if kind in OF_AN_ENTITY:
            owner = entity
    return Ownership(owner, subject or owner)


def owner_of_object(key: str) -> Ownership:
    """Say whose an object is, by its key."""
    name = ObjectKey.parse(key)
    match name.folder, name.parts:
        case "runs", (run, *_):
            owner = _entity_of(run)
            return Ownership(owner, owner)
        case (
            ("invoices" | "documents" | "reconciliation" | "reconciliation-parts" | "bank-statements"),
            (owner, _, *_),
        ):
            return Ownership(owner, owner)
        case "account-documents", (owner, account, _):
            return Ownership(owner, account)
        case _:
            buckets = (part for part in name.parts if part.startswith("bucket="))
            return Ownership(SHARED, "/".join(filter(None, (name.folder, next(buckets, ""), name.month))))


def owner_of_place(store: str, place: tuple[str, ...]) -> str | None:
    """Say whose chain something has to be recorded in; None where its place alone does not tell.

    That is so of what an account has without the name of its legal entity, and of a place that nothing of ours has.
    """
    if store in {OBJECTS, ANCHORED}:
        return owner_of_object(place[0]).owner
    try:
        owner = owner_of_record(Record(Key(*place), {}), lambda _account: _NOT_TOLD).owner
    except (IndexError, InvalidInput):
        return None
    return None if owner == _NOT_TOLD else owner


def _entity(record: Record, account: str, owners: Owners) -> str:
    named = record.document.get("legal_entity")
    return named if isinstance(named, str) else owners(account) or SHARED


def _entity_of(name: str) -> str:
    """Return the legal entity of a run, an invoice or a credit note; nobody's where it is none, as a preview's."""
    for kind in (RunId, InvoiceId):
        try:
            return kind.parse(name).legal_entity
        except NotFound:
            continue
    return SHARED
