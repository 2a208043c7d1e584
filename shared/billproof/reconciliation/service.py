"""Reconciling invoices with postings, document by document and in both directions."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Self

from billproof.errors import work_apart
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model
from billproof.nets import TroubleLimit
from billproof.periods import Period, instant_text
from billproof.reconciliation.model import Reconciliation, ReconciliationOutcome
from billproof.reconciliation.parts import write_items
from billproof.reconciliation.sources import ReconciliationSources
from billproof.reconciliation.sums import ReconciliationPart


def reconcile(legal_entity: str, period: str, sources: ReconciliationSources) -> Reconciliation:
    """Compare every released invoice of the period with the ERP, and the ERP with the invoices; keep the result.

    Every invoice document is read and its digest compared, so a changed document is a variance too. What is posted
    under an invoice's number counts whatever its date. An ERP knows no billing periods: what else it holds is looked
    through in the month after the period, in which most of its invoices are issued, so that every month of the ERP is
    looked through by the period before it. The entries of an opening are compared with its first period. What a
    document raises is its own variance; where too many do, it raises TooMuchTrouble once the result is kept.
    """
    comparison, sums = sources.begin(legal_entity, period)
    for facts in sources.register.of_period(legal_entity, period):
        sums.add_document(comparison.of_document(facts))
    sums.add(comparison.of_opening(Period.month(period)))
    sums.add(comparison.of_others(Period.month(period).next()))
    report = sources.keep(sums, legal_entity, period)
    comparison.net.refuse_too_much(TroubleLimit(), sums.documents)
    return report


class ReconciliationResult(Model):
    """What a call of reconcile returns to the workflow; of many documents, where the parts to reconcile are listed."""

    outcome: ReconciliationOutcome
    reconciled: tuple[str, ...]
    invoices: int = 0
    postings: int = 0
    variances: int = 0
    parts_key: str = ""

    @classmethod
    def of(cls, reports: Sequence[Reconciliation]) -> Self:
        """Add up the reports of some months."""
        variances = sum(len(report.variances) for report in reports)
        return cls(
            outcome=ReconciliationOutcome.VARIANCES if variances else ReconciliationOutcome.BALANCED,
            reconciled=tuple(f"{report.legal_entity}.{report.period}" for report in reports),
            invoices=sum(report.invoices for report in reports),
            postings=sum(report.postings for report in reports),
            variances=variances,
        )

    @classmethod
    def of_part(cls, part: ReconciliationPart) -> Self:
        """Return what a part comes to: what differs is told once, where the parts are put together."""
        return cls(
            outcome=ReconciliationOutcome.RECONCILED,
            reconciled=(f"{part.legal_entity}.{part.period}",),
            invoices=part.invoices,
            postings=part.postings,
            variances=len(part.variances),
        )


def reconcile_all(
    *,
    legal_entity: str | None,
    period: str | None,
    now: datetime,
    sources: ReconciliationSources,
    part_size: int | None = None,
) -> ReconciliationResult:
    """Reconcile one legal entity or all, for one month or the last two whole ones in each entity's time zone.

    The month before the last is reconciled again, since that looks through the last one in the ERP, which is whole now:
    what was dated in it on its last day or later on is found, too. One month's trouble never stops the next. Where a
    legal entity has more than `part_size` accounts, the parts of all months are named in place of that (parts.py).
    """
    directory = sources.directory
    entities = [directory.legal_entity(legal_entity)] if legal_entity else directory.legal_entities()
    months = [
        (entity.id, month.name)
        for entity in entities
        for month in ([Period.month(period)] if period else _last_months(now, entity.time_zone))
    ]
    if part_size is not None and any(_has_more(entity, part_size, directory) for entity in entities):
        return ReconciliationResult(
            outcome=ReconciliationOutcome.DIVIDED,
            reconciled=(),
            parts_key=write_items(months, instant_text(now), sources.objects),
        )

    def reconcile_month(of: tuple[str, str]) -> Reconciliation:
        return reconcile(*of, sources)

    return ReconciliationResult.of(
        work_apart(reconcile_month, ((f"{name} {month}", (name, month)) for name, month in months))
    )


def _has_more(entity: LegalEntity, accounts: int, directory: Directory) -> bool:
    return next(islice(directory.members(entity.id), accounts, None), None) is not None


def _last_months(now: datetime, time_zone: str) -> list[Period]:
    last = Period.month_before(now, time_zone)
    return [Period.month_ending(last.start), last]
