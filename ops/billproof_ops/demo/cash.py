"""January is paid: the banks' files are put where banks put them, and a person decides what is not sure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from billproof.adapters.bank_files.parsing import parse_statement
from billproof.invoicing.documents import read_invoice
from billproof.payments.cash import ReceiptState
from billproof.payments.taking_statements import BankFile, file_key
from billproof_ops import payments, statements
from billproof_ops.demo import bank, story
from billproof_ops.demo.bank import BankedPayment, BilledInvoice
from billproof_ops.demo.cash_summary import (
    CashSummary,
    OpenInvoiceSummary,
    cash_balance,
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
    """The payments of the month that SkyMeter's customers pay, over a target."""

    target: Target

    def play(self) -> None:
        """Take the banks' files in and decide what waits; played again it changes nothing."""
        for entity in story.master_data().legal_entities:
            for name, data in bank.bank_files(entity, self._banked[entity.id]):
                file = BankFile(file_key(entity.id, data, name=name), data)
                statements.import_file(self.target, ReadFile(file, parse_statement(data)))
        self._wait("BankStatementsQueueUrl")
        self._wait("PaymentEventsQueueUrl")
        for state, payment in self._waiting():
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

    def _wait(self, queue: str) -> None:
        wait_until_empty(self.target, queue, what="applying the payments", timeout_seconds=DRAIN_SECONDS)

    @cached_property
    def _banked(self) -> dict[str, list[BankedPayment]]:
        """What arrives at each legal entity's bank."""
        banked = {}
        names = {account.id: account.name for account in story.master_data().accounts}
        for entity in story.master_data().legal_entities:
            billed = {
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
            banked[entity.id] = bank.payments(entity, billed)
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
        states = [state for entity in self._banked for state in self.target.ports.cash_book.received(entity)]
        return CashSummary(
            statements=[row for of_entity in listed for row in of_entity.statements],
            gaps=sum(len(of_entity.breaks) for of_entity in listed),
            rules=rules_of(states),
            decisions=receipt_decisions(states),
            still_open=[invoice for entity in self._banked for invoice in self._open(entity)],
            balances=[cash_balance(payments.statement(self.target, entity)) for entity in self._banked],
        )

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
