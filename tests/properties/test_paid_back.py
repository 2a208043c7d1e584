"""Every payment to a customer is explained by exactly one refund, or waits."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from billproof.payments.book import CashBook
from billproof.payments.cash import ReceiptUse, ReceivedMoney
from billproof.payments.model import Match, MatchOutcome, UseKind
from billproof.payments.paid_back import payments_that_wait
from billproof.payments.receivables import Receivables
from billproof.payments.returns import BankReturn
from billproof.payments.statement_book import PaidToCustomer
from tests.support.cash import BANK, cash_world, receipt, receivables_of, usd
from tests.support.fakes import MemoryRecords
from tests.support.world import INC

DAY = date(2013, 2, 20)
ACCOUNTS_AND_AMOUNTS = st.tuples(st.sampled_from(["UA", "B6"]), st.sampled_from(["10", "20"]))


@cache
def without_invoices() -> Receivables:
    return receivables_of(cash_world())


def refunded(book: CashBook, account: str, amount: str, name: str) -> None:
    """A receipt of a customer of which an amount was refunded, as a person noted."""
    arrived = receipt(usd(50), name)
    state = book.receive(ReceivedMoney(receipt=arrived, booked=arrived.amount))
    match = Match(outcome=MatchOutcome.APPLIED, rule="none", confidence=Decimal(1), account=account)
    applied = {"ordinal": 1, "kind": UseKind.APPLIED, "day": DAY, "account": account, "match": match}
    gone = {"ordinal": 2, "kind": UseKind.REFUNDED, "day": DAY, "amount": usd(amount), "booked": usd(amount)}
    uses = [ReceiptUse.model_validate(applied), ReceiptUse.model_validate(gone | {"decided_by": "ben", "reason": name})]
    assert book.use(state, uses, [])


def paid(account: str, amount: str, place: int) -> PaidToCustomer:
    told = {"legal_entity": INC, "source": BANK, "reference": f"S1/{place}", "amount": usd(amount), "party": {}}
    payment = BankReturn.model_validate(told | {"booked_on": DAY, "statement": "S1", "accounts": (account,)})
    return PaidToCustomer(payment, ())


@given(st.lists(ACCOUNTS_AND_AMOUNTS, max_size=6), st.lists(ACCOUNTS_AND_AMOUNTS, max_size=6))
def test_of_each_customer_and_amount_as_many_payments_wait_as_there_are_too_few_refunds(
    refunds: list[tuple[str, str]], payments: list[tuple[str, str]]
) -> None:
    book = CashBook(MemoryRecords())
    for place, (account, amount) in enumerate(refunds):
        refunded(book, account, amount, f"r-{place}")
    at_the_bank = [paid(account, amount, place) for place, (account, amount) in enumerate(payments)]
    waiting = payments_that_wait(at_the_bank, replace(without_invoices(), book=book))
    assert Counter((one.accounts[0], one.amount) for one in waiting) == Counter(
        (account, usd(amount)) for account, amount in (Counter(payments) - Counter(refunds)).elements()
    )
