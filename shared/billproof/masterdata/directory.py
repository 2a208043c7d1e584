"""Versions of master data by name, over the records that `keys.py` names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from pydantic import ConfigDict, TypeAdapter

from billproof.approvals.governing import PolicyBook
from billproof.approvals.policy import FORMAT, Policy
from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.history import Receipt
from billproof.contracts.model import Contract
from billproof.errors import Conflict, Contended, InvalidInput, NotFound
from billproof.ids import shard_of, shown
from billproof.masterdata.crosswalk_book import CrosswalkBook, KnownCrosswalk
from billproof.masterdata.crosswalks import END, Crosswalk
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.masterdata.keys import (
    CATALOG,
    MEMBER_SHARDS,
    account_partition,
    key_of,
    members_partition,
    memberships,
    received,
    versions_key,
)
from billproof.masterdata.meters import Meter
from billproof.masterdata.model import AnyMasterData, CrmState, MasterData
from billproof.masterdata.packing import PackedRecords
from billproof.masterdata.parties import Account, LegalEntity
from billproof.model import Model
from billproof.names import PUBLISHED
from billproof.periods import month_name
from billproof.ports import Key, Record, Records
from billproof.retrying import attempts
from billproof.store_keys import VersionKey, partition_name, sort_key

MAX_ATTEMPTS = 10


@cache
def _any_master_data() -> TypeAdapter[AnyMasterData]:
    """Build the reader of every kind once, when it is first needed: most functions never read a message."""
    return TypeAdapter(MasterData, config=ConfigDict(hide_input_in_errors=True))


def _by(account: Account) -> str:
    return f"by {account.parent}" if account.parent else "on its own"


@dataclass(frozen=True, slots=True)
class KeptVersion[T]:
    """A version of master data as it is kept, and how it came; None where it was kept before that was noted."""

    data: T
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account's latest profile, every version of its contracts, the CRM's latest word on each, and its children."""

    account: Account
    contracts: tuple[Contract, ...]
    crm: tuple[CrmState, ...]
    children: tuple[str, ...]


class Directory:
    """Master data by name, over records, and the policies, over facts of their own where there are such."""

    def __init__(self, records: Records, policies: PolicyBook | None = None) -> None:
        self._records = PackedRecords(records)
        self.policies = policies or PolicyBook(lambda: records, records)

    def add(self, data: AnyMasterData, receipt: Receipt | None = None) -> bool:
        """Keep one version and its receipt; False where this very version is kept already, under its first receipt.

        A version that was kept before a field was added, and says nothing of it, is the same version.

        Raises Conflict where the version is taken with other content, or an account would change its legal entity or
        its parent, InvalidInput for a policy, which takes two people, and Contended.
        """
        if isinstance(data, Policy) and data.format == FORMAT:
            message = f"policy {data.id}: publish it with billproof policy publish; somebody else confirms it"
            raise InvalidInput(message)
        key = key_of(data)
        record = Record(key, data.model_dump(mode="json"), self._version_before(key))
        batch = [record]
        if receipt is not None:
            batch.append(Record(received(key_of(data)), receipt.model_dump(mode="json")))
        for _ in attempts(MAX_ATTEMPTS):
            if self._records.create_all([*batch, *self._new_memberships(data)]):
                return True
            stored = self._records.get(record.key)
            if stored is not None:
                break  # otherwise a membership was taken meanwhile, by another version of the account: look again
        else:
            message = f"others kept publishing {data.kind} {data.id}"
            raise Contended(message)
        if type(data).model_validate(stored) != data:
            message = f"{data.kind} {data.id} version {data.version} exists with other terms: publish a new version"
            raise Conflict(message)
        return False

    def _version_before(self, key: Key) -> Key | None:
        """Return where the last version of a lower number is; None for the first one."""
        version = VersionKey.parse(key.sort)
        versions = sort_key(*filter(None, [version.kind, version.name]), "")
        records = self._records.query(key.partition, prefix=versions, newest_first=True)
        return next((record.key for record in records if record.key.sort < key.sort), None)

    def _new_memberships(self, data: AnyMasterData) -> list[Record]:
        if not isinstance(data, Account):
            return []
        self._refuse_move(data)
        return [member for member in memberships(data) if self._records.get(member.key) is None]

    def _refuse_move(self, account: Account) -> None:
        known = self.latest(Account, account.id)
        if known is not None and known.legal_entity != account.legal_entity:
            message = f"account {account.id} belongs to {known.legal_entity} and cannot move to {account.legal_entity}"
            raise Conflict(message)
        if known is not None and known.parent != account.parent:
            message = f"account {account.id} is billed {_by(known)} and cannot be billed {_by(account)}: end its "
            raise Conflict(message + "contracts and open another account")

    def latest[T: Model](self, kind: type[T], name: str, account: str = "") -> T | None:
        """Return the latest version of one thing, or None; contracts and their states are found with their account."""
        place = versions_key(kind, name, account)
        for record in self._records.query(place.partition, prefix=place.sort, newest_first=True, limit=1):
            return kind.model_validate(record.document)
        return None

    def history[T: Model](self, kind: type[T], name: str, account: str = "") -> list[KeptVersion[T]]:
        """Return every version of one thing, oldest first, and of two currencies every rate, by day."""
        place = versions_key(kind, name, account)
        came = received(place)
        receipts = {
            record.key.sort: Receipt.model_validate(record.document)
            for record in self._records.query(came.partition, prefix=came.sort)
        }
        return [
            KeptVersion(kind.model_validate(record.document), receipts.get(record.key.sort))
            for record in self._records.query(place.partition, prefix=place.sort)
        ]

    def legal_entity(self, entity: str) -> LegalEntity:
        """Return the latest version of a legal entity; raises NotFound."""
        latest = self.latest(LegalEntity, entity)
        if latest is None:
            message = f"there is no legal entity {shown(entity)}"
            raise NotFound(message)
        return latest

    def versions_of(self, entity: str) -> list[LegalEntity]:
        """Return every version of a legal entity, oldest first."""
        place = versions_key(LegalEntity, entity)
        records = self._records.query(place.partition, prefix=place.sort)
        return [LegalEntity.model_validate(record.document) for record in records]

    def legal_entities(self) -> list[LegalEntity]:
        """Return the latest version of every legal entity, by id."""
        records = self._records.query(CATALOG, prefix="entity#")
        versions = (LegalEntity.model_validate(record.document) for record in records)
        return list({entity.id: entity for entity in versions}.values())

    def entity_ids(self) -> list[str]:
        """Return the ids of all legal entities."""
        return [entity.id for entity in self.legal_entities()]

    def meters(self) -> list[Meter]:
        """Return the latest version of every meter, by id."""
        records = self._records.query(CATALOG, prefix="meter#")
        versions = (Meter.model_validate(record.document) for record in records)
        return list({meter.id: meter for meter in versions}.values())

    def crm_mapping(self, system: str) -> CrmMapping | None:
        """Return the latest version of the mapping of a CRM, or None."""
        return self.latest(CrmMapping, system)

    def crosswalks(self, *, known_before: str = END) -> CrosswalkBook:
        """Return all crosswalks, of those of their versions that were received before an instant."""
        prefix = sort_key("crosswalk", "")
        records = list(self._records.query(CATALOG, prefix=prefix))
        receipts = self._records.query(received(Key(CATALOG, "")).partition, prefix=prefix) if records else ()
        came = {record.key.sort: record.document["received_at"] for record in receipts}
        versions = (
            KnownCrosswalk(Crosswalk.model_validate(record.document), came.get(record.key.sort, ""))
            for record in records
        )
        return CrosswalkBook.of(versions, known_before=known_before)

    def policy(self, entity: str) -> Policy:
        """Return the policy of a legal entity that is in force; one that knows nobody where none is."""
        return self.policies.in_force(entity)

    def rate(self, currency: str, books: str, *, on: date, days: int) -> ExchangeRate | None:
        """Return the last rate between two currencies on or before a day, not older than some days, or None."""
        rates: list[ExchangeRate] = []
        for pair in (f"{currency}-{books}", f"{books}-{currency}"):
            for month in sorted({month_name(on - timedelta(days=back)) for back in range(days + 1)}):
                records = self._records.query(partition_name("rates", pair), prefix=month)
                rates += (ExchangeRate.model_validate(record.document) for record in records)
        usable = (rate for rate in rates if rate.holds_on(on, days=days))
        return max(usable, key=lambda rate: (rate.day, rate.id == f"{currency}-{books}", rate.version), default=None)

    def account(self, account: str) -> Account | None:
        """Return the latest version of an account, or None."""
        return self.latest(Account, account)

    def children(self, account: str) -> list[str]:
        """Return the accounts that an account is the parent of, by id."""
        records = self._records.query(account_partition(account), prefix="child#")
        return [record.document["account"] for record in records]

    def contracts(self, account: str) -> list[Contract]:
        """Return every version of every contract of an account, by contract and version."""
        records = self._records.query(account_partition(account), prefix="contract#")
        return [Contract.model_validate(record.document) for record in records]

    def account_record(self, account: str) -> AccountRecord:
        """Return all that is known of an account, by one look-up; raises NotFound where it has no profile."""
        profile: Account | None = None
        contracts: list[Contract] = []
        states: dict[str, CrmState] = {}
        children: list[str] = []
        for record in self._records.query(account_partition(account)):
            match record.document["kind"]:
                case "account":
                    profile = Account.model_validate(record.document)
                case "contract":
                    contracts.append(Contract.model_validate(record.document))
                case "child":
                    children.append(record.document["account"])
                case _:
                    state = CrmState.model_validate(record.document)
                    states[state.id] = state
        if profile is None:  # the membership is written with the account's first version
            message = f"account {shown(account)} has no profile"
            raise NotFound(message)
        return AccountRecord(
            account=profile, contracts=tuple(contracts), crm=tuple(states.values()), children=tuple(children)
        )

    def holds(self, data: AnyMasterData) -> bool:
        """Say whether this very version, with these very terms, is what is stored."""
        if isinstance(data, Policy):
            return self.policies.holds(data)
        stored = self._records.get(key_of(data))
        return stored is not None and type(data).model_validate(stored) == data

    def is_listed(self, account: Account) -> bool:
        """Say whether an account is among those of its legal entity and, of a child, of its parent: so it is billed."""
        return all(self._is_stored(member.key) for member in memberships(account))

    def _is_stored(self, key: Key) -> bool:
        first = self._records.query(key.partition, prefix=key.sort, limit=1)
        return any(record.key == key for record in first)

    def receipt(self, data: AnyMasterData) -> Receipt | None:
        """Return how a version was received, or None where that is not known."""
        document = self._records.get(received(key_of(data)))
        return Receipt.model_validate(document) if document else None

    def known_since(self, account: str) -> str | None:
        """Return when the first version of an account came, as text in UTC; None where that is not known of each."""
        came = [version.receipt for version in self.history(Account, account)]
        known = [receipt.received_at for receipt in came if receipt is not None]
        return min(known) if known and len(known) == len(came) else None

    def members(self, entity: str, *, first: int = 0) -> Iterator[str]:
        """Yield the accounts that a legal entity bills, shard by shard, beginning with any of them."""
        for shard in range(first, first + MEMBER_SHARDS):
            yield from self.members_of_part(entity, shard % MEMBER_SHARDS, MEMBER_SHARDS)

    def members_of_part(self, entity: str, part: int, parts: int) -> Iterator[str]:
        """Yield one of some parts of the accounts of a legal entity; there are a multiple of MEMBER_SHARDS parts.

        Only the shard that holds the part is read, for both go by the same hash.
        """
        for record in self._records.query(members_partition(entity, part % MEMBER_SHARDS)):
            if shard_of(record.key.sort, parts) == part:
                yield record.key.sort


def read_master_data(text: str | bytes) -> AnyMasterData:
    """Read one message of the contract-events queue; raises pydantic's ValidationError, which says what and where."""
    return _any_master_data().validate_json(text, context=PUBLISHED)
