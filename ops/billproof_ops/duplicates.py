"""Accounts that may be one customer: by tax number, by name, and by the domain of their mail. People decide.

    tax number     the same letters and digits          one customer, or a mistake in one of both
    name           alike but for a letter or two        as payments are matched by names
    domain         the same, and no mail provider's     may be one group

Accounts of one parent, and those of which crosswalks let one go into the other, are known to be what they are.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from itertools import combinations

from billproof.approvals.exception_store import ExceptionStore
from billproof.completeness.one_customer import decided_pairs
from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof.masterdata.directory import Directory
from billproof.masterdata.duplicates import is_settled, tax_number
from billproof.masterdata.parties import Account
from billproof.payments.matching.names import name_index
from billproof.periods import instant_text
from billproof_ops.errors import OpsError
from billproof_ops.model import Shown

MOST_ACCOUNTS = 20_000
"""Accounts that are compared with each other: each name is, with every other one."""
MOST_OF_A_DOMAIN = 20
"""Accounts of one domain; where there are more, it is one that many use."""
READ_AT_ONCE = 16
_PROVIDERS = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
        "me.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "t-online.de",
        "proton.me",
        "protonmail.com",
    ]
)


class SharedBy(StrEnum):
    """What two accounts have in common."""

    TAX_NUMBER = "tax_number"
    NAME = "name"
    DOMAIN = "domain"


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
    known = {account.id: account for account in accounts}
    pairs = find_duplicates(accounts, directory.crosswalks(), instant_text(now))
    return [pair for pair in pairs if not is_decided(known[pair.account], known[pair.other])]


def find_duplicates(accounts: Iterable[Account], crosswalks: CrosswalkBook, at: str) -> Iterator[Duplicate]:
    """Yield the pairs that have a tax number, a name or a domain in common; each pair once, by what says the most."""
    known = {account.id: account for account in accounts}
    listed: set[tuple[str, str]] = set()
    for shared, pairs in (
        (SharedBy.TAX_NUMBER, _alike(known, tax_number)),
        (SharedBy.NAME, _named_alike(known)),
        (SharedBy.DOMAIN, _alike(known, _domain, most=MOST_OF_A_DOMAIN)),
    ):
        for one, other, value in pairs:
            if (one, other) not in listed and not is_settled(known[one], known[other], crosswalks, at):
                listed.add((one, other))
                yield Duplicate(account=one, other=other, shared=shared, value=value)


def _alike(
    known: dict[str, Account], read: Callable[[Account], str], most: int | None = None
) -> Iterator[tuple[str, str, str]]:
    by_value: dict[str, list[str]] = {}
    for name, account in sorted(known.items()):
        if value := read(account):
            by_value.setdefault(value, []).append(name)
    for value, names in sorted(by_value.items()):
        if most is None or len(names) <= most:
            yield from ((one, other, value) for one, other in combinations(names, 2))


def _named_alike(known: dict[str, Account]) -> Iterator[tuple[str, str, str]]:
    index = name_index(tuple((account.id, account.name) for account in known.values()))
    for one in sorted(known):
        for other in sorted(index.alike(index.names[one])):
            if one < other and index.is_clearly(other, index.names[one]):
                yield one, other, known[one].name


def _domain(account: Account) -> str:
    domain = account.billing_email.rpartition("@")[2].lower()
    return "" if domain in _PROVIDERS else domain
