"""Where versions of master data are kept.

catalog                    entity#<id>#v000001, meter#<id>#v000001, crm_mapping#<id>#v000001, crosswalk#<id>#v000001
account#<id>               profile#v000001, contract#<contract>#v000001, crm#<contract>#v000001, child#<account>
rates#<currencies>         <day>#v000001
received#<any of these>    when that version came, and who sent it
members#<entity>#<shard>   <account>          (an account belongs to one legal entity for good)

Policies are published and confirmed through the API and kept elsewhere (approvals/governing.py); those of format 1 lie
in the catalog, as policy#<id>#v000001.
"""

from collections.abc import Iterator

from billproof.approvals.policy import Policy
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.ids import shard_of
from billproof.masterdata.crosswalks import Crosswalk
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.meters import Meter
from billproof.masterdata.model import AnyMasterData, CrmState
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import Model
from billproof.ports import Key, Record
from billproof.store_keys import partition_name, sort_key

MEMBER_SHARDS = 16
"""Partitions over which the accounts of one legal entity are spread, so that none is hot at load."""
CATALOG = "catalog"
_IN_CATALOG: dict[type[Model], str] = {
    LegalEntity: "entity",
    Policy: "policy",
    Meter: "meter",
    CrmMapping: "crm_mapping",
    Crosswalk: "crosswalk",
}
_OF_ACCOUNTS: dict[type[Model], str] = {Contract: "contract", CrmState: "crm"}


def versions_key(kind: type[Model], name: str, account: str = "") -> Key:
    """Return the partition of every version of one thing, and what the sort keys of all of them begin with.

    Contracts and their states are found with their account; the rates of two currencies are those of every day.
    """
    if kind is Account:
        return Key(account_partition(name), sort_key("profile", ""))
    if kind is ExchangeRate:
        return Key(partition_name("rates", name), "")
    if kind in _OF_ACCOUNTS:
        return Key(account_partition(account), sort_key(_OF_ACCOUNTS[kind], name, ""))
    return Key(CATALOG, sort_key(_IN_CATALOG[kind], name, ""))


def key_of(data: AnyMasterData) -> Key:
    """Return the key of one version."""
    account = data.account if isinstance(data, Contract | CrmState) else ""
    versions = versions_key(type(data), data.id, account)
    day = sort_key(str(data.day), "") if isinstance(data, ExchangeRate) else ""
    return Key(versions.partition, f"{versions.sort}{day}v{data.version:06d}")


def received(key: Key) -> Key:
    """Return where it is kept how a version came, or what all of one thing begin with, by the version's own key."""
    return Key(partition_name("received", key.partition), key.sort)


def account_partition(account: str) -> str:
    """Return the partition of all that is known of an account."""
    return partition_name("account", account)


def members_partition(entity: str, shard: int) -> str:
    """Return one of the partitions of the accounts of a legal entity."""
    return partition_name("members", entity, f"{shard:02d}")


def memberships(account: Account) -> Iterator[Record]:
    """Yield whose an account is: its legal entity's, and its parent's where it has one."""
    partition = members_partition(account.legal_entity, shard_of(account.id, MEMBER_SHARDS))
    yield Record(Key(partition, account.id), {"account": account.id})
    if account.parent is not None:
        yield Record(
            Key(account_partition(account.parent), sort_key("child", account.id)),
            {"kind": "child", "account": account.id},
        )
