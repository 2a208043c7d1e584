"""Accounts that may be one customer, as `billproof crosswalk duplicates` lists them: those that nobody decided on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from billproof.approvals.exception_store import ExceptionStore
from billproof.completeness.alike_accounts import SharedBy, alike_accounts
from billproof.completeness.one_customer import READ_AT_ONCE, decided_pairs
from billproof.masterdata.directory import Directory
from billproof.periods import instant_text
from billproof_ops.errors import OpsError
from billproof_ops.model import Shown

MOST_ACCOUNTS = 20_000
"""Accounts that are compared with each other: each name is, with every other one."""


class Duplicate(Shown):
    """Two accounts that may be one customer, and what speaks for it; `value` is that of the first."""

    account: str
    other: str
    shared: SharedBy
    value: str


def duplicates_of(directory: Directory, exception_store: ExceptionStore, now: datetime) -> list[Duplicate]:
    """Return the pairs of accounts that may be one customer, without those that a person decided on.

    Raises OpsError past MOST_ACCOUNTS.
    """
    names = sorted(name for entity in directory.entity_ids() for name in directory.members(entity))
    if len(names) > MOST_ACCOUNTS:
        message = f"{len(names)} accounts are too many to compare: {MOST_ACCOUNTS} at most"
        raise OpsError(message)
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        accounts = [account for account in pool.map(directory.account, names) if account is not None]
    is_decided = decided_pairs(directory, exception_store, now)
    pairs = alike_accounts(accounts, directory.crosswalks(), instant_text(now), by=[*SharedBy])
    return [
        Duplicate(account=pair.one.id, other=pair.other.id, shared=pair.shared, value=pair.value)
        for pair in pairs
        if not is_decided(pair)
    ]
