"""The ports of ERPs: the facts of the embedded ledger, and the ERPs that are configured. Each is built on first use."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.payment_ports import PaymentPorts

if TYPE_CHECKING:
    from billproof.approvals.exception_store import ExceptionStore
    from billproof.audit.stores import AuditedRecords
    from billproof.erp.port import Erp, Erps
    from billproof.reconciliation.sources import ReconciliationSources


class ErpPorts(PaymentPorts):
    """Where documents are posted, and what a reconciliation compares them with."""

    @cached_property
    def exception_store(self) -> ExceptionStore:
        """Exceptions and their decisions."""
        raise NotImplementedError

    @cached_property
    def ledger_facts(self) -> AuditedRecords:
        """The facts of the embedded ledger."""
        return self._records("ledger", self.settings.ledger_table)

    @cached_property
    def erps(self) -> Erps:
        """The ERPs that are configured, by the name that a legal entity gives: the embedded ledger always is."""
        from billproof.adapters.ledger.embedded import EmbeddedLedger
        from billproof.masterdata.parties import EMBEDDED_LEDGER

        erps: dict[str, Erp] = {EMBEDDED_LEDGER: EmbeddedLedger(self.ledger_facts)}
        secret = self.settings.tryton_secret
        if secret is not None:
            from billproof.adapters.aws.secrets import read_secret
            from billproof.adapters.tryton.erp import NAME, TrytonErp, connected

            connect = partial(connected, read_secret(client("secretsmanager"), secret))
            erps[NAME] = TrytonErp(connect, entities=self.directory.legal_entity, accounts=self.directory.account)
        return erps

    def reconciliation_sources(self) -> ReconciliationSources:
        """Return what a reconciliation reads, as of now; it raises the exceptions that the policy asks for."""
        from billproof.approvals.variances import raise_variances
        from billproof.reconciliation.sources import ReconciliationSources

        store, workflows = self.exception_store, self.exceptions
        return ReconciliationSources(
            directory=self.directory,
            register=self.register,
            book=self.cash_book,
            decisions=self.receipt_decisions,
            statements=self.statement_book,
            gateways=self.gateway_book,
            erps=self.erps,
            objects=self.objects,
            now=self.now(),
            on_report=lambda report, rules: rules and raise_variances(report, rules, store, workflows),
        )
