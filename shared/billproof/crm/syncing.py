"""From hints to contracts: each order is read as it is now, and only what differs becomes a new version.

    hint -> orders -> read -> map -> missing: the order waits, whole
                                     as billed: nothing; other terms: version n + 1

Hints come twice, late and in any order, and none of that matters: the order is read after its last version, and what is
stored is the next one. Where another call stored it first, the order is read again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import batched

from billproof.contracts.crm_mappings import CrmMapping
from billproof.contracts.history import Receipt
from billproof.contracts.model import Contract
from billproof.crm.checking import Checks, finding_of
from billproof.crm.comparing import as_version, canonical_digest, latest_of
from billproof.crm.customers import Customers
from billproof.crm.hints import RECORD_KINDS, CrmHint, CrmListing, CrmMessage
from billproof.crm.mapping import MappedOrder, Missing, MissingPart, map_order
from billproof.crm.orders import CrmOrder
from billproof.crm.port import Crm, ListedOrder
from billproof.crm.waiting import CrmExceptions, WaitingOrder
from billproof.errors import Conflict, Contended, InvalidInput, NotFound, work_apart
from billproof.masterdata.directory import AccountRecord, Directory
from billproof.masterdata.service import keep_version
from billproof.model import Model
from billproof.ports import Queue
from billproof.retrying import attempts

MOST_TRIES = 5
HINTED_AT_ONCE = 20
"""Orders that a listing asks for in one message."""


class OrderOutcome(StrEnum):
    """What became of an order."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    DECIDED = "decided"
    DRIFTED = "drifted"
    UNSIGNED = "unsigned"
    GONE = "gone"


class CrmTaken(Model):
    """What became of the orders of a message, or how many were asked for."""

    kind: str
    orders: int = 0
    stored: int = 0
    waiting: int = 0
    drifted: int = 0


@dataclass(frozen=True, slots=True)
class CrmSources:
    """What is read and written."""

    directory: Directory
    crm: Callable[[str], Crm | None]
    exceptions: CrmExceptions
    queue: Callable[[], Queue]
    receipt: Receipt


def take_crm_message(message: CrmMessage, sources: CrmSources) -> CrmTaken:
    """Do what a message hints at.

    Raises InvalidInput for a CRM that is not set up or has no mapping, ExternalServiceUnavailable where it does not
    answer: the other orders of the message are done all the same.
    """
    if isinstance(message, CrmHint) and message.record_kind not in RECORD_KINDS:
        return CrmTaken(kind=message.kind)
    crm, customers = _crm(message.system, sources), _customers(message.system, sources)
    if isinstance(message, CrmListing):
        return _ask_for_all(message, crm, customers, sources)
    orders = crm.orders_of(message.record_kind, message.records)
    adopt = message.adopt
    taken = work_apart(
        lambda order: take_order(order, crm=crm, customers=customers, sources=sources, adopt=adopt),
        [(order, order) for order in orders],
    )
    return CrmTaken(
        kind=message.kind,
        orders=len(taken),
        stored=taken.count(OrderOutcome.STORED),
        waiting=taken.count(OrderOutcome.WAITING),
        drifted=taken.count(OrderOutcome.DRIFTED),
    )


def take_order(order: str, *, crm: Crm, customers: Customers, sources: CrmSources, adopt: bool) -> OrderOutcome:
    """Bring billing to what an order says or, without `adopt`, only say whether it is there.

    An order that waits for the mapping becomes a contract in either case, once the mapping knows what it lacked.
    """
    mapping = customers.mapping
    read = crm.order(order)
    for _ in attempts(MOST_TRIES):
        if read is None:
            return OrderOutcome.GONE
        mapped, account = _mapped(read, customers, sources.directory)
        waiting = WaitingOrder(_entity(account, mapping), mapping.id, read.id, read.created)
        checks = Checks(customers, sources.directory, sources.exceptions)
        latest = _latest(mapped, account)
        if mapped.contract is None and (mapped.missing or latest is not None):
            return _wait(checks, waiting, mapped, latest)
        if mapped.contract is None or account is None:
            return OrderOutcome.UNSIGNED
        if latest is not None and canonical_digest(latest) == canonical_digest(mapped.contract):
            checks.agree(waiting, latest, account)
            return OrderOutcome.UNCHANGED
        if not adopt and not checks.waits_for_mapping(waiting):
            is_open = checks.differ(waiting, mapped.contract, latest, account)
            return OrderOutcome.DRIFTED if is_open else OrderOutcome.DECIDED
        # Read once more, now that the last version is known: what is stored next is never older than it.
        again = crm.order(order)
        if again == read:
            version = as_version(mapped.contract, latest.version + 1 if latest else 1)
            if _keep(version, sources):
                checks.agree(waiting, version, sources.directory.account_record(version.account))
                return OrderOutcome.STORED
            again = crm.order(order)
        read = again
    message = f"others kept changing order {mapping.id}:{order}"
    raise Contended(message)


def _keep(version: Contract, sources: CrmSources) -> bool:
    """Keep a version as the queue of contracts does; False where another one has its number already."""
    try:
        keep_version(version, directory=sources.directory, receipt=sources.receipt)
    except Conflict:
        return False
    return True


def _wait(checks: Checks, waiting: WaitingOrder, mapped: MappedOrder, latest: Contract | None) -> OrderOutcome:
    findings = [finding_of(missing, waiting, checks.mapping) for missing in mapped.missing]
    if not findings and latest is not None:
        findings = [checks.withdrawn(waiting, latest)]
    opened = checks.exceptions.wait(waiting, findings, amount=mapped.amount)
    return OrderOutcome.DECIDED if opened is None else OrderOutcome.WAITING


def _mapped(order: CrmOrder, customers: Customers, directory: Directory) -> tuple[MappedOrder, AccountRecord | None]:
    """Map an order, and look its account up: one that is not published is missing, as a customer is."""
    mapped = map_order(order, customers.mapping, customers.crosswalks)
    account = mapped.account
    if account is None:
        return mapped, None
    try:
        record = directory.account_record(account)
    except NotFound:
        message = f"the account {account} of customer {order.customer!r} is not published"
        missing = Missing(part=MissingPart.CUSTOMER, place="customer", message=message, amount=mapped.amount)
        return mapped.model_copy(update={"contract": None, "missing": (*mapped.missing, missing)}), None
    other = None if _latest(mapped, record) else _other_account(mapped, account, customers, directory)
    if other is not None:
        message = f"contract {mapped.contract_id} is billed to account {other}: end it there before {account} has it"
        missing = Missing(part=MissingPart.CUSTOMER, place="customer", message=message, amount=mapped.amount)
        return mapped.model_copy(update={"contract": None, "missing": (*mapped.missing, missing)}), record
    return mapped, record


def _other_account(mapped: MappedOrder, account: str, customers: Customers, directory: Directory) -> str | None:
    """Return who else of the CRM's customers is billed by the contract: an order may go over to another customer."""
    begins = mapped.contract.effective.start if mapped.contract is not None else None
    for name in (known for known in customers.accounts if known != account):
        try:
            contracts = directory.account_record(name).contracts
        except NotFound:
            continue
        latest = latest_of(mapped.contract_id, contracts)
        end = latest.effective.end if latest is not None else None
        if latest is not None and (end is None or begins is None or end > begins):
            return name
    return None


def _latest(mapped: MappedOrder, account: AccountRecord | None) -> Contract | None:
    return None if account is None else latest_of(mapped.contract_id, account.contracts)


def _entity(account: AccountRecord | None, mapping: CrmMapping) -> str:
    return mapping.legal_entity if account is None else account.account.legal_entity


def _ask_for_all(message: CrmListing, crm: Crm, customers: Customers, sources: CrmSources) -> CrmTaken:
    """Ask for every order, a few in a message, and find contracts that no order stands behind."""
    numbers: set[str] = set()

    def hints() -> Iterator[str]:
        for some in batched(_noted(crm.listed(), numbers), HINTED_AT_ONCE, strict=False):
            records = tuple(order.id for order in some)
            hint = CrmHint(
                system=message.system, record_kind="Order", records=records, event=message.event, adopt=message.adopt
            )
            yield hint.model_dump_json()

    sources.queue().send(hints())
    drifted = Checks(customers, sources.directory, sources.exceptions).find_unlisted(numbers)
    return CrmTaken(kind=message.kind, orders=len(numbers), drifted=drifted)


def _noted(orders: Iterator[ListedOrder], numbers: set[str]) -> Iterator[ListedOrder]:
    for order in orders:
        numbers.add(order.number)
        yield order


def _crm(system: str, sources: CrmSources) -> Crm:
    crm = sources.crm(system)
    if crm is None:
        message = f"the CRM {system} is not set up: its secret is a parameter of the deployment"
        raise InvalidInput(message)
    return crm


def _customers(system: str, sources: CrmSources) -> Customers:
    mapping = sources.directory.crm_mapping(system)
    if mapping is None:
        message = f"the CRM {system} has no mapping: publish one with billproof publish"
        raise InvalidInput(message)
    return Customers(mapping, sources.directory.crosswalks())
