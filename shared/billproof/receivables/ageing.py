"""The age of what is open: how many days each open document is past its due day, at the end of a day."""

from collections.abc import Iterable
from datetime import date

from billproof.payments.cash import ReceiptState
from billproof.payments.receivables import Receivables
from billproof.receivables.dispute_book import DisputeBook
from billproof.receivables.history import DocumentHistory, accounts_of, histories_of, receipts_on
from billproof.receivables.model import AgedBalance, AgedCustomer, Ageing, bucket_of


def age_receivables(receivables: Receivables, disputes: DisputeBook, *, on: date) -> Ageing:
    """Return what is open of a legal entity at the end of a day; every document and receipt is read.

    In all it is what is open by the conservation statement of cash, where no fact is dated later.
    """
    owners = receipts_on(on, receivables)
    customers = []
    for account in accounts_of(receivables, owners):
        documents = histories_of(account, receivables, disputes) if account else ()
        balances = aged(documents, owners.get(account, ()), on=on)
        if balances:
            customers.append(AgedCustomer(account=account, balances=tuple(balances)))
    totals = _summed(balance for customer in customers for balance in customer.balances)
    return Ageing(legal_entity=receivables.entity, on=on, customers=tuple(customers), totals=tuple(totals))


def aged(documents: Iterable[DocumentHistory], receipts: Iterable[ReceiptState], *, on: date) -> list[AgedBalance]:
    """Return what is open of documents and unapplied of receipts by age, by currency; none where it is nothing."""
    balances = [_of_document(document, on) for document in documents]
    balances += [_of_receipt(state) for state in receipts]
    return [balance for balance in _summed(balances) if not balance.is_nothing]


def _of_document(document: DocumentHistory, on: date) -> AgedBalance:
    left = document.on(on).open
    nothing = AgedBalance.nothing(left.amount.currency, left.booked.currency)
    whole = {"open": left.amount, "open_booked": left.booked, "disputed": document.disputed_on(on).amount}
    if left.amount.amount <= 0:
        return nothing.model_copy(update={**whole, "overpaid": left.amount})
    buckets = {**nothing.buckets, bucket_of(document.days_overdue(on)): left.amount}
    return nothing.model_copy(update={**whole, "buckets": buckets})


def _of_receipt(state: ReceiptState) -> AgedBalance:
    unapplied = state.unapplied.amount
    nothing = AgedBalance.nothing(unapplied.currency, state.received.booked.currency)
    return nothing.model_copy(update={"unapplied": unapplied})


def _summed(balances: Iterable[AgedBalance]) -> list[AgedBalance]:
    sums: dict[str, AgedBalance] = {}
    for balance in balances:
        known = sums.get(balance.currency)
        sums[balance.currency] = known + balance if known else balance
    return [sums[currency] for currency in sorted(sums)]
