"""Where disputes are kept: facts that are added and never edited.

    disputes#<entity>#<account>
        <ordinal>                       a dispute
        <ordinal>#<decision>            how it was decided: the first time, and anew

Of two disputes or decisions at once, one finds its place taken, and is worked out anew.
"""

from billproof.errors import NotFound
from billproof.ports import Key, Record, Records
from billproof.receivables.disputes import DecidedDispute, DisputeState, OpenedDispute
from billproof.store_keys import partition_name, sequence_text, sort_key


class DisputeBook:
    """Disputes, over records."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def of_account(self, entity: str, account: str) -> list[DisputeState]:
        """Return the disputes of an account, oldest first."""
        opened: list[OpenedDispute] = []
        decisions: dict[int, list[DecidedDispute]] = {}
        for record in self._records.query(_partition(entity, account)):
            if "verdict" in record.document:
                decided = DecidedDispute.model_validate(record.document)
                decisions.setdefault(decided.ordinal, []).append(decided)
            else:
                opened.append(OpenedDispute.model_validate(record.document))
        return [DisputeState(dispute, tuple(decisions.get(dispute.ordinal, ()))) for dispute in opened]

    def state(self, entity: str, account: str, ordinal: int) -> DisputeState:
        """Return a dispute and how it was decided; raises NotFound."""
        for state in self.of_account(entity, account):
            if state.opened.ordinal == ordinal:
                return state
        message = "there is no such dispute of this account"
        raise NotFound(message)

    def open(self, entity: str, account: str, dispute: OpenedDispute) -> bool:
        """Add a dispute; False where another took its place."""
        key = Key(_partition(entity, account), sequence_text(dispute.ordinal))
        return self._records.create(Record(key, dispute.model_dump(mode="json")))

    def decide(self, entity: str, account: str, decided: DecidedDispute, *, number: int) -> bool:
        """Add the n-th decision of a dispute; False where another took its place."""
        key = Key(_partition(entity, account), sort_key(sequence_text(decided.ordinal), sequence_text(number)))
        return self._records.create(Record(key, decided.model_dump(mode="json")))


def _partition(entity: str, account: str) -> str:
    return partition_name("disputes", entity, account)
