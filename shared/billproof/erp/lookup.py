"""Reading what the ERPs hold of a legal entity: each document by its reference, and a month at once."""

from collections.abc import Container
from typing import NamedTuple

from billproof.erp.intent import PostingIntent
from billproof.erp.port import Erps, PostedDocument, erp_named, short_reference
from billproof.invoicing.facts import POSTING, InvoiceFacts
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period


class Reference(NamedTuple):
    """A reference as an ERP holds it."""

    erp: str
    text: str


class PostedDocuments:
    """The posted documents of a legal entity, in every ERP that its documents are in."""

    def __init__(self, entity: LegalEntity, erps: Erps) -> None:
        self._entity = entity
        self._erps = erps
        self._names = {entity.erp: None}

    def of_document(self, facts: InvoiceFacts) -> list[PostedDocument]:
        """Return what is posted for a released document, whatever its date: nothing, one, or more."""
        if facts.released is None:
            return []
        return self.under(self._erp_of(facts), facts.released.number)

    def under(self, name: str, reference: str) -> list[PostedDocument]:
        """Return what is posted under a reference of billproof in an ERP, whatever its date."""
        self.look_in(name)
        return erp_named(name, self._erps).find(self._entity.id, reference)

    def look_in(self, name: str) -> None:
        """Count an ERP among those that the documents of the entity are in."""
        self._names[name] = None

    def reference_of(self, facts: InvoiceFacts) -> Reference | None:
        """Return under which reference of which ERP a released document is posted, or will be."""
        return self.reference(self._erp_of(facts), facts.released.number) if facts.released else None

    def reference(self, name: str, number: str) -> Reference:
        """Return a number as an ERP holds it."""
        return Reference(name, short_reference(number, erp_named(name, self._erps).reference_length))

    def dated_in(self, month: Period, *, but: Container[Reference] = ()) -> dict[Reference, list[PostedDocument]]:
        """Return what is dated in a month by its reference, in the entity's ERP and those of its documents.

        What is posted under a reference of `but` is left out.
        """
        documents: dict[Reference, list[PostedDocument]] = {}
        for name in self._names:
            for document in erp_named(name, self._erps).of_period(self._entity.id, month):
                reference = Reference(name, document.external_reference)
                if reference not in but:
                    documents.setdefault(reference, []).append(document)
        return documents

    def _erp_of(self, facts: InvoiceFacts) -> str:
        intent = facts.facts.get(POSTING)
        return PostingIntent.model_validate(intent).erp if intent else self._entity.erp
