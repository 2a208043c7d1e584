"""Where reminders, promises and pauses are kept: facts that are added and never edited.

    collection#<entity>#<account>
        <ordinal>                   what happened, one after the other
    reminding#<entity>
        <day>#<ordinal>             how far the evaluation of a day has come

Of two facts that would follow the same one, one finds its ordinal taken, and is worked out anew.
"""

from datetime import date

from billproof.model import Model
from billproof.ports import Key, Record, Records
from billproof.receivables.reminders import CollectionFact, CollectionState
from billproof.store_keys import partition_name, sequence_text, sort_key


class EvaluatedAccounts(Model):
    """How far the evaluation of a day has come: to which account, or through all of them."""

    ordinal: int
    last: str
    is_done: bool


class CollectionBook:
    """Reminders, promises and pauses, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def state(self, entity: str, account: str) -> CollectionState:
        """Return all that happened to what an account owes."""
        records = self._records.query(_account_partition(entity, account))
        return CollectionState(tuple(CollectionFact.model_validate(record.document) for record in records))

    def add(self, entity: str, account: str, fact: CollectionFact) -> bool:
        """Add what happened; False where something else took its place."""
        key = Key(_account_partition(entity, account), sequence_text(fact.ordinal))
        return self._records.create(Record(key, fact.model_dump(mode="json")))

    def evaluated(self, entity: str, day: date) -> EvaluatedAccounts | None:
        """Return how far the evaluation of a day has come, or None where it has not begun."""
        records = self._records.query(
            _days_partition(entity), prefix=sort_key(day.isoformat(), ""), newest_first=True, limit=1
        )
        return next((EvaluatedAccounts.model_validate(record.document) for record in records), None)

    def note_evaluated(self, entity: str, day: date, evaluated: EvaluatedAccounts) -> bool:
        """Note how far the evaluation of a day has come; False where another call has come as far."""
        key = Key(_days_partition(entity), sort_key(day.isoformat(), sequence_text(evaluated.ordinal)))
        return self._records.create(Record(key, evaluated.model_dump(mode="json")))


def _account_partition(entity: str, account: str) -> str:
    return partition_name("collection", entity, account)


def _days_partition(entity: str) -> str:
    return partition_name("reminding", entity)
