"""Reading what the ERPs hold of a legal entity: a month at once, and what is dated elsewhere one by one."""

from collections.abc import Iterable
from datetime import date

from billproof.erp.intent import PostingIntent
from billproof.erp.port import Erps, PostedDocument, erp_named, short_reference
from billproof.invoicing.facts import POSTING, InvoiceFacts
from billproof.masterdata.parties import LegalEntity
from billproof.periods import Period

ByReference = dict[str, list[PostedDocument]]


class PostedDocuments:
    """The posted documents of a legal entity, each month of each ERP read once."""

    def __init__(self, entity: LegalEntity, erps: Erps) -> None:
        self._entity = entity
        self._erps = erps
        self._months: dict[tuple[str, str], ByReference] = {}

    def of_document(self, facts: InvoiceFacts) -> list[PostedDocument]:
        """Return what is posted for a released document: nothing, one, or more where the ERP took it twice."""
        released = facts.released
        if released is None:
            return []
        intent = facts.facts.get(POSTING)
        name = PostingIntent.model_validate(intent).erp if intent else self._entity.erp
        erp = erp_named(name, self._erps)
        reference = short_reference(released.number, erp.reference_length)
        listed = self._month(name, released.issue_date).get(reference)
        return listed or erp.find(self._entity.id, released.number)

    def unknown(self, month: Period, known: Iterable[str]) -> list[PostedDocument]:
        """Return what is dated in a month under none of the known references, in the ERPs that were read."""
        documents: list[PostedDocument] = []
        for name in dict.fromkeys([*(name for name, _ in self._months), self._entity.erp]):
            length = erp_named(name, self._erps).reference_length
            left = dict(self._month(name, month.start))
            for reference in known:
                left.pop(short_reference(reference, length), None)
            documents += (document for reference in sorted(left) for document in left[reference])
        return documents

    def _month(self, name: str, day: date) -> ByReference:
        month = Period.month(f"{day:%Y-%m}")
        if (name, month.name) not in self._months:
            by_reference: ByReference = {}
            for document in erp_named(name, self._erps).of_period(self._entity.id, month):
                by_reference.setdefault(document.external_reference, []).append(document)
            self._months[name, month.name] = by_reference
        return self._months[name, month.name]
