"""Reconciling invoices with postings, document by document and in both directions."""

from datetime import datetime

from billproof.erp.lookup import PostedDocuments
from billproof.erp.port import Erps
from billproof.errors import work_apart
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model, canonical_model
from billproof.money import Money, Taxed
from billproof.nets import TroubleLimit
from billproof.payments.book import CashBook
from billproof.periods import Period
from billproof.ports import Objects
from billproof.reconciliation.comparison import Compared, Comparison
from billproof.reconciliation.model import Reconciliation, ReconciliationOutcome, Variance


class _Sums:
    """What the comparisons of a month come to: of a document only its variances are kept."""

    def __init__(self, entity: LegalEntity) -> None:
        self._entity = entity
        self.invoices = self.postings = 0
        self.invoiced = Taxed.total((), entity.currency)
        self.receivable = Money.zero(entity.currency)
        self.variances: list[Variance] = []

    def add(self, part: Compared) -> None:
        """Add one comparison."""
        self.invoices += len(part.totals)
        self.postings += len(part.posted)
        self.invoiced = Taxed.total((self.invoiced, *part.totals), self._entity.currency)
        chart = self._entity.chart_of_accounts
        mine = (document for document in part.posted if document.currency == self._entity.currency)
        self.receivable = self.receivable.plus(document.on(chart.receivable) for document in mine)
        self.variances += part.variances


def reconcile(
    *,
    legal_entity: str,
    period: str,
    directory: Directory,
    register: Register,
    book: CashBook,
    erps: Erps,
    objects: Objects,
) -> Reconciliation:
    """Compare every released invoice of the period with the ERP, and the ERP with the invoices; keep the result.

    Every invoice document is read and its digest compared, so a changed document is a variance too. What is posted
    under an invoice's number counts whatever its date. An ERP knows no billing periods: what else it holds is looked
    through in the month after the period, in which most of its invoices are issued, so that every month of the ERP is
    looked through by the period before it. The entries of an opening are compared with its first period. What a
    document raises is its own variance; where too many do, it raises TooMuchTrouble once the result is kept.
    """
    entity = directory.legal_entity(legal_entity)
    versions = directory.versions_of(legal_entity)
    lookup = PostedDocuments(entity, erps)
    comparison = Comparison(versions, register=register, objects=objects, lookup=lookup, book=book)
    sums = _Sums(entity)
    documents = 0
    for facts in register.of_period(legal_entity, period):
        documents += 1
        sums.add(comparison.of_document(facts))
    sums.add(comparison.of_opening(Period.month(period)))
    sums.add(comparison.of_others(Period.month(period).next()))
    result = Reconciliation(
        legal_entity=legal_entity,
        period=period,
        currency=entity.currency,
        invoices=sums.invoices,
        postings=sums.postings,
        invoiced=sums.invoiced,
        posted_receivable=sums.receivable,
        variances=tuple(sums.variances),
    )
    objects.put(report_key(legal_entity, period), canonical_model(result))
    comparison.net.refuse_too_much(TroubleLimit(), documents)
    return result


class ReconciliationResult(Model):
    """What a call of reconcile returns to the workflow."""

    outcome: ReconciliationOutcome
    reconciled: tuple[str, ...]
    invoices: int
    postings: int
    variances: int


def reconcile_all(
    *,
    legal_entity: str | None,
    period: str | None,
    now: datetime,
    directory: Directory,
    register: Register,
    book: CashBook,
    erps: Erps,
    objects: Objects,
) -> ReconciliationResult:
    """Reconcile one legal entity or all, for one month or the last two whole ones in each entity's time zone.

    The month before the last is reconciled again, since that looks through the last one in the ERP, which is whole now:
    what was dated in it on its last day or later on is found, too. One month's trouble never stops the next.
    """
    entities = [directory.legal_entity(legal_entity)] if legal_entity else directory.legal_entities()

    months = [
        (entity.id, month.name)
        for entity in entities
        for month in ([Period.month(period)] if period else _last_months(now, entity.time_zone))
    ]

    def reconcile_month(of: tuple[str, str]) -> Reconciliation:
        name, month = of
        return reconcile(
            legal_entity=name,
            period=month,
            directory=directory,
            register=register,
            book=book,
            erps=erps,
            objects=objects,
        )

    results = work_apart(reconcile_month, ((f"{name} {month}", (name, month)) for name, month in months))
    variances = sum(len(result.variances) for result in results)
    return ReconciliationResult(
        outcome=ReconciliationOutcome.VARIANCES if variances else ReconciliationOutcome.BALANCED,
        reconciled=tuple(f"{result.legal_entity}.{result.period}" for result in results),
        invoices=sum(result.invoices for result in results),
        postings=sum(result.postings for result in results),
        variances=variances,
    )


def _last_months(now: datetime, time_zone: str) -> list[Period]:
    last = Period.month_before(now, time_zone)
    return [Period.month_ending(last.start), last]


def report_key(legal_entity: str, period: str) -> str:
    """Return where the latest reconciliation of a legal entity and period is."""
    return f"reconciliation/{legal_entity}/{period}.json"
