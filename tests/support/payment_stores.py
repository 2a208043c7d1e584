"""The books of payments over records in memory, and what takes payments in."""

from datetime import datetime
from functools import cached_property

from billproof.adapters.bank_files.csv_advice import parse_advices
from billproof.adapters.stripe.balances import StripeBalances
from billproof.adapters.stripe.payments import StripePayments
from billproof.adapters.stripe.refunds import StripeRefunds
from billproof.adapters.stripe.secrets import GatewaySecrets
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
from billproof.payments.taking_advices import AdviceSources
from billproof.payments.taking_statements import ReadStatements, StatementSources
from billproof.pipeline.closing_begun import takes_entries
from billproof.receivables.charging import ChargeSources
from billproof.receivables.collection_book import CollectionBook
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.gateway_disputes import DisputesAtGateways
from tests.support.audited import AuditedMemoryObjects, AuditedMemoryRecords
from tests.support.fakes import MemoryQueue


class PaymentStores:
    """The part of a world that payments are kept in."""

    records: dict[str, AuditedMemoryRecords]
    directory: Directory
    register: Register
    objects: AuditedMemoryObjects
    account_names: AccountNames
    payment_events: MemoryQueue

    def now(self) -> datetime:
        """Return the time."""
        raise NotImplementedError

    @cached_property
    def cash_book(self) -> CashBook:
        return CashBook(self.records["payments"])

    @cached_property
    def receipt_decisions(self) -> ReceiptDecisions:
        return ReceiptDecisions(self.records["decisions"])

    @cached_property
    def statement_book(self) -> StatementBook:
        return StatementBook(self.records["payments"])

    @cached_property
    def collection_book(self) -> CollectionBook:
        return CollectionBook(self.records["payments"])

    @cached_property
    def dispute_book(self) -> DisputeBook:
        return DisputeBook(self.records["payments"], self.records["decisions"])

    @cached_property
    def gateway_book(self) -> GatewayBook:
        return GatewayBook(self.records["payments"])

    @cached_property
    def gateway_disputes(self) -> DisputesAtGateways:
        return DisputesAtGateways(self.dispute_book)

    @cached_property
    def stripe_webhook_secrets(self) -> GatewaySecrets:
        return GatewaySecrets(lambda: "{}", self.now)

    def balance_sources(self) -> BalanceSources:
        """What asking gateways reads and writes; there is no key for any."""
        balances = StripeBalances(GatewaySecrets(lambda: "{}", self.now))
        return BalanceSources(self.directory, self.payment_events, balances)

    def refund_sources(self, legal_entity: str) -> RefundSources:
        """What paying refunds reads; there is no key for any gateway."""
        return RefundSources(
            entity=self.directory.legal_entity(legal_entity),
            receivables=self.cash_sources().receivables(legal_entity),
            refunds=StripeRefunds(GatewaySecrets(lambda: "{}", self.now)),
            events=self.payment_events,
            clock=self.now,
        )

    def charge_sources(self, legal_entity: str) -> ChargeSources:
        """What charging customers reads and writes; there is no key for any gateway."""
        return ChargeSources(
            entity=self.directory.legal_entity(legal_entity),
            receivables=self.cash_sources().receivables(legal_entity),
            book=self.collection_book,
            disputes=self.dispute_book,
            payments=StripePayments(GatewaySecrets(lambda: "{}", self.now)),
            events=self.payment_events,
            clock=self.now,
        )

    def cash_sources(self, now: datetime | None = None) -> CashSources:
        """What taking payments in reads and writes."""
        return CashSources(
            book=self.cash_book,
            decisions=self.receipt_decisions,
            register=self.register,
            directory=self.directory,
            objects=self.objects,
            account_names=self.account_names,
            gateways=self.gateway_book,
            disputes=self.gateway_disputes,
            now=now or self.now(),
            is_closed=lambda entity, month: not takes_entries(self.records["runs"], entity, month, now=self.now()),
        )

    @cached_property
    def advice_book(self) -> AdviceBook:
        return AdviceBook(self.records["payments"])

    def advice_sources(self) -> AdviceSources:
        """What taking remittance advices in reads and writes."""
        return AdviceSources(self.directory, self.advice_book, self.cash_book, self.payment_events, parse_advices)

    def statement_sources(self, read: ReadStatements) -> StatementSources:
        """What taking statements in reads and writes."""
        return StatementSources(
            directory=self.directory,
            book=self.statement_book,
            cash=self.cash_book,
            events=self.payment_events,
            read=read,
            receivables=self.cash_sources().receivables,
        )
