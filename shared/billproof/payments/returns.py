"""Money that goes back to customers: a bank takes a credit back, or we pay a customer at the bank.

A bank that reverses a credit under the credit's own reference names the receipt: that is returned without a person.
Every other reversal waits until a person gives the receipt back under our name of it. What we pay a customer
(payees.py) waits until a refund explains it (paid_back.py).
"""

import operator

from pydantic import Field

from billproof.model import Day, Model
from billproof.money import Money
from billproof.names import Name
from billproof.payments.model import Payer, ReceiptReference, ReceiptSource, Text
from billproof.payments.statements import BankStatement, MovementKind, StatementEntry, beginning, entry_reference


class BankReturn(Model):
    """A credit that a bank took back, in whole or in part, or money that we paid a customer; `amount` is above zero.

    `reference` is our name of it: the statement and the entry's place. `bank_reference` is the bank's own of the entry.
    Of a payment `accounts` are the customers that it may have been made to, `receipts` those that its text names; a
    credit that was taken back has none.
    """

    legal_entity: Name
    source: ReceiptSource
    reference: ReceiptReference
    bank_reference: ReceiptReference | None = None
    amount: Money
    booked_on: Day
    party: Payer
    remittance: Text = ""
    statement: str
    accounts: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)
    receipts: tuple[str, ...] = Field(default=(), exclude_if=operator.not_)

    @property
    def is_payment(self) -> bool:
        """Whether we paid it, and no credit was taken back."""
        return bool(self.accounts or self.receipts)


def entries_that_leave(statement: BankStatement, kind: MovementKind) -> list[tuple[int, StatementEntry]]:
    """Return the entries of a kind with their places; a notification leaves them to its statement."""
    if statement.is_notification:
        return []
    places = enumerate(statement.entries, start=1)
    return [(place, entry) for place, entry in places if entry.kind is kind and not entry.amount.is_zero]


def returns(statement: BankStatement, legal_entity: str) -> list[BankReturn]:
    """Return the credits that a statement takes back."""
    places = entries_that_leave(statement, MovementKind.REVERSAL)
    ours = statement.id if places else ""  # a digest of all of it
    return [bank_return(statement, place, entry, legal_entity=legal_entity, ours=ours) for place, entry in places]


def bank_return(
    statement: BankStatement, place: int, entry: StatementEntry, *, legal_entity: str, ours: str
) -> BankReturn:
    """Return an entry as money that goes back; `ours` is the id of the statement."""
    return BankReturn(
        legal_entity=legal_entity,
        source=statement.account,
        reference=entry_reference(ours, place),
        bank_reference=entry.reference,
        amount=-entry.amount,
        booked_on=entry.booked_on,
        party=entry.party,
        remittance=beginning(entry.remittance),
        statement=ours,
    )
