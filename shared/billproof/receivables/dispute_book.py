"""Where disputes are kept: facts that are added and never edited.

    disputes#<entity>#<account>
        <ordinal>                       a dispute
        <ordinal>#<decision>            that its gateway decided it

    disputes#<entity>#<account>, in the table that only the API's functions write
        <ordinal>#<decision>            how a person decided it: the first time, and anew

What takes payments in writes the first of these: what stands there in a person's name is no decision. Of two disputes
or decisions at once, one finds its place taken, and is worked out anew.
"""

from billproof.errors import NotFound
from billproof.ports import Key, Record, Records
from billproof.receivables.disputes import (
    DecidedDispute,
    DisputeState,
    DisputeVerdict,
    OpenedDispute,
    is_gateway,
)
from billproof.store_keys import partition_name, sequence_text, sort_key


class DisputeBook:
    """Disputes and how their gateways decided them, over records, and people's decisions."""

    def __init__(self, records: Records, decisions: Records) -> None:
        self._records = records
        self._decisions = decisions

    def of_account(self, entity: str, account: str) -> list[DisputeState]:
        """Return the disputes of an account, oldest first; of each what its gateway decided comes before people."""
        return [state for state, _ in self._told(entity, account)]

    def of_nobody(self, entity: str, account: str) -> list[tuple[DisputeState, list[DecidedDispute]]]:
        """Return the disputes of an account of which a verdict is told that neither a person nor its gateway gave."""
        return [(state, verdicts) for state, verdicts in self._told(entity, account) if verdicts]

    def _told(self, entity: str, account: str) -> list[tuple[DisputeState, list[DecidedDispute]]]:
        """Return the disputes of an account, oldest first, and what is told of each that is no decision."""
        opened: list[OpenedDispute] = []
        undecided: list[DecidedDispute] = []
        for record in self._records.query(_partition(entity, account)):
            if "verdict" in record.document:
                undecided.append(DecidedDispute.model_validate(record.document))
            else:
                opened.append(OpenedDispute.model_validate(record.document))
        decisions = self._decisions.query(_partition(entity, account)) if opened else ()
        decided = [DecidedDispute.model_validate(record.document) for record in decisions]
        disputes = []
        for dispute in opened:
            mine = [one for one in undecided if one.ordinal == dispute.ordinal]
            by_gateway = [one for one in mine if _is_of_its_gateway(one, dispute)]
            by_people = [one for one in decided if one.ordinal == dispute.ordinal]
            of_nobody = [one for one in mine if one not in by_gateway]
            disputes.append((DisputeState(dispute, (*by_gateway, *by_people)), of_nobody))
        return disputes

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
        records = self._records if is_gateway(decided.decided_by) else self._decisions
        return records.create(Record(key, decided.model_dump(mode="json")))


def _is_of_its_gateway(decided: DecidedDispute, opened: OpenedDispute) -> bool:
    """Say whether a decision is what a gateway may tell: that a dispute which it opened was won."""
    is_its_own = is_gateway(decided.decided_by) and decided.decided_by == opened.opened_by
    return is_its_own and decided.verdict is DisputeVerdict.REJECTED


def _partition(entity: str, account: str) -> str:
    return partition_name("disputes", entity, account)
