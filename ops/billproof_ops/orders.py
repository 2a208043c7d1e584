"""Orders from files to contracts, by a mapping: what comes out, and whether it is news."""

from pathlib import Path

from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.model import Contract
from billproof.crm.comparing import as_version, canonical_digest, latest_of
from billproof.crm.customers import Customers
from billproof.crm.mapping import MappedOrder, map_order
from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.master_files import Written, read_files
from billproof_ops.order_files import read_orders
from billproof_ops.target import Target


def customers_of(file: Path | None, crm: str) -> Customers:
    """Return the mapping of a file, without crosswalks, or else all that is published for a CRM; raises WrongUse."""
    if file is not None:
        mappings = [written.data for written in read_files([file]) if isinstance(written.data, CrmMapping)]
        if len(mappings) != 1:
            message = f"{file} holds {len(mappings)} mappings of a CRM: name a file with one"
            raise WrongUse(message)
        return Customers(mappings[0], CrosswalkBook())
    directory = Target.find().ports.directory if crm else None
    mapping = directory.crm_mapping(crm) if directory else None
    if directory is None or mapping is None:
        message = "name the mapping: a file with --mapping, or a CRM whose mapping is published with --crm"
        raise WrongUse(message)
    return Customers(mapping, directory.crosswalks())


def map_files(files: list[Path], customers: Customers) -> list[MappedOrder]:
    """Return what the orders of some files are by a mapping and the crosswalks."""
    mapping = customers.mapping
    orders = (order for file in files for order in read_orders(file, system=mapping.id))
    return [map_order(order, mapping, customers.crosswalks) for order in orders]


def news(target: Target, mapped: list[MappedOrder]) -> list[Written]:
    """Return the contracts that differ from what is billed, each under its next version.

    Raises OpsError where an order misses anything: nothing is published of a file that is not whole.
    """
    incomplete = [one.contract_id for one in mapped if one.missing]
    if incomplete:
        message = (
            f"nothing is published: {', '.join(incomplete)} cannot become contracts (billproof contract map says why)"
        )
        raise OpsError(message)
    contracts = [one.contract for one in mapped if one.contract is not None]
    return [Written(contract.id, as_version(contract, next_)) for contract, next_ in _versions(target, contracts)]


def _versions(target: Target, contracts: list[Contract]) -> list[tuple[Contract, int]]:
    pairs = []
    for contract in contracts:
        latest = latest_of(contract.id, target.ports.directory.contracts(contract.account))
        if latest is None or canonical_digest(latest) != canonical_digest(contract):
            pairs.append((contract, latest.version + 1 if latest else 1))
    return pairs
