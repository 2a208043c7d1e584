"""An account with the children that are billed on its invoice: what is known of all of them together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billproof.contracts.model import Contract
from billproof.errors import NotFound, UnpriceableCharge
from billproof.ids import shown
from billproof.masterdata.directory import AccountRecord, Directory
from billproof.masterdata.parties import Account
from billproof.pricing.terms import CrmVersion


@dataclass(frozen=True, slots=True)
class Family:
    """Everything known of an account and of the children that are billed on its invoice."""

    parent: AccountRecord
    children: tuple[AccountRecord, ...] = ()

    @property
    def records(self) -> tuple[AccountRecord, ...]:
        """The account's record, then its children's."""
        return (self.parent, *self.children)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The account, then its children."""
        return tuple(record.account for record in self.records)

    @property
    def contracts(self) -> list[Contract]:
        """Every version of all their contracts; raises UnpriceableCharge where two accounts name theirs alike."""
        contracts = [contract for record in self.records for contract in record.contracts]
        owners: dict[str, str] = {}
        for contract in contracts:
            if owners.setdefault(contract.id, contract.account) != contract.account:
                message = f"{owners[contract.id]} and {contract.account} are on one invoice and both have a contract "
                raise UnpriceableCharge(message + contract.id, contract=contract.id)
        return contracts

    @property
    def crm_versions(self) -> tuple[CrmVersion, ...]:
        """What the CRM says of their contracts, beside the digest of the terms that billing holds."""
        known = {(contract.id, contract.version): contract.terms_digest for contract in self.contracts}
        return tuple(
            CrmVersion(
                contract=state.id,
                version=state.contract_version,
                terms_digest=state.terms_digest,
                known=known.get((state.id, state.contract_version)),
            )
            for record in self.records
            for state in record.crm
        )


def family_of(
    parent: AccountRecord, legal_entity: str, directory: Directory, names: Iterable[str] | None = None
) -> Family:
    """Return an account with its children (or those named), those of another legal entity left out.

    Raises UnpriceableCharge where the account is a child itself, whose parent cannot bill it.
    """
    refuse_unbilled_child(parent.account)
    children = [directory.account_record(name) for name in (parent.children if names is None else names)]
    return Family(parent, tuple(child for child in children if child.account.legal_entity == legal_entity))


def is_billed_by(parent: str, legal_entity: str, directory: Directory) -> bool:
    """Say whether an account may bill its children: it is of the same legal entity, and nobody's child."""
    account = directory.account(parent)
    return account is not None and account.legal_entity == legal_entity and account.parent is None


def refuse_unbilled_child(account: Account) -> None:
    """Raise UnpriceableCharge for a child whose parent cannot bill it."""
    if account.parent is not None:
        message = f"its parent {account.parent} is no account of {account.legal_entity}, or is a child itself"
        raise UnpriceableCharge(message, contract="account/parent")


def refuse_several_zones(contracts: Iterable[Contract]) -> None:
    """Raise UnpriceableCharge where usage would be pooled over periods that begin at different instants."""
    together = list(contracts)
    zones = sorted({contract.time_zone for contract in together})
    if len(zones) > 1 and any(charge.pooled for contract in together for charge in contract.charges):
        message = f"usage is pooled over contracts in {' and '.join(zones)}"
        raise UnpriceableCharge(message, contract="contracts")


def members_of(directory: Directory, legal_entity: str, members: Iterable[str], only: Sequence[str]) -> list[str]:
    """Return which members of a legal entity to look at; of those named, a child stands for its parent and children.

    Raises NotFound for one that is named and is no member.
    """
    known = set(members)
    unknown = sorted(set(only) - known)
    if unknown:
        message = f"{legal_entity} does not bill {', '.join(map(shown, unknown))}"
        raise NotFound(message)
    if not only:
        return sorted(known)
    wanted = set(only)
    for account_record in map(directory.account_record, only):
        parent = account_record.account.parent
        if parent in known:
            wanted |= {parent, *directory.account_record(parent).children}
        wanted |= set(account_record.children)
    return sorted(known & wanted)
