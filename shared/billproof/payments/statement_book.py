"""Where it is kept which statements were taken in, and what banks took back: facts that are added and never edited.

statements#<entity>#<account>
    <first day>#<statement>             a statement whose receipts were sent
returns#<entity>
    <source>/<reference>#taken-back     what a bank took back
"""

import operator
import re

from pydantic import Field

from billproof.escaping import escape
from billproof.model import Day, Model
from billproof.money import Money
from billproof.names import Currency, Name
from billproof.payments.book import GIVEN_BACK, return_key
from billproof.payments.returns import BankReturn
from billproof.ports import Key, Record, Records
from billproof.store_keys import FactKey, partition_name, sort_key

TAKEN_BACK = "taken-back"
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
        """Keep what a bank took back; again changes nothing."""
        key = return_key(returned.legal_entity, returned.source, returned.reference, TAKEN_BACK)
        self._records.create(Record(key, returned.model_dump(mode="json")))

    def taken_back(self, entity: str) -> list[BankReturn]:
        """Return all that banks took back."""
        records = self._records.query(return_key(entity, "", "", TAKEN_BACK).partition)
        facts = (record for record in records if FactKey.parse(record.key.sort).fact == TAKEN_BACK)
        return [BankReturn.model_validate(record.document) for record in facts]

    def returns_that_wait(self, entity: str) -> list[BankReturn]:
        """Return what banks took back and for which no receipt was given back."""
        partition = return_key(entity, "", "", TAKEN_BACK).partition
        waiting: dict[str, BankReturn] = {}
        given_back: set[str] = set()
        for record in self._records.query(partition):
            key = FactKey.parse(record.key.sort)
            if key.fact == GIVEN_BACK:
                given_back.add(key.subject)
            else:
                waiting[key.subject] = BankReturn.model_validate(record.document)
        return [returned for subject, returned in waiting.items() if subject not in given_back]


def _partition(entity: str, account: str) -> str:
    return partition_name("statements", entity, escape(account, _SEPARATORS))
