"""The ports of ERPs and CRMs: the facts of the embedded ledger, and what is configured. Each is built on first use."""

from __future__ import annotations

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from billproof.adapters.aws.clients import client
from billproof.errors import InvalidInput
from billproof.payment_ports import PaymentPorts

if TYPE_CHECKING:
    from collections.abc import Callable

    from billproof.adapters.hubspot.rest import HubspotCrm
    from billproof.adapters.kept_secrets import KeptSecret
    from billproof.adapters.sap.rest import SapRest
    from billproof.adapters.stripe.tax import StripeTax
    from billproof.adapters.tryton.rest import TrytonRest
    from billproof.approvals.exception_store import ExceptionStore
    from billproof.audit.stores import AuditedRecords
    from billproof.crm.port import Crm
    from billproof.crm.syncing import CrmSources
    from billproof.erp.port import Erp, Erps
    from billproof.ports import Queue
    from billproof.reconciliation.sources import ReconciliationSources
    from billproof.tax.port import Engines


class ErpPorts(PaymentPorts):
    """Where documents are posted, what a reconciliation compares them with, and whose orders become contracts."""

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
        if self.settings.tryton_secret is not None:
            from billproof.adapters.tryton.erp import NAME as TRYTON
            from billproof.adapters.tryton.erp import TrytonErp

            accounts = self.directory.account
            erps[TRYTON] = TrytonErp(self.tryton, entities=self.directory.legal_entity, accounts=accounts)
        if self.settings.sap_secret is not None:
            from billproof.adapters.sap.erp import NAME as SAP
            from billproof.adapters.sap.erp import SapErp

            erps[SAP] = SapErp(self.sap, entities=self.directory.legal_entity)
        return erps

    @cached_property
    def tryton(self) -> Callable[[], TrytonRest]:
        """Tryton, as its secret says."""
        from billproof.adapters.tryton.erp import connected

        return self._as_kept(self.settings.tryton_secret, connected)

    @cached_property
    def sap(self) -> Callable[[], SapRest]:
        """SAP, as its secret says."""
        from billproof.adapters.sap.erp import connected

        return self._as_kept(self.settings.sap_secret, connected)

    def _as_kept[T](self, secret: str | None, connected: Callable[[str], T]) -> Callable[[], T]:
        """Read a secret; it is understood once what it is of is asked something."""
        kept = self.kept_secret(secret, lambda text: cache(partial(connected, text)))
        kept.value()
        return lambda: kept.value()()  # noqa: PLW0108 - the secret may be another one by then

    @property
    def tax_engines(self) -> Engines:
        """The external tax engines that are set up: Stripe, if there is a secret with its key."""
        if self.settings.stripe_secret is None:
            return {}
        from billproof.masterdata.parties import TaxEngineName

        return {TaxEngineName.STRIPE: self._stripe_tax.value()}

    @cached_property
    def _stripe_tax(self) -> KeptSecret[StripeTax]:
        from billproof.adapters.stripe.tax import StripeTax

        return self.kept_secret(self.settings.stripe_secret, StripeTax)

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
            disputes=self.dispute_book,
            erps=self.erps,
            objects=self.objects,
            now=self.now(),
            on_report=lambda report, rules: rules and raise_variances(report, rules, store, workflows),
        )

    @cached_property
    def crm_events(self) -> Queue:
        """The crm-events queue."""
        from billproof.adapters.aws.sqs import SqsQueue

        return SqsQueue(client("sqs"), self.settings.crm_events_queue)

    def crm(self, name: str) -> Crm | None:
        """Return a CRM by the name that its mapping has, or None: the secret of another one is no trouble of it."""
        if name == "salesforce" and self.settings.salesforce_secret is not None:
            return self._salesforce.value()
        if name == "hubspot" and self.settings.hubspot_secret is not None:
            return self._hubspot.value()
        return None

    @cached_property
    def _salesforce(self) -> KeptSecret[Crm]:
        """Salesforce, as its secret says."""
        from billproof.adapters.salesforce.rest import connected

        return self.kept_secret(self.settings.salesforce_secret, connected)

    @cached_property
    def _hubspot(self) -> KeptSecret[HubspotCrm]:
        """HubSpot, as its secret says."""
        from billproof.adapters.hubspot.rest import connected

        return self.kept_secret(self.settings.hubspot_secret, connected)

    @property
    def hubspot_client_secret(self) -> str:
        """What HubSpot signs its webhooks with; raises InvalidInput where HubSpot is not set up."""
        if self.settings.hubspot_secret is None:
            message = "HubSpot is not set up: its secret is a parameter of the deployment"
            raise InvalidInput(message)
        return self._hubspot.value().client_secret

    def crm_sources(self, *, sender: str) -> CrmSources:
        """Return what taking a message of a CRM reads and writes, as of now."""
        from billproof.contracts.history import Receipt
        from billproof.crm.syncing import CrmSources
        from billproof.crm.waiting import CrmExceptions
        from billproof.periods import instant_text

        now = self.now()
        return CrmSources(
            directory=self.directory,
            crm=self.crm,
            exceptions=CrmExceptions(self.exception_store, self.exceptions, now),
            queue=lambda: self.crm_events,
            receipt=Receipt(received_at=instant_text(now), sender=sender),
        )
