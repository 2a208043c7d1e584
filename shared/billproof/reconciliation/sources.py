"""What a reconciliation reads, and where it keeps what came of it."""

from dataclasses import dataclass

from billproof.erp.lookup import PostedDocuments
from billproof.erp.port import Erps
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.payments.book import CashBook
from billproof.payments.gateway_book import GatewayBook
from billproof.payments.statement_book import StatementBook
from billproof.ports import Objects
from billproof.reconciliation.comparison import Comparison
from billproof.reconciliation.sums import Sums


@dataclass(frozen=True)
class ReconciliationSources:
    """Master data, the register, the books of receipts, statements and gateways, the ERPs, and the objects."""

    directory: Directory
    register: Register
    book: CashBook
    statements: StatementBook
    gateways: GatewayBook
    erps: Erps
    objects: Objects

    def begin(self, legal_entity: str) -> tuple[Comparison, Sums]:
        """Return what compares the documents of a legal entity, and what adds up the comparisons."""
        entity = self.directory.legal_entity(legal_entity)
        comparison = Comparison(
            self.directory.versions_of(legal_entity),
            register=self.register,
            objects=self.objects,
            lookup=PostedDocuments(entity, self.erps),
            book=self.book,
            statements=self.statements,
            gateways=self.gateways,
        )
        return comparison, Sums(entity)
