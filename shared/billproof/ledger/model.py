"""Journal entries."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import ValidationError, model_validator

from billproof.errors import UnbalancedEntry
from billproof.ids import digest
from billproof.model import Model
from billproof.money import Money, total


class EntryLine(Model):
    """One side of an entry: a positive amount is a debit, a negative one a credit."""

    account: str
    amount: Money
    memo: str


class EntryKind(StrEnum):
    """Whether an entry is of a document, of the revenue that a month earns of one, of cash, or takes a balance over."""

    DOCUMENT = "document"
    REVENUE = "revenue"
    OPENING = "opening"
    CASH = "cash"


class JournalEntry(Model):
    """The accounting of one document. Debits and credits balance, or it cannot be made (UnbalancedEntry).

    `document_amount` is the document's gross amount in its own currency, where that is not the books'.
    """

    kind: EntryKind = EntryKind.DOCUMENT
    legal_entity: str
    external_reference: str
    invoice: str
    billing_account: str
    period: str
    document_date: date
    currency: str
    document_amount: Money | None = None
    lines: tuple[EntryLine, ...]

    @model_validator(mode="after")
    def _balances(self) -> Self:
        left = total((line.amount for line in self.lines), self.currency)
        if not left.is_zero:
            message = f"entry {self.external_reference} is out of balance by {left}"
            raise ValueError(message)
        return self

    @classmethod
    def balanced(cls, **fields: object) -> Self:
        """Make an entry; raises UnbalancedEntry where it does not balance."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise UnbalancedEntry(str(error)) from None

    @property
    def content_digest(self) -> str:
        """What the entry says, in one hash."""
        return digest(self.model_dump(mode="json"))

    @property
    def debits(self) -> Money:
        """What the entry moves: the sum of its debits."""
        return total((line.amount for line in self.lines if line.amount.amount > 0), self.currency)

    def on(self, account: str) -> Money:
        """Return the balance that the entry leaves on a ledger account."""
        return total((line.amount for line in self.lines if line.account == account), self.currency)
