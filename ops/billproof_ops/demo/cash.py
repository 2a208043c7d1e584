"""January is paid: the banks' files are put where banks put them, and a person decides what is not sure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.invoicing.documents import read_invoice
from billproof.payments.cash import ReceiptState
from billproof.payments.taking_statements import BankFile, file_key
from billproof.pipeline.month_facts import SignOff, signed_off
from billproof_ops import closing, disputes, payments, settlements, statements
from billproof_ops.demo import bank, stand_in, story
from billproof_ops.demo.bank import BankedPayment, BilledInvoice
from billproof_ops.demo.cards import CardAccount
from billproof_ops.demo.cash_summary import (
    CashSummary,
    OpenInvoiceSummary,
    cash_balance,
    closed_month,
    gateway_summary,
    open_invoice,
    receipt_decisions,
    rules_of,
)
from billproof_ops.demo.feed import DRAIN_SECONDS
from billproof_ops.queues import wait_until_empty
from billproof_ops.statements import ReadFile
from billproof_ops.target import Target


@dataclass
class PaidMonth:
    """The payments of the month that SkyMeter's customers pay, over a target.

    With `leaves_open` nobody decides what is not sure.
    """

    target: Target
    leaves_open: bool = False

    def play(self) -> None:
        """Take in what Stripe and the banks tell, and decide what waits; played again it changes nothing."""
        for account in self._cards:
            with stand_in.card_account(account):
                stand_in.tell(self.target, account)
                self._wait("PaymentEventsQueueUrl")
        for entity in story.master_data().legal_entities:
            for name, data in bank.bank_files(entity, self._banked[entity.id]):
                file = BankFile(file_key(entity.id, data, name=name), data)
                statements.import_file(self.target, ReadFile(file, parse_statement(data)))
        self._wait("BankStatementsQueueUrl")
        self._wait("PaymentEventsQueueUrl")
        for state, payment in () if self.leaves_open else self._waiting():
            pays = [{"number": number, "amount": paid.text} for number, paid in payment.shares]
            wanted = {
                "receipt": state.receipt.id,
                "legal_entity": payment.legal_entity,
                "verdict": "applied",
                "account": payment.pays[0].account,
                "pays": pays,
                "reason": bank.REASON,
            }
            payments.decide(self.target, wanted, who=bank.DECIDER)
        self._wait("PaymentEventsQueueUrl")

    def close(self) -> None:
        """Let a person close the month with what is open of it by name; again changes nothing."""
        month = bank.PAID_MONTH
        for entity in self._banked:
            reports = closing.reconcile_to_close(self.target, entity, month)
            points = [variance.id for report in reports for variance in report.variances]
            reason = bank.REASON_TO_CLOSE if points else ""
            closing.close(self.target, entity, month, open_points=points, reason=reason, who=bank.CLOSER)

    def _wait(self, queue: str) -> None:
        wait_until_empty(self.target, queue, what="applying the payments", timeout_seconds=DRAIN_SECONDS)

    @cached_property
    def _billed(self) -> dict[str, dict[str, BilledInvoice]]:
        """The month's invoices of each legal entity, by account."""
        names = {account.id: account.name for account in story.master_data().accounts}
        return {
            entity.id: {
                facts.released.account: BilledInvoice(
                    facts.released.account,
                    names[facts.released.account],
                    facts.released.number,
                    facts.released.issue_date,
                    facts.released.receivable.amount,
                )
                for facts in self.target.ports.register.of_period(entity.id, bank.PAID_MONTH)
                if facts.released is not None and not facts.id.is_credit
            }
            for entity in story.master_data().legal_entities
        }

    @cached_property
    def _cards(self) -> list[CardAccount]:
        """What is paid by card."""
        entities = story.master_data().legal_entities
        accounts = (CardAccount.of(entity, self._billed[entity.id]) for entity in entities)
        return [account for account in accounts if account is not None]

    @cached_property
    def _banked(self) -> dict[str, list[BankedPayment]]:
        """What arrives at each legal entity's bank."""
        banked = {
            entity.id: bank.payments(entity, self._billed[entity.id]) for entity in story.master_data().legal_entities
        }
        for account in self._cards:
            banked[account.legal_entity].append(account.at_bank)
        return banked

    def _waiting(self) -> Iterator[tuple[ReceiptState, BankedPayment]]:
        for entity, banked in self._banked.items():
            meant = {payment.reference: payment for payment in banked}
            for state in payments.receipts(self.target, entity, "", only_waiting=True):
                if state.receipt.reference in meant:
                    yield state, meant[state.receipt.reference]

    def summary(self) -> CashSummary:
        """Return what came of it, as it is stored now."""
        listed = [statements.listed(self.target, entity) for entity in self._banked]
        held = (balance for entity in self._banked for balance in settlements.balances(self.target, entity))
        states = [state for entity in self._banked for state in self.target.ports.cash_book.received(entity)]
        return CashSummary(
            statements=[row for of_entity in listed for row in of_entity.statements],
            gaps=sum(len(of_entity.breaks) for of_entity in listed),
            rules=rules_of(states),
            decisions=receipt_decisions(states),
            still_open=[invoice for entity in self._banked for invoice in self._open(entity)],
            disputes=[row for entity in self._banked for row in disputes.rows(self.target, entity, only_waiting=True)],
            gateways=[gateway_summary(balance) for balance in held],
            closed=[closed_month(signed) for signed in self._closed() if signed is not None],
            balances=[cash_balance(payments.statement(self.target, entity)) for entity in self._banked],
        )

    def _closed(self) -> Iterator[SignOff | None]:
        for entity in self._banked:
            yield signed_off(self.target.ports.runs, entity, bank.PAID_MONTH)

    def _open(self, entity: str) -> Iterator[OpenInvoiceSummary]:
        ports = self.target.ports
        receivables = ports.cash_sources().receivables(entity)
        for facts in ports.register.of_period(entity, bank.PAID_MONTH):
            released = facts.released
            if released is None or facts.id.is_credit:
                continue
            left = receivables.open_worth(released, receivables.entries_of(released)).amount
            if not left.is_zero:
                due = read_invoice(ports.objects, released.document).due_date
                yield open_invoice(released, due, left, today=ports.now().date())
