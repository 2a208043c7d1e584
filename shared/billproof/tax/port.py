"""The port of an external tax engine, for legal entities that use one.

    calculate    what tax is due on an account's invoice, before it is drafted; nothing is declared
    commit       declare it, when the invoice is posted
    void         take back what a credit note takes back

Commit and void are repeated after a crash: the same reference again changes nothing.
"""

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from billproof.masterdata.parties import Account, LegalEntity, TaxEngineName
from billproof.model import Model
from billproof.money import Money, Taxed
from billproof.tax.model import Determination


class TaxQuestion(Model):
    """What is asked: the net amount of the lines of one account, of one seller, at a tax point.

    Seller and customer are as they were at the tax point.
    """

    seller: LegalEntity
    customer: Account
    net: Money
    tax_point: date


class TaxAnswer(Model):
    """The tax on it, how it was determined, and the calculation that can be committed."""

    calculation: str
    tax: Money
    determination: Determination


class TaxTransaction(Model):
    """A tax that was declared, as its engine names it."""

    transaction: str
    line_item: str


def calculation_key(account: str, day: date | None) -> str:
    """Name a calculation of an invoice: by its account, and by its tax point where the account has several."""
    return account if day is None else f"{account}@{day}"


def is_of(key: str, account: str, tax_point: date) -> bool:
    """Say whether a line of an account and a tax point is of the calculation under a key."""
    return key in {account, calculation_key(account, tax_point)}


class TaxEngine(Protocol):
    """An external tax engine: it determines and declares tax."""

    def calculate(self, question: TaxQuestion) -> TaxAnswer:
        """Answer a question; raises UndeterminedTax where it cannot, and ExternalServiceUnavailable."""

    def commit(self, calculation: str, *, reference: str) -> TaxTransaction:
        """Declare a calculation once under a reference; raises Conflict and ExternalServiceUnavailable."""

    def void(self, transaction: TaxTransaction, *, reference: str, amounts: Taxed) -> None:
        """Take back net and tax (both negative) once under a reference.

        Raises Conflict and ExternalServiceUnavailable.
        """


Engines = Mapping[TaxEngineName, TaxEngine]
"""The external tax engines that are set up."""
