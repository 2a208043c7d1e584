"""What matching reads, and who is told of disputes at gateways."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from billproof.money import Money
from billproof.payments.advices import RemittanceAdvice
from billproof.payments.converting import Converts
from billproof.payments.gateway_model import GatewayMovement
from billproof.payments.model import OpenItem, Payer
from billproof.payments.receivables import Receivables


class OpenBook(Converts, Protocol):
    """What is open of a legal entity's documents, and who pays for whom. Reads are consistent; nothing is guessed."""

    def numbered(self, number: str) -> OpenItem | None:
        """Return the document of a number, a paid one with nothing open; None where there is none."""

    def prefixes(self) -> Sequence[str]:
        """Return what the numbers of documents begin with: `<prefix>-<year>-<six digits or more>`.

        Those of other legal entities are among them: a number that names another's document is read as one, too.
        """

    def numbers_before(self) -> Sequence[str]:
        """Return the numbers of invoices that were taken over from another system, however those look."""

    def of_account(self, account: str) -> Sequence[OpenItem]:
        """Return what is open of an account's documents, oldest due first; of a parent, those of its children, too."""

    def days_after_due(self, account: str) -> Sequence[int]:
        """Return how many days after it was due each of an account's last documents was paid; below zero: before."""

    def remembered(self, payer: Payer) -> frozenset[str]:
        """Return the accounts whose money came from a payer's bank account or name before, as people decided."""

    def names(self) -> Mapping[str, str]:
        """Return the names of the legal entity's accounts by their ids."""


class Advices(Protocol):
    """What payers said that payments pay."""

    def of_amount(self, entity: str, amount: Money) -> Sequence[RemittanceAdvice]:
        """Return the advices of payments of an amount to a legal entity, oldest first."""


class GatewayDisputes(Protocol):
    """Where it is noted what customers dispute at gateways."""

    def opened(
        self, movement: GatewayMovement, amounts: Mapping[str, Money], receivables: Receivables, today: date
    ) -> None:
        """Note what a dispute opened of documents; again changes nothing."""

    def decided(
        self,
        won: GatewayMovement,
        disputes: Sequence[GatewayMovement],
        documents: Sequence[str],
        receivables: Receivables,
        today: date,
    ) -> None:
        """Note that a gateway gave back what disputes took of documents; again changes nothing."""
