"""Sort keys of what people decide: value objects that print themselves and read themselves back.

version of a policy      v<version>[#confirmed]         v000002, v000002#confirmed
approval within a scope  <scope>#<of>#<currency>#<n>    day#2026-11-26#USD#000001
what is done once more   <subject>#<at>#<action>#<fact> deliveries#2013-02-02T12:00:00.000000Z#redrive_letters#asked
"""

import re
from dataclasses import dataclass
from typing import Self

from billproof.escaping import escape, unescape
from billproof.store_keys import sort_key

_SEPARATOR = "#"
_SEPARATORS = re.compile("[%#]")


@dataclass(frozen=True, slots=True, order=True)
class PolicyKey:
    """A version of a policy, or its confirmation."""

    version: int
    confirmed: bool = False

    def __str__(self) -> str:
        """Print it."""
        return f"v{self.version:06d}#confirmed" if self.confirmed else f"v{self.version:06d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it."""
        version, _, fact = text.partition(_SEPARATOR)
        return cls(int(version.removeprefix("v")), confirmed=fact == "confirmed")


@dataclass(frozen=True, slots=True)
class LimitKey:
    """What a person approved within a scope; `of` is a document, a customer and a day, or a day."""

    scope: str
    of: str
    currency: str
    ordinal: int | None = None

    def __str__(self) -> str:
        """Print it; without an ordinal what the keys of all of a scope begin with."""
        ordinal = "" if self.ordinal is None else f"{self.ordinal:06d}"
        return sort_key(self.scope, escape(self.of, _SEPARATORS), self.currency, ordinal)

    @staticmethod
    def ordinal_of(text: str) -> int:
        """Return the ordinal that a key ends with."""
        return int(text.rpartition(_SEPARATOR)[2])


@dataclass(frozen=True, slots=True)
class ActionKey:
    """A fact of what a person made happen once more: with what, when, and which; subjects are any text."""

    subject: str
    at: str
    action: str
    fact: str

    def __str__(self) -> str:
        """Print it."""
        return sort_key(escape(self.subject, _SEPARATORS), self.at, self.action, self.fact)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it."""
        subject, at, action, fact = text.split(_SEPARATOR)
        return cls(unescape(subject), at, action, fact)
