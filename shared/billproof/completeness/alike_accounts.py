"""Accounts that may be one customer: by tax number, by name, and by the domain of their mail. People decide.

    tax number     the same letters and digits          one customer, or a mistake in one of both
    name           alike but for a letter or two        as payments are matched by names
    domain         the same, and no mail provider's     may be one group

Accounts of one parent, and those of which crosswalks let one go into the other, are known to be what they are.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from enum import StrEnum
from itertools import combinations, product
from typing import NamedTuple

from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof.masterdata.crosswalks import ACCOUNTS
from billproof.masterdata.parties import Account
from billproof.payments.matching.names import NameIndex, name_index

MOST_OF_A_DOMAIN = 20
"""Accounts of one domain; where there are more, it is one that many use."""
MOST_PAIRED = 50
"""So many accounts with one tax number or name are reported pair by pair; of more, the pairs of the first one."""
STROKES = 2
"""In which a word may differ: people look at the two, and no money goes by it."""
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


class AlikeAccounts(NamedTuple):
    """Two accounts that may be one customer, by their ids, and what speaks for it; `value` is that of the first."""

    one: Account
    other: Account
    shared: SharedBy
    value: str


def alike_accounts(
    accounts: Iterable[Account], crosswalks: CrosswalkBook, at: str, *, by: Collection[SharedBy]
) -> Iterator[AlikeAccounts]:
    """Yield the pairs with something in common that is not settled; each pair once, by what says the most."""
    known = {account.id: account for account in accounts}
    listed: set[tuple[str, str]] = set()
    kinds: tuple[tuple[SharedBy, Callable[[], Iterator[tuple[str, str, str]]]], ...] = (
        (SharedBy.TAX_NUMBER, lambda: _alike(known, tax_number)),
        (SharedBy.NAME, lambda: _named_alike(known)),
        (SharedBy.DOMAIN, lambda: _alike(known, _domain, most=MOST_OF_A_DOMAIN)),
    )
    for shared, pairs in kinds:
        for one, other, value in pairs() if shared in by else ():
            if (one, other) not in listed and not _is_settled(known[one], known[other], crosswalks, at):
                listed.add((one, other))
                yield AlikeAccounts(known[one], known[other], shared, value)


def tax_number(account: Account) -> str:
    """Return the letters and digits of an account's tax number; nothing where it has none."""
    return "".join(letter for letter in account.vat_number or "" if letter.isalnum()).upper()


def _alike(
    known: dict[str, Account], read: Callable[[Account], str], most: int | None = None
) -> Iterator[tuple[str, str, str]]:
    by_value: dict[str, list[str]] = {}
    for name, account in sorted(known.items()):
        if value := read(account):
            by_value.setdefault(value, []).append(name)
    for value, names in sorted(by_value.items()):
        if most is None or len(names) <= most:
            pairs = combinations(names, 2) if len(names) <= MOST_PAIRED else product(names[:1], names[1:])
            yield from ((one, other, value) for one, other in pairs)


def _named_alike(known: dict[str, Account]) -> Iterator[tuple[str, str, str]]:
    """Yield the accounts whose names are alike; of too many with one name, the first one with each other."""
    index = name_index(tuple((account.id, account.name) for account in known.values()))
    of_name: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for account in sorted(known):
        name = index.names[account]
        of_name.setdefault((name.bare, name.forms), []).append(account)
    first = {name: many[0] for many in of_name.values() if len(many) > MOST_PAIRED for name in many}
    for one in sorted(known):
        others = index.alike(index.names[one]) if first.get(one, one) == one else ()
        for other in sorted(others):
            if one < other and first.get(other, other) in {one, other} and _are_clearly(one, other, index):
                yield one, other, known[one].name


def _are_clearly(one: str, other: str, index: NameIndex) -> bool:
    """Say whether two names are one, whichever of both is cut off."""
    return any(index.is_clearly(a, index.names[b], STROKES) for a, b in ((other, one), (one, other)))


def _domain(account: Account) -> str:
    domain = account.billing_email.rpartition("@")[2].lower()
    return "" if domain in _PROVIDERS else domain


def _is_settled(one: Account, other: Account, crosswalks: CrosswalkBook, at: str) -> bool:
    """Say whether two accounts are of one family, or one goes into the other at an instant."""
    if one.parent == other.id or other.parent == one.id or (one.parent is not None and one.parent == other.parent):
        return True
    ends = {crosswalks.account_of(ACCOUNTS, account.id, at) for account in (one, other)}
    return len(ends) == 1
