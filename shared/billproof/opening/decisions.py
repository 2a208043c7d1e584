"""Who proposed an opening and who confirmed it: facts that only the API's functions write.

openings#<entity>    proposed#<digest>    who proposed this document, and what it comes to
confirmed            which one somebody else confirmed: no other one ever
"""

from collections.abc import Callable

from billproof.callers import Identity
from billproof.model import Model
from billproof.opening.model import OpeningTotal
from billproof.ports import Key, Record, Records
from billproof.store_keys import partition_name, sort_key

PROPOSED, CONFIRMED = "proposed", "confirmed"


class ProposedOpening(Model):
    """That somebody proposed an opening: the digest of its document, and what it comes to."""

    legal_entity: str
    first_period: str
    digest: str
    document: str
    totals: tuple[OpeningTotal, ...]
    proposed_by: Identity
    person: str
    proposed_at: str


class ConfirmedOpening(Model):
    """That somebody else confirmed an opening."""

    digest: str
    confirmed_by: Identity
    person: str
    confirmed_at: str


class OpeningDecisions:
    """Proposals and confirmations, over the facts that only the API writes."""

    def __init__(self, records: Callable[[], Records]) -> None:
        self._records = records

    def propose(self, proposal: ProposedOpening) -> ProposedOpening:
        """Keep a proposal; return the first one of the same document."""
        key = Key(_partition(proposal.legal_entity), sort_key(PROPOSED, proposal.digest))
        if self._records().create(Record(key, proposal.model_dump(mode="json"))):
            return proposal
        return ProposedOpening.model_validate(self._records().get(key))

    def confirm(self, entity: str, confirmation: ConfirmedOpening) -> ConfirmedOpening:
        """Keep the confirmation; return the one that came first."""
        key = Key(_partition(entity), CONFIRMED)
        if self._records().create(Record(key, confirmation.model_dump(mode="json"))):
            return confirmation
        return ConfirmedOpening.model_validate(self._records().get(key))

    def proposals(self, entity: str) -> list[ProposedOpening]:
        """Return what was proposed for a legal entity, oldest first."""
        records = self._records().query(_partition(entity), prefix=sort_key(PROPOSED, ""))
        proposals = (ProposedOpening.model_validate(record.document) for record in records)
        return sorted(proposals, key=lambda proposal: proposal.proposed_at)

    def confirmed(self, entity: str) -> ConfirmedOpening | None:
        """Return the confirmation of a legal entity's opening, or None."""
        records = self._records().query(_partition(entity), prefix=CONFIRMED)
        return next((ConfirmedOpening.model_validate(record.document) for record in records), None)


def _partition(entity: str) -> str:
    return partition_name("openings", entity)
