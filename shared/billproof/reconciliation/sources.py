"""What a reconciliation reads, and where it keeps what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from billproof.approvals.policy import VarianceRules
from billproof.erp.lookup import PostedDocuments
from billproof.erp.port import Erps
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.payments.account_names import AccountNames
from billproof.payments.book import CashBook
from billproof.payments.decision_book import ReceiptDecisions
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.receivables import Receivables
from billproof.payments.statement_book import StatementBook
from billproof.periods import zone
from billproof.ports import Objects
from billproof.receivables.dispute_book import DisputeBook
from billproof.reconciliation.comparison import Comparison
from billproof.reconciliation.model import Reconciliation
from billproof.reconciliation.seen import MonthSight
from billproof.reconciliation.sums import Sums, write_report


@dataclass(frozen=True)
class ReconciliationSources:
    """Master data, the register, the books of what is paid and disputed, the ERPs and the objects, as of now.

    `on_report` is told each report that is kept, with what the policy says of variances.
    """

    directory: Directory
    register: Register
    book: CashBook
    decisions: ReceiptDecisions
    statements: StatementBook
    gateways: GatewayBook
    disputes: DisputeBook
    erps: Erps
    objects: Objects
    now: datetime
    on_report: Callable[[Reconciliation, VarianceRules | None], object]

    def keep(self, sums: Sums, legal_entity: str, period: str) -> Reconciliation:
        """Store what comparisons of a month come to under the policy in force, tell of it, and return it."""
        rules = self.directory.policy(legal_entity).variances
        report = write_report(self.objects, sums.report(period, rules=rules or VarianceRules(), now=self.now))
        self.on_report(report, rules)
        return report

    def begin(self, legal_entity: str, period: str) -> tuple[Comparison, Sums]:
        """Return what compares the documents of a month, and what adds up the comparisons and knows what there was."""
        entity, sums = self._look(legal_entity, period)
        rules, today = self.directory.policy(legal_entity).variances, self.now.astimezone(zone(entity.time_zone)).date()
        comparison = Comparison(
            self.directory.versions_of(legal_entity),
            register=self.register,
            objects=self.objects,
            lookup=PostedDocuments(entity, self.erps),
            book=self.book,
            decisions=self.decisions,
            statements=self.statements,
            receivables=self._receivables(legal_entity),
            gateways=self.gateways,
            disputes=self.disputes,
            delivered_if_issued_by=today - timedelta(days=rules.undelivered_days) if rules else None,
        )
        return comparison, sums

    def _receivables(self, legal_entity: str) -> Receivables:
        return Receivables(
            entity=legal_entity,
            register=self.register,
            book=self.book,
            decisions=self.decisions,
            directory=self.directory,
            objects=self.objects,
            account_names=AccountNames(self.directory, lambda: self.now),
        )

    def _look(self, legal_entity: str, period: str) -> tuple[LegalEntity, Sums]:
        entity = self.directory.legal_entity(legal_entity)
        sight = MonthSight(entity, self.register, self.book, self.statements, self.gateways)
        sums = Sums(entity)
        sums.saw(sight.look(period, self.now.date()))
        return entity, sums
