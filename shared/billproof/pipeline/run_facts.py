"""The facts of runs as they are read: a sign-off counts only where a person's decision says the same.

Others than the API's functions write runs and their turns, and so might write that a month is signed off. Who signed it
off is a decision of its own, written first:

    sign-offs#<entity>          <period>#<digest>    the sign-off, where only the API's functions write
"""

from collections.abc import Callable, Iterator

from billproof.audit.chain import AuditChain
from billproof.audit.naming import Owners
from billproof.audit.stores import AuditedRecords
from billproof.ids import digest
from billproof.pipeline.month_facts import NOT_DECIDED, SIGNED_OFF, SignOff, is_sign_off
from billproof.ports import Document, Key, LinkableRecords, Record, Records
from billproof.store_keys import PartitionName, partition_name, sort_key


def decision_of(signed: SignOff) -> Record:
    """Return the decision of a sign-off."""
    document = signed.model_dump(mode="json")
    return Record(_place(signed.legal_entity, signed.period, document), document)


def _place(entity: str, period: str, document: Document) -> Key:
    return Key(partition_name("sign-offs", entity), sort_key(period, digest(document)[:32]))


class RunFacts(AuditedRecords):
    """Facts of runs, in which a sign-off that nobody decided is told as such."""

    def __init__(
        self, below: LinkableRecords, chain: AuditChain, *, owners: Owners, decisions: Callable[[], Records]
    ) -> None:
        super().__init__(below, chain, store="runs", owners=owners)
        self._decisions = decisions

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield a partition's facts in the order of their sort keys."""
        facts = super().query(partition, prefix=prefix, newest_first=newest_first, limit=limit)
        name = PartitionName.parse(partition)
        return self._decided(facts, name.parts[0], prefix) if name.kind == SIGNED_OFF else facts

    def _decided(self, facts: Iterator[Record], entity: str, period: str) -> Iterator[Record]:
        decided: set[Key] | None = None
        for fact in facts:
            if not is_sign_off(fact):
                yield fact
                continue
            if decided is None:
                place = partition_name("sign-offs", entity)
                decided = {one.key for one in self._decisions().query(place, prefix=period)}
            is_decided = _place(entity, fact.document["period"], fact.document) in decided
            yield fact if is_decided else Record(fact.key, {NOT_DECIDED: fact.document["period"]}, fact.before)
