"""Comparing what is posted of an opening with what it says: its own entries, and what each month earns of it."""

from collections.abc import Iterator, Sequence

from billproof.erp.lookup import PostedDocuments, Reference
from billproof.errors import NotFound
from billproof.invoicing.openings import OpeningInEffect
from billproof.ledger.model import JournalEntry
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.opening.entries import BOOKED, opening_entries, opening_reference, opening_revenue_entry
from billproof.opening.reading import stored_opening
from billproof.periods import Period
from billproof.ports import Objects
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.rules import compare_revenue, variance


def references(fact: OpeningInEffect, lookup: PostedDocuments) -> list[Reference]:
    """Return the references that an opening's own entries may have in its ERP."""
    return [lookup.reference(fact.erp, opening_reference(fact.legal_entity, kind)) for kind in BOOKED]


def expected_entries(
    fact: OpeningInEffect, entities: Sequence[LegalEntity], objects: Objects
) -> Iterator[JournalEntry]:
    """Yield the entries of an opening under the chart that it took effect under; raises NotFound without that."""
    opening = stored_opening(fact, objects)
    for entity in entities:
        if entity.version == fact.entity_version:
            yield from opening_entries(opening, entity)
            return
    message = f"there is no version {fact.entity_version} of {fact.legal_entity}"
    raise NotFound(message)


def compare_opening(
    fact: OpeningInEffect, entities: Sequence[LegalEntity], objects: Objects, lookup: PostedDocuments
) -> Iterator[Variance]:
    """Find what differs of the entries of an opening; raises ImmutableDocument and NotFound where it is not there."""
    for entry in expected_entries(fact, entities, objects):
        posted = lookup.under(fact.erp, entry.external_reference)
        if posted:
            yield from compare_revenue(entry.external_reference, posted, [entry])
        else:
            zero = Money.zero(entry.currency)
            yield variance(
                Cause.OPENING_NOT_POSTED,
                invoice="",
                reference=entry.external_reference,
                invoiced=entry.debits,
                posted=zero,
                since=entry.document_date,
            )


def revenue_of_opening(
    fact: OpeningInEffect, month: Period, entities: Sequence[LegalEntity], objects: Objects
) -> Iterator[JournalEntry]:
    """Yield what a month earns of an opening under each chart of its legal entity."""
    opening = stored_opening(fact, objects)
    return (opening_revenue_entry(opening, entity, month) for entity in entities)
