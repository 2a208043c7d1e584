"""When two accounts have one tax number, and when that is settled: one family, or one goes into the other."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof.masterdata.crosswalks import ACCOUNTS
from billproof.masterdata.parties import Account


def tax_number(account: Account) -> str:
    """Return the letters and digits of an account's tax number; nothing where it has none."""
    return "".join(letter for letter in account.vat_number or "" if letter.isalnum()).upper()


def same_tax_number(accounts: Iterable[Account]) -> Iterator[tuple[Account, Account]]:
    """Yield each pair of accounts with one tax number, by their numbers and ids."""
    by_number: dict[str, list[Account]] = {}
    for account in sorted(accounts, key=lambda account: account.id):
        if number := tax_number(account):
            by_number.setdefault(number, []).append(account)
    for _, alike in sorted(by_number.items()):
        yield from combinations(alike, 2)


def is_settled(one: Account, other: Account, crosswalks: CrosswalkBook, at: str) -> bool:
    """Say whether two accounts are of one family, or one goes into the other at an instant."""
    if one.parent == other.id or other.parent == one.id or (one.parent is not None and one.parent == other.parent):
        return True
    ends = {crosswalks.account_of(ACCOUNTS, account.id, at) for account in (one, other)}
    return len(ends) == 1
