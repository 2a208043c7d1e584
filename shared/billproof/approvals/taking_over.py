"""Take over a running business: one person proposes an opening, another one confirms it, and it takes effect once.

propose -> the document is kept, decides nothing -> confirm -> numbers | customers' balances | opening entries
                                                                ^ died: confirm again, and it goes on

It takes effect before any document has a number. Afterwards it stays as it is: what was wrong with it is corrected as
anything else is, by a credit note or an entry in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from billproof.approvals.governing import PolicyBook, PolicyHistory
from billproof.approvals.policy import Person, Policy
from billproof.callers import Identity
from billproof.errors import Conflict, ImmutableDocument, InvalidInput, NotAllowed, NotFound
from billproof.ids import digest_bytes, shown
from billproof.invoicing.openings import opening_key, read_opening
from billproof.invoicing.series import SeriesKind
from billproof.model import Model, canonical_model
from billproof.money import Money
from billproof.opening.controls import amounts, totals
from billproof.opening.decisions import ConfirmedOpening, OpeningDecisions, ProposedOpening
from billproof.opening.model import Opening, OpeningTotal
from billproof.opening.problems import OpeningProblem
from billproof.opening.rules import problems
from billproof.periods import instant_text
from billproof.ports import Objects

if TYPE_CHECKING:
    from billproof.erp.port import Erps
    from billproof.invoicing.register import Register
    from billproof.masterdata.directory import Directory
    from billproof.masterdata.parties import LegalEntity

YEARS_LOOKED_BACK = 20
"""Years before the first period whose series may have no numbers either."""
MOST_PROBLEMS = 20
"""Problems that a refusal names; the others are counted."""


class OpeningOutcome(StrEnum):
    """What became of an opening."""

    CHECKED = "checked"
    PROPOSED = "proposed"
    IN_EFFECT = "in_effect"


class OpeningState(Model):
    """An opening, what it comes to, who proposed it and who confirmed it; of one that is only checked what is wrong."""

    legal_entity: str
    first_period: str
    digest: str
    outcome: OpeningOutcome
    totals: tuple[OpeningTotal, ...]
    proposed_by: str | None = None
    confirmed_by: str | None = None
    problems: tuple[OpeningProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class OpeningStores:
    """What taking over reads and writes."""

    decisions: OpeningDecisions
    directory: Directory
    register: Register
    objects: Objects


def check_opening(opening: Opening, *, caller: Identity, directory: Directory) -> OpeningState:
    """Return everything that is wrong with an opening and what it comes to; nothing is kept.

    Raises NotFound for an unknown legal entity, and NotAllowed for a caller who is no person of its policy.
    """
    entity = directory.legal_entity(opening.legal_entity)
    _person(directory.policies.in_force(entity.id), caller)
    return OpeningState(
        legal_entity=entity.id,
        first_period=opening.first_period,
        digest=digest_bytes(_document(opening)),
        outcome=OpeningOutcome.CHECKED,
        totals=tuple(totals(opening, entity.currency)),
        problems=tuple(problems(opening, directory)),
    )


def propose_opening(opening: Opening, *, caller: Identity, stores: OpeningStores, now: datetime) -> OpeningState:
    """Keep an opening that a person proposes; the same one again changes nothing.

    Raises NotFound for an unknown legal entity, NotAllowed for a caller who is no person of its policy, InvalidInput
    where anything is wrong with it, and Conflict where another one was confirmed, or documents have numbers already.
    """
    entity = stores.directory.legal_entity(opening.legal_entity)
    person = _person(stores.directory.policies.in_force(entity.id), caller)
    data = _document(opening)
    digest = digest_bytes(data)
    confirmed = stores.decisions.confirmed(entity.id)
    if confirmed is not None and confirmed.digest != digest:
        message = f"another opening of {entity.id} is confirmed: correct what it says by credit notes, or in the ledger"
        raise Conflict(message)
    if confirmed is None:
        _refuse_unsound(opening, entity, stores)
        stores.objects.put(opening_key(entity.id, digest), data)
    proposal = stores.decisions.propose(
        ProposedOpening(
            legal_entity=entity.id,
            first_period=opening.first_period,
            digest=digest,
            document=opening_key(entity.id, digest),
            totals=tuple(totals(opening, entity.currency)),
            proposed_by=caller,
            person=person.id,
            proposed_at=instant_text(now),
        )
    )
    return _state(proposal, confirmed)


def confirm_opening(
    *,
    legal_entity: str,
    digest: str,
    caller: Identity,
    stores: OpeningStores,
    erps: Erps,
    now: datetime,
) -> OpeningState:
    """Let an opening take effect that somebody else proposed; again changes nothing, and goes on where it stopped.

    Raises NotFound where it was not proposed, NotAllowed for who proposed it, for a caller or proposer who is no person
    of the policy in force and for one whose limit is below what it comes to, InvalidInput where the master data does
    not fit it any more, Conflict where another one is confirmed, and what posting raises.
    """
    from billproof.approvals.taking_effect import take_effect  # what posts: who checks or proposes posts nothing

    proposals = stores.decisions.proposals(legal_entity)
    proposal = next((known for known in proposals if known.digest == digest), None)
    if proposal is None:
        message = f"no such opening of {shown(legal_entity)} is proposed"
        raise NotFound(message)
    entity = stores.directory.legal_entity(legal_entity)
    person = _second_person(proposal, caller, stores.directory.policies, entity.currency)
    opening = read_proposal(proposal, stores.objects)
    known = stores.decisions.confirmed(legal_entity)
    if known is None:
        _refuse_unsound(opening, entity, stores)
        known = stores.decisions.confirm(
            legal_entity,
            ConfirmedOpening(digest=digest, confirmed_by=caller, person=person.id, confirmed_at=instant_text(now)),
        )
    if known.digest != digest:
        message = f"another opening of {entity.id} is confirmed"
        raise Conflict(message)
    take_effect(opening, proposal, entity, register=stores.register, directory=stores.directory, erps=erps, now=now)
    return _state(proposal, known)


def read_proposal(proposal: ProposedOpening, objects: Objects) -> Opening:
    """Return the document of a proposal; raises Conflict where it is lost or changed: it can be proposed again."""
    try:
        return Opening.model_validate_json(read_opening(objects, proposal.document, proposal.digest))
    except (NotFound, ImmutableDocument) as error:
        message = f"the document of this opening is not there as it was proposed: {error}"
        raise Conflict(message) from None


def _document(opening: Opening) -> bytes:
    return canonical_model(opening)


def _person(policy: Policy, caller: Identity) -> Person:
    person = policy.person_of(caller)
    if person is None:
        message = f"the policy of {policy.id} has no person with this identity"
        raise NotAllowed(message)
    return person


def _second_person(proposal: ProposedOpening, caller: Identity, policies: PolicyBook, books: str) -> Person:
    """Return who confirms: another person than who proposed it, who may approve what it comes to."""
    history: PolicyHistory = policies.history(proposal.legal_entity)
    policy = policies.in_force(proposal.legal_entity)
    person = _person(policy, caller)
    _person(policy, proposal.proposed_by)  # one who left in the meantime is no second person any more
    if history.same_person(proposal.proposed_by, caller):
        message = f"{person.id} proposed this opening: somebody else must confirm it"
        raise NotAllowed(message)
    for currency, total in amounts(proposal.totals, books).items():
        worth = Money.of(total, currency)
        if not policy.role_of(person).may_approve(worth):
            message = f"{worth} is over the limit of {person.id}"
            raise NotAllowed(message)
    return person


def _refuse_unsound(opening: Opening, entity: LegalEntity, stores: OpeningStores) -> None:
    wrong = problems(opening, stores.directory)
    if wrong:
        more = f"; and {len(wrong) - MOST_PROBLEMS} more" if len(wrong) > MOST_PROBLEMS else ""
        raise InvalidInput("; ".join(map(str, wrong[:MOST_PROBLEMS])) + more)
    year = opening.first.start.year
    for kind in SeriesKind:
        for issued in range(year - YEARS_LOOKED_BACK, year + 2):
            if next(iter(stores.register.blocks(entity.id, issued, kind)), None) is not None:
                message = f"documents of {entity.id} have numbers already: nothing is taken over any more"
                raise Conflict(message)


def _state(proposal: ProposedOpening, confirmed: ConfirmedOpening | None) -> OpeningState:
    return OpeningState(
        legal_entity=proposal.legal_entity,
        first_period=proposal.first_period,
        digest=proposal.digest,
        outcome=OpeningOutcome.IN_EFFECT if confirmed else OpeningOutcome.PROPOSED,
        totals=proposal.totals,
        proposed_by=proposal.person,
        confirmed_by=confirmed.person if confirmed else None,
    )
