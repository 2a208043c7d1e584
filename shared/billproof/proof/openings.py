"""What a proof checks of an opening: its document, who confirmed it, what it comes to, balances and entries.

    confirmed by another person than who proposed it   document = its digest   rows = control totals
    customers' balances begin with its rows            ledger holds its entries

Numbers that were given before are compared with those of the series: numbers.py.
"""

from collections.abc import Iterator

from billproof.conservation.service import Stores
from billproof.erp.port import PostedDocument, erp_named
from billproof.errors import ImmutableDocument, InvalidInput, NotFound
from billproof.invoicing.openings import OPENING, OpeningInEffect
from billproof.masterdata.parties import LegalEntity
from billproof.opening.controls import control_problems
from billproof.opening.decisions import ConfirmedOpening
from billproof.opening.effects import opening_balances
from billproof.opening.entries import opening_entries
from billproof.opening.model import Opening
from billproof.proof.model import NONE, CheckedCounts, Difference, DifferenceKind


def prove_opening(legal_entity: str, stores: Stores) -> tuple[CheckedCounts, list[Difference]]:
    """Compare what was taken over with what is stored; nothing is checked where nothing was."""
    fact = stores.register.openings.in_effect(legal_entity)
    confirmed = stores.opening_decisions.confirmed(legal_entity)
    if fact is None:
        return CheckedCounts(), [_differs("in effect", NONE, confirmed.digest)] if confirmed is not None else []
    differences = list(_approval(fact, confirmed, stores))
    try:
        opening = stores.opening_of(fact)
        versions = stores.directory.versions_of(legal_entity)
        entity = next(version for version in versions if version.version == fact.entity_version)
    except (ImmutableDocument, NotFound) as error:
        return CheckedCounts(), [*differences, Difference.of(DifferenceKind.DOCUMENT, OPENING, error, fact.digest)]
    except StopIteration:
        return CheckedCounts(), [*differences, _differs("legal entity", NONE, f"version {fact.entity_version}")]
    counts, posted = _entries(opening, fact, entity, stores)
    problems = control_problems(opening, entity.currency)
    differences += [_differs(f"control total of {problem.file}", problem.message, "equal") for problem in problems]
    return counts, [*differences, *_balances(opening, entity, stores), *posted]


def _approval(fact: OpeningInEffect, confirmed: ConfirmedOpening | None, stores: Stores) -> Iterator[Difference]:
    """Find an opening that took effect and that nobody confirmed, or only who proposed it."""
    if confirmed is None or confirmed.digest != fact.digest:
        yield _differs("confirmation", confirmed.digest if confirmed else NONE, fact.digest)
        return
    history = stores.directory.policies.history(fact.legal_entity)
    proposals = stores.opening_decisions.proposals(fact.legal_entity)
    proposers = [proposal.proposed_by for proposal in proposals if proposal.digest == fact.digest]
    if not any(not history.same_person(proposer, confirmed.confirmed_by) for proposer in proposers):
        yield _differs("confirmation", f"by {confirmed.person}", "by another person than who proposed it")


def _balances(opening: Opening, entity: LegalEntity, stores: Stores) -> Iterator[Difference]:
    """Find customers' balances that do not begin with what was taken over."""
    for account, entry in opening_balances(opening, entity.currency):
        currency = entry.change.change.currency
        first = next(iter(stores.register.balances.entries(entity.id, account, currency)), None)
        if first != entry:
            stated = f"{first.change.change}" if first else NONE
            yield Difference.of(DifferenceKind.CUSTOMER_BALANCE, entry.number, stated, entry.change.change)


def _entries(
    opening: Opening, fact: OpeningInEffect, entity: LegalEntity, stores: Stores
) -> tuple[CheckedCounts, list[Difference]]:
    """Compare what the ERP holds of an opening with its entries."""
    differences = []
    try:
        entries = opening_entries(opening, entity)
        erp = erp_named(fact.erp, stores.erps)
    except InvalidInput as error:
        return CheckedCounts(), [_differs("entries", str(error), "entries that can be posted")]
    for entry in entries:
        reference = entry.external_reference
        stated = "; ".join(document.accounting for document in erp.find(entity.id, reference)) or NONE
        proved = PostedDocument.of_entry(entry, external_reference=reference, erp_id=NONE).accounting
        if stated != proved:
            differences.append(Difference.of(DifferenceKind.POSTING, reference, stated, proved))
    return CheckedCounts(postings=len(entries)), differences


def _differs(what: str, stated: str, proved: str) -> Difference:
    return Difference.of(DifferenceKind.OPENING, what, stated, proved)
