"""Whose money it may be, by the bank account and the name that it came from."""

from dataclasses import dataclass
from enum import StrEnum

from billproof.payments.matching.names import comparable_name, name_index
from billproof.payments.model import Payer
from billproof.payments.ports import OpenBook


class PayerIdentity(StrEnum):
    """How a payer is known."""

    REMEMBERED = "remembered"
    """People decided before whose money comes from there."""
    NAMED = "named"
    """It has the name of an account to the letter, but for capitals, white space, accents and the legal form."""
    ALIKE = "alike"
    """Its name is like that of an account, which is never enough: a stroke tells sister companies apart."""
    UNKNOWN = "unknown"


KNOWN_FOR_SURE = {PayerIdentity.REMEMBERED, PayerIdentity.NAMED}
"""How a payer is known where no amount has to confirm it."""
SAID = {
    PayerIdentity.REMEMBERED: "Money from this payer was this account's before.",
    PayerIdentity.NAMED: "The payer has the account's name.",
    PayerIdentity.ALIKE: "The payer's name is like the account's.",
    PayerIdentity.UNKNOWN: "The payer is not known.",
}


@dataclass(frozen=True, slots=True)
class KnownPayer:
    """The accounts whose money it may be, and how that is known."""

    accounts: frozenset[str]
    identity: PayerIdentity
    is_clear: bool = True
    """Whether it is one of these accounts for sure."""

    @property
    def sole(self) -> str | None:
        """The account that it is for sure, if there is one."""
        return min(self.accounts) if self.is_clear and len(self.accounts) == 1 else None


def known_payer(payer: Payer, book: OpenBook) -> KnownPayer:
    """Say who paid: who is remembered, then who has the name, then whose names are alike.

    Where the account is remembered and the name is another account's, it may be either: nobody is for sure. Nor is
    anybody where the name is like none: it may be of somebody who pays for several.
    """
    remembered = book.remembered(payer) if payer.account or payer.name else frozenset()
    if not payer.name:
        return KnownPayer(remembered, PayerIdentity.REMEMBERED if remembered else PayerIdentity.UNKNOWN)
    index = name_index(tuple(book.names().items()))
    name = comparable_name(payer.name)
    named = index.named_so(name)
    if remembered:
        if named and not remembered & named:
            return KnownPayer(remembered | named, PayerIdentity.ALIKE, is_clear=False)
        is_clear = bool(named) or any(index.is_like(account, name) for account in remembered)
        return KnownPayer(remembered, PayerIdentity.REMEMBERED, is_clear=is_clear)
    begun = frozenset() if name.forms else index.cut_so(name)
    if named:
        return KnownPayer(named | begun, PayerIdentity.NAMED)
    alike = begun or index.cut_so(name) | index.alike(name)
    is_clear = len(alike) == 1 and (bool(begun) or index.is_clearly(min(alike), name))
    return KnownPayer(alike, PayerIdentity.ALIKE if alike else PayerIdentity.UNKNOWN, is_clear=is_clear)
