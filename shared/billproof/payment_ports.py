"""The ports of payments: the book of receipts, and what takes them in. Each is built on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from billproof.event_ports import EventPorts

if TYPE_CHECKING:
    from billproof.adapters.stripe.secrets import GatewaySecrets
    from billproof.audit.stores import AuditedObjects, AuditedRecords
    from billproof.invoicing.register import Register
    from billproof.masterdata.directory import Directory
    from billproof.payments.account_names import AccountNames
    from billproof.payments.advices import AdviceBook
    from billproof.payments.book import CashBook
    from billproof.payments.decision_book import ReceiptDecisions
    from billproof.payments.gateway_balance import BalanceSources
    from billproof.payments.gateway_book import GatewayBook
    from billproof.payments.refunding import RefundSources
    from billproof.payments.service import CashSources
    from billproof.payments.statement_book import StatementBook
    from billproof.payments.taking_advices import AdviceSources, ReadAdvices
    from billproof.payments.taking_settlements import ReadSettlement, SettlementSources
    from billproof.payments.taking_statements import ReadStatements, StatementSources
    from billproof.ports import VersionedObjects
    from billproof.receivables.charging import ChargeSources
    from billproof.receivables.collection_book import CollectionBook
    from billproof.receivables.dispute_book import DisputeBook
    from billproof.receivables.gateway_disputes import DisputesAtGateways


class PaymentPorts(EventPorts):
    """Where receipts are kept."""

    @cached_property
    def register(self) -> Register:
        """The register of invoices."""
        raise NotImplementedError

    @cached_property
    def runs(self) -> AuditedRecords:
        """Billing runs, and which months are signed off."""
        raise NotImplementedError

    @cached_property
    def decisions(self) -> AuditedRecords:
        """What people decided."""
        raise NotImplementedError

    @cached_property
    def directory(self) -> Directory:
        """Master data."""
        raise NotImplementedError

    @cached_property
    def objects(self) -> AuditedObjects:
        """The data bucket."""
        raise NotImplementedError

    def _records(self, store: str, table: str) -> AuditedRecords:
        raise NotImplementedError

    def _bucket(self) -> VersionedObjects:
        raise NotImplementedError

    def put_by_another(self, key: str, version: str) -> bytes:
        """Return an object that somebody else put into the data bucket, and record it in the chain."""
        data = self._bucket().get(key, version=version)
        self.objects.record(key, data)
        return data

    @cached_property
    def payments(self) -> AuditedRecords:
        """The facts of receipts."""
        return self._records("payments", self.settings.payments_table)

    @cached_property
    def cash_book(self) -> CashBook:
        """Receipts and what they pay."""
        from billproof.payments.book import CashBook

        return CashBook(self.payments)

    @cached_property
    def receipt_decisions(self) -> ReceiptDecisions:
        """What people decided about receipts."""
        from billproof.payments.decision_book import ReceiptDecisions

        return ReceiptDecisions(self.decisions)

    @cached_property
    def statement_book(self) -> StatementBook:
        """Bank statements, and what they take back."""
        from billproof.payments.statement_book import StatementBook

        return StatementBook(self.payments)

    @cached_property
    def advice_book(self) -> AdviceBook:
        """What payers said that payments pay."""
        from billproof.payments.advices import AdviceBook

        return AdviceBook(self.payments)

    def advice_sources(self, read: ReadAdvices) -> AdviceSources:
        """Return what taking remittance advices in reads and writes."""
        from billproof.payments.taking_advices import AdviceSources

        return AdviceSources(self.directory, self.advice_book, self.cash_book, self.payment_events, read)

    @cached_property
    def collection_book(self) -> CollectionBook:
        """Reminders, promises and pauses."""
        from billproof.receivables.collection_book import CollectionBook

        return CollectionBook(self.payments)

    @cached_property
    def dispute_book(self) -> DisputeBook:
        """What customers dispute."""
        from billproof.receivables.dispute_book import DisputeBook

        return DisputeBook(self.payments, self.decisions)

    @cached_property
    def gateway_book(self) -> GatewayBook:
        """What gateways told."""
        from billproof.payments.gateway_book import GatewayBook

        return GatewayBook(self.payments)

    @cached_property
    def gateway_disputes(self) -> DisputesAtGateways:
        """Where it is noted what customers dispute at gateways."""
        from billproof.receivables.gateway_disputes import DisputesAtGateways

        return DisputesAtGateways(self.dispute_book)

    def _gateway_secrets(self, arn: str | None) -> GatewaySecrets:
        from billproof.adapters.aws.clients import client
        from billproof.adapters.aws.secrets import read_secret
        from billproof.adapters.stripe.secrets import GatewaySecrets

        return GatewaySecrets(lambda: "{}" if arn is None else read_secret(client("secretsmanager"), arn), self.now)

    @cached_property
    def stripe_webhook_secrets(self) -> GatewaySecrets:
        """What Stripe signs the webhooks of each gateway with."""
        return self._gateway_secrets(self.settings.stripe_webhooks_secret)

    @cached_property
    def stripe_keys(self) -> GatewaySecrets:
        """The key of each gateway at Stripe."""
        return self._gateway_secrets(self.settings.stripe_payments_secret)

    def balance_sources(self) -> BalanceSources:
        """Return what asking a gateway for its balance reads and writes."""
        from billproof.adapters.stripe.balances import StripeBalances
        from billproof.payments.gateway_balance import BalanceSources

        return BalanceSources(self.directory, self.payment_events, StripeBalances(self.stripe_keys))

    def refund_sources(self, legal_entity: str) -> RefundSources:
        """Return what paying the refunds of a legal entity reads, and through whom; raises NotFound."""
        from billproof.adapters.stripe.refunds import StripeRefunds
        from billproof.payments.refunding import RefundSources

        return RefundSources(
            entity=self.directory.legal_entity(legal_entity),
            receivables=self.cash_sources().receivables(legal_entity),
            refunds=StripeRefunds(self.stripe_keys),
            events=self.payment_events,
            clock=self.now,
        )

    def charge_sources(self, legal_entity: str) -> ChargeSources:
        """Return what charging the customers of a legal entity reads, and through whom; raises NotFound."""
        from billproof.adapters.stripe.payments import StripePayments
        from billproof.receivables.charging import ChargeSources

        return ChargeSources(
            entity=self.directory.legal_entity(legal_entity),
            receivables=self.cash_sources().receivables(legal_entity),
            book=self.collection_book,
            disputes=self.dispute_book,
            payments=StripePayments(self.stripe_keys),
            events=self.payment_events,
            clock=self.now,
        )

    @cached_property
    def account_names(self) -> AccountNames:
        """The names of accounts, for matching."""
        from billproof.payments.account_names import AccountNames

        return AccountNames(self.directory, self.now)

    def cash_sources(self) -> CashSources:
        """Return what taking payments in reads and writes, as of now."""
        from billproof.payments.service import CashSources
        from billproof.pipeline.closing_begun import takes_entries

        return CashSources(
            book=self.cash_book,
            decisions=self.receipt_decisions,
            register=self.register,
            directory=self.directory,
            objects=self.objects,
            account_names=self.account_names,
            gateways=self.gateway_book,
            disputes=self.gateway_disputes,
            now=self.now(),
            is_closed=lambda entity, month: not takes_entries(self.runs, entity, month, now=self.now()),
        )

    def statement_sources(self, read: ReadStatements) -> StatementSources:
        """Return what taking statements in reads and writes."""
        from billproof.payments.taking_statements import StatementSources

        return StatementSources(
            directory=self.directory,
            book=self.statement_book,
            cash=self.cash_book,
            events=self.payment_events,
            read=read,
            receivables=self.cash_sources().receivables,
        )

    def settlement_sources(self, read: ReadSettlement) -> SettlementSources:
        """Return what taking settlement reports in reads and writes."""
        from billproof.payments.taking_settlements import SettlementSources

        return SettlementSources(self.directory, self.payment_events, read)
