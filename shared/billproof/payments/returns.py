"""Money that a bank takes back: which receipt it came from, as far as the bank says.

A bank that reverses a credit under the credit's own reference names the receipt: that is returned without a person.
Every other reversal waits until a person gives the receipt back under our name of it.
"""

from billproof.model import Day, Model
from billproof.money import Money
from billproof.names import Name
from billproof.payments.model import Payer, ReceiptReference, ReceiptSource, Text
from billproof.payments.statements import BankStatement, MovementKind, beginning, entry_reference


class BankReturn(Model):
    """A credit that a bank took back, in whole or in part; `amount` is above zero.

    `reference` is our name of it: the statement and the entry's place. `bank_reference` is the bank's own of the entry.
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


def returns(statement: BankStatement, legal_entity: str) -> list[BankReturn]:
    """Return what a statement takes back; a notification leaves that to its statement, which numbers the entries."""
    places = [
        (place, entry)
        for place, entry in enumerate(statement.entries, start=1)
        if entry.kind is MovementKind.REVERSAL and not entry.amount.is_zero
    ]
    if statement.is_notification or not places:
        return []
    ours = statement.id  # a digest of all of it
    return [
        BankReturn(
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
        for place, entry in places
    ]
