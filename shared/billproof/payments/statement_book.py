"""Where it is kept which statements were taken in, and what banks took back: facts that are added and never edited.

statements#<entity>#<account>
    <first day>#<statement>             a statement whose receipts were sent
returns#<entity>
    <source>/<reference>#taken-back     what a bank took back, or we paid a customer
"""

import operator
import re
from typing import NamedTuple

from pydantic import Field

from billproof.escaping import escape
from billproof.model import Day, Model
from billproof.money import Money
from billproof.names import Currency, Name
from billproof.payments.book import GIVEN_BACK, TAKEN_BACK, is_return_of, return_key
from billproof.payments.returns import BankReturn
from billproof.ports import Key, Record, Records
from billproof.store_keys import FactKey, partition_name, sort_key

_SEPARATORS = re.compile("[%#]")


class TakenStatement(Model):
    """A statement that was taken in: its receipts were sent before this was written.

    `file` is the object that it was read from first, `file_digest` the SHA-256 of its bytes. `credited` is what arrived
    in all; `others` counts the entries that are no receipts. A notification has no balances. `first_day` and `last_day`
    are the digests of what is booked on these days; statements that were taken in before these were kept have none.
    """

    id: str
    legal_entity: Name
    account: str
    currency: Currency
    bank_id: str | None = None
    number: int | None = None
    page: int | None = None
    starts_on: Day
    ends_on: Day
    opening: Money | None = None
    closing: Money | None = None
    first_day: str | None = Field(default=None, exclude_if=operator.not_)
    last_day: str | None = Field(default=None, exclude_if=operator.not_)
    content_digest: str
    file: str
    file_digest: str
    receipts: int
    credited: Money
    returns: int
    others: int
    taken_at: str


class PaidToCustomer(NamedTuple):
    """What we paid a customer at the bank, and the receipts that were given back under our name of it.

    The receipt may have arrived on another account than the one that it was paid back from.
    """

    payment: BankReturn
    receipts: tuple[str, ...]


class StatementBook:
    """Statements and what they take back, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def add(self, statement: TakenStatement) -> bool:
        """Keep a statement; False where it was taken in before."""
        key = Key(
            _partition(statement.legal_entity, statement.account),
            sort_key(statement.starts_on.isoformat(), statement.id),
        )
        return self._records.create(Record(key, statement.model_dump(mode="json")))

    def of_account(self, entity: str, account: str) -> list[TakenStatement]:
        """Return the statements of an account by their first days, whatever their currency."""
        records = self._records.query(_partition(entity, account))
        return [TakenStatement.model_validate(record.document) for record in records]

    def take_back(self, returned: BankReturn) -> None:
        """Keep what a bank took back, or we paid a customer; again changes nothing."""
        key = return_key(returned.legal_entity, returned.source, returned.reference, TAKEN_BACK)
        self._records.create(Record(key, returned.model_dump(mode="json")))

    def taken_back(self, entity: str) -> list[BankReturn]:
        """Return all that banks took back, and what we paid customers."""
        return [one for _, one in self._of(entity)[0]]

    def returns_that_wait(self, entity: str) -> list[BankReturn]:
        """Return what banks took back and for which no receipt was given back."""
        taken_back, given_back = self._of(entity)
        is_settled = {key.subject for key, _ in given_back}
        return [one for key, one in taken_back if key.subject not in is_settled and not one.is_payment]

    def paid_to_customers(self, entity: str) -> list[PaidToCustomer]:
        """Return what we paid customers, with the receipts that people gave back because of it."""
        taken_back, given_back = self._of(entity)
        return [
            PaidToCustomer(one, tuple(receipt for key, receipt in given_back if is_return_of(key, one.reference)))
            for _, one in taken_back
            if one.is_payment
        ]

    def _of(self, entity: str) -> tuple[list[tuple[FactKey, BankReturn]], list[tuple[FactKey, str]]]:
        """Return what banks took back or we paid, and which receipts were given back, each with its key."""
        taken_back: list[tuple[FactKey, BankReturn]] = []
        given_back: list[tuple[FactKey, str]] = []
        for record in self._records.query(return_key(entity, "", "", TAKEN_BACK).partition):
            key = FactKey.parse(record.key.sort)
            if key.fact == GIVEN_BACK:
                given_back.append((key, record.document["receipt"]))
            else:
                taken_back.append((key, BankReturn.model_validate(record.document)))
        return taken_back, given_back


def _partition(entity: str, account: str) -> str:
    return partition_name("statements", entity, escape(account, _SEPARATORS))
