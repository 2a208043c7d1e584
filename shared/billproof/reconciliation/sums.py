"""What the comparisons of a month come to, added up: of a document only its variances are kept."""

from datetime import datetime
from functools import partial

from billproof.approvals.policy import VarianceRules
from billproof.erp.lookup import Reference
from billproof.masterdata.parties import LegalEntity
from billproof.model import Model, canonical_model
from billproof.money import Money, Taxed
from billproof.periods import instant_text
from billproof.ports import Objects
from billproof.reconciliation.comparison import Compared
from billproof.reconciliation.model import Reconciliation, Variance
from billproof.reconciliation.seen import SeenFacts
from billproof.reconciliation.telling import told_at


class ReconciliationPart(Model):
    """What a part of the reconciliation of a month comes to, and which references it compared."""

    legal_entity: str
    period: str
    part: int
    round: str
    invoices: int
    postings: int
    invoiced: Taxed
    posted_receivable: Money
    variances: tuple[Variance, ...]
    unsettled: tuple[Variance, ...] = ()
    compared: tuple[Reference, ...]
    seen: SeenFacts | None = None


class Sums:
    """What the comparisons of a month come to."""

    def __init__(self, entity: LegalEntity) -> None:
        self._entity = entity
        self._seen: SeenFacts | None = None
        self.documents = self.invoices = self.postings = 0
        self.invoiced = Taxed.total((), entity.currency)
        self.receivable = Money.zero(entity.currency)
        self.variances: list[Variance] = []
        self.unsettled: list[Variance] = []

    def saw(self, facts: SeenFacts | None) -> None:
        """Note how far the facts went before they were compared; of several parts the least counts."""
        if facts is not None:
            self._seen = facts if self._seen is None else self._seen.but(facts)

    def add_document(self, part: Compared) -> None:
        """Add the comparison of a document of the month."""
        self.documents += 1
        self.add(part)

    def add(self, part: Compared) -> None:
        """Add one comparison."""
        self.invoices += len(part.totals)
        self.postings += len(part.posted)
        self.invoiced = Taxed.total((self.invoiced, *part.totals), self._entity.currency)
        chart = self._entity.chart_of_accounts
        mine = (document for document in part.posted if document.currency == self._entity.currency)
        self.receivable = self.receivable.plus(document.on(chart.receivable) for document in mine)
        self.variances += part.variances
        self.unsettled += part.unsettled

    def add_part(self, part: ReconciliationPart) -> None:
        """Add what a part came to."""
        self.invoices += part.invoices
        self.postings += part.postings
        self.invoiced = Taxed.total((self.invoiced, part.invoiced), self._entity.currency)
        self.receivable += part.posted_receivable
        self.variances += part.variances
        self.unsettled += part.unsettled
        self.saw(part.seen)

    def part(self, period: str, number: int, moment: str, *, compared: tuple[Reference, ...]) -> ReconciliationPart:
        """Return the sums as those of a part."""
        return ReconciliationPart(
            legal_entity=self._entity.id,
            period=period,
            part=number,
            round=moment,
            invoices=self.invoices,
            postings=self.postings,
            invoiced=self.invoiced,
            posted_receivable=self.receivable,
            variances=tuple(self.variances),
            unsettled=tuple(self.unsettled),
            compared=compared,
            seen=self._seen,
        )

    def report(self, period: str, *, rules: VarianceRules, now: datetime) -> Reconciliation:
        """Return the sums as the report of a month, with the age and the owner of each variance at a moment."""
        complete = partial(told_at, period=period, entity=self._entity, rules=rules, now=now)
        return Reconciliation(
            legal_entity=self._entity.id,
            period=period,
            currency=self._entity.currency,
            invoices=self.invoices,
            postings=self.postings,
            invoiced=self.invoiced,
            posted_receivable=self.receivable,
            variances=tuple(map(complete, self.variances)),
            unsettled=tuple(map(complete, self.unsettled)),
            reconciled_at=instant_text(now),
            seen=self._seen,
        )


def report_key(legal_entity: str, period: str) -> str:
    """Return where the latest reconciliation of a legal entity and period is."""
    return f"reconciliation/{legal_entity}/{period}.json"


def write_report(objects: Objects, report: Reconciliation) -> Reconciliation:
    """Store the report of a month and return it."""
    objects.put(report_key(report.legal_entity, report.period), canonical_model(report))
    return report


def write_part(objects: Objects, part: ReconciliationPart) -> None:
    """Store what a part came to."""
    objects.put(_part_key(part.legal_entity, part.period, part.part), canonical_model(part))


def read_part(objects: Objects, legal_entity: str, period: str, part: int) -> ReconciliationPart:
    """Return what a part came to; raises NotFound."""
    return ReconciliationPart.model_validate_json(objects.get(_part_key(legal_entity, period, part)))


def _part_key(legal_entity: str, period: str, part: int) -> str:
    return f"reconciliation-parts/{legal_entity}/{period}/{part:02d}.json"
