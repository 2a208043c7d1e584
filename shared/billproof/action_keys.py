"""The key of what a person made happen once more: with what, when, and which; subjects are any text.

<subject>#<at>#<action>#<fact>      deliveries#2013-02-02T12:00:00.000000Z#redrive_letters#asked
"""

import re
from dataclasses import dataclass
from typing import Self

from billproof.escaping import escape, unescape
from billproof.store_keys import sort_key

_SEPARATOR = "#"
_SEPARATORS = re.compile("[%#]")


@dataclass(frozen=True, slots=True)
class ActionKey:
    """A fact of an action."""

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
