"""The port of a CRM: orders are read, and nothing is ever written there."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from billproof.crm.orders import CrmOrder


class ListedOrder(NamedTuple):
    """An order in the list of all: its id, and the number that people call it by."""

    id: str
    number: str


class Crm(Protocol):
    """Reads orders. Each call raises ExternalServiceUnavailable where the CRM does not answer, or asks for patience."""

    def order(self, order: str) -> CrmOrder | None:
        """Return an order as it is now, with all its lines; None where there is none of that id."""

    def orders_of(self, kind: str, records: tuple[str, ...]) -> tuple[str, ...]:
        """Return the ids of the orders that records of a kind belong to: a line to its order, an order to itself."""

    def probe(self) -> None:
        """Ask for something small."""

    def listed(self) -> Iterator[ListedOrder]:
        """Yield every order that there is, signed or not."""
