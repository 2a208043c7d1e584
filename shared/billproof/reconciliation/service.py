"""Reconciling invoices with postings, document by document and in both directions."""

from datetime import datetime

from billproof.erp.lookup import PostedDocuments
from billproof.erp.port import Erps
from billproof.errors import work_apart
from billproof.ids import canonical_json
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.model import Model
from billproof.money import Taxed, total
from billproof.nets import TroubleLimit
from billproof.periods import Period
from billproof.ports import Objects
from billproof.reconciliation.comparison import Comparison
from billproof.reconciliation.model import Reconciliation, ReconciliationOutcome


def reconcile(
    *, legal_entity: str, period: str, directory: Directory, register: Register, erps: Erps, objects: Objects
) -> Reconciliation:
    """Compare every released invoice of the period with the ERP, and the ERP with the invoices; keep the result.

    Every invoice document is read and its digest compared, so a changed document is a variance too. What is posted
    under an invoice's number counts whatever its date. An ERP knows no billing periods: what else it holds is looked
    through in the month after the period, in which most of its invoices are issued, so that every month of the ERP is
    looked through by the period before it. What a document raises is its own variance; where too many do, it raises
    TooMuchTrouble once the result is kept.
    """
    entity = directory.legal_entity(legal_entity)
    versions = directory.versions_of(legal_entity)
    comparison = Comparison(versions, register=register, objects=objects, lookup=PostedDocuments(entity, erps))
    compared = [comparison.of_document(facts) for facts in register.of_period(legal_entity, period)]
    documents = len(compared)
    compared.append(comparison.of_others(Period.month(period).next()))
    totals = [amounts for part in compared for amounts in part.totals]
    posted = [document for part in compared for document in part.posted]
    receivable = entity.chart_of_accounts.receivable
    result = Reconciliation(
        legal_entity=legal_entity,
        period=period,
        currency=entity.currency,
        invoices=len(totals),
        postings=len(posted),
        invoiced=Taxed.total(totals, entity.currency),
        posted_receivable=total(
            (document.on(receivable) for document in posted if document.currency == entity.currency),
            entity.currency,
        ),
        variances=tuple(variance for part in compared for variance in part.variances),
    )
    objects.put(report_key(legal_entity, period), canonical_json(result.model_dump(mode="json")))
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
            legal_entity=name, period=month, directory=directory, register=register, erps=erps, objects=objects
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
