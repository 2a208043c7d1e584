"""What docs/pricing.md says of a price model: its rule and boundary cases in words, and worked examples.

The amounts of examples are worked out by hand: literals, never what the code came to. `make docs` writes the page, and
a test prices every example.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """A price request of January 2013 in USD, half up unless said; the amount that it comes to, and why."""

    price: Mapping[str, Any]
    amount: str
    why: str
    usage: Mapping[str, Any] = field(default_factory=dict)
    charge: Mapping[str, Any] = field(default_factory=dict)
    currency: str = "USD"

    @property
    def request(self) -> dict[str, Any]:
        """The request of `billproof price`."""
        stated = {"usage": self.usage, "charge": self.charge}
        return {
            "price": self.price,
            "currency": self.currency,
            "rounding": "half_up",
            "period": "2013-01",
            **{name: value for name, value in stated.items() if value},
        }


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: its title, then paragraphs and examples in their order."""

    title: str
    content: tuple[str | Example, ...]

    @property
    def examples(self) -> tuple[Example, ...]:
        """The examples alone."""
        return tuple(part for part in self.content if isinstance(part, Example))
