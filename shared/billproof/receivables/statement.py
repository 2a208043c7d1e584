"""The statement of account of a customer: its documents, what arrived of them, and what is open."""

from collections.abc import Sequence
from datetime import date

from billproof.errors import NotFound
from billproof.invoicing.balance import statement_of
from billproof.money import Money
from billproof.payments.cash import ReceiptState
from billproof.payments.receivables import Receivables
from billproof.receivables.ageing import aged
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.history import DocumentHistory, histories_of, receipts_on
from billproof.receivables.model import (
    AgedBalance,
    StatedCurrency,
    StatedDocument,
    StatedPayment,
    StatedReceipt,
    StatementOfAccount,
)


def state_account(
    account: str, receivables: Receivables, disputes: DisputeBook, *, on: date, only_open: bool
) -> StatementOfAccount:
    """Return the statement of an account at the end of a day, by currency.

    With `only_open`, documents of which nothing is open are left out, and receipts that pay none of the others and are
    used up. A child is billed on its parent's documents: its statement is empty. Raises NotFound for an account that
    the legal entity does not bill.
    """
    known = receivables.directory.account(account)
    if known is None or known.legal_entity != receivables.entity:
        message = f"{receivables.entity} does not bill {account}"
        raise NotFound(message)
    histories = histories_of(account, receivables, disputes)
    documents = [history for history in histories if history.released.issue_date <= on]
    receipts = receipts_on(on, receivables).get(account, [])
    balances = _balances(account, receivables, on)
    currencies = {history.currency for history in documents} | {state.receipt.amount.currency for state in receipts}
    stated = [
        _stated(
            [history for history in documents if history.currency == currency],
            [state for state in receipts if state.receipt.amount.currency == currency],
            balances.get(currency, Money.zero(currency)),
            receivables,
            on=on,
            only_open=only_open,
        )
        for currency in sorted(currencies | balances.keys())
    ]
    return StatementOfAccount(
        legal_entity=receivables.entity, account=account, name=known.name, on=on, currencies=tuple(stated)
    )


def _balances(account: str, receivables: Receivables, on: date) -> dict[str, Money]:
    """Return what earlier documents left to a customer's credit at the end of a day, by currency."""
    kept, entity = receivables.register.balances, receivables.entity
    return {
        currency: statement_of(
            kept.entries(entity, account, currency), legal_entity=entity, account=account, currency=currency, last=on
        ).closing
        for currency in kept.currencies(entity, account)
    }


def _stated(
    documents: Sequence[DocumentHistory],
    receipts: Sequence[ReceiptState],
    balance: Money,
    receivables: Receivables,
    *,
    on: date,
    only_open: bool,
) -> StatedCurrency:
    balances = aged(documents, receipts, on=on)
    books = receivables.directory.legal_entity(receivables.entity).currency
    sums = balances[0] if balances else AgedBalance.nothing(balance.currency, books)
    shown = [_document(history, on) for history in documents]
    if only_open:
        shown = [document for document in shown if not document.open.is_zero]
    numbers = {document.number for document in shown}
    arrived = [_receipt(state) for state in receipts]
    if only_open:
        arrived = [
            receipt
            for receipt in arrived
            if not receipt.unapplied.is_zero or any(part.number in numbers for part in receipt.pays)
        ]
    return StatedCurrency(
        currency=balance.currency,
        documents=tuple(sorted(shown, key=lambda document: (document.issued, document.number))),
        receipts=tuple(arrived),
        aged=sums,
        balance=balance,
        to_pay=sums.open - sums.unapplied,
    )


def _document(history: DocumentHistory, on: date) -> StatedDocument:
    stands = history.on(on)
    return StatedDocument(
        number=history.released.number,
        issued=history.released.issue_date,
        due=history.due,
        gross=stands.gross.amount,
        credited=stands.credited.amount,
        written_off=stands.written_off.amount,
        given_up=stands.given_up.amount,
        paid=stands.paid.amount,
        open=stands.open.amount,
        disputed=history.disputed_on(on).amount,
        days_overdue=max(history.days_overdue(on), 0) if stands.open.amount.amount > 0 else 0,
    )


def _receipt(state: ReceiptState) -> StatedReceipt:
    parts = [part.allocation for use in state.applications for part in use.settlements]
    return StatedReceipt(
        receipt=state.receipt.id,
        booked_on=state.receipt.booked_on,
        amount=state.receipt.amount,
        pays=tuple(StatedPayment(number=part.number, amount=part.spent) for part in parts),
        gone_back=state.gone_back.amount,
        unapplied=state.unapplied.amount,
    )
