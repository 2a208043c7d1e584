"""What is open by its age, and the statement of account: each amount and day is known by hand.

UA is billed 30.00 for January on the 1st of February, due after 30 days, on the 3rd of March; 30.00 for February on the
1st of March, due on the 31st.
"""

from datetime import date
from decimal import Decimal

import pytest

from billproof.approvals.policy import MatchingRules
from billproof.errors import NotFound
from billproof.payments.desk import CashDecision
from billproof.payments.model import Match, MatchOutcome, UseKind
from billproof.receivables.ageing import age_receivables
from billproof.receivables.model import AgeBucket, AgedBalance, bucket_of
from billproof.receivables.statement import state_account
from billproof.receivables.texts import statement_text
from tests.support.balances import FEB, JAN
from tests.support.cash import cash_world, desk_of, eur, euro_world, number_of, receipt, receivables_of, take, usd
from tests.support.world import INC, World

BEN = CashDecision("ben", "as the bank says")
NOBODY = Match(outcome=MatchOutcome.UNKNOWN, rule="none", confidence=Decimal(0))
MARCH_4 = date(2013, 3, 4)


def totals(world: World, on: date) -> list[AgedBalance]:
    return list(age_receivables(receivables_of(world), world.dispute_book, on=on).totals)


def by_age(world: World, on: date) -> dict[str, str]:
    (whole,) = totals(world, on)
    return {bucket.value: amount.text for bucket, amount in whole.buckets.items() if not amount.is_zero}


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-30, AgeBucket.CURRENT),
        (0, AgeBucket.CURRENT),
        (1, AgeBucket.UP_TO_30),
        (30, AgeBucket.UP_TO_30),
        (31, AgeBucket.UP_TO_60),
        (60, AgeBucket.UP_TO_60),
        (61, AgeBucket.UP_TO_90),
        (90, AgeBucket.UP_TO_90),
        (91, AgeBucket.OVER_90),
        (4000, AgeBucket.OVER_90),
    ],
)
def test_a_bucket_begins_the_day_after_the_one_before_ends(days: int, bucket: AgeBucket) -> None:
    assert bucket_of(days) is bucket


def test_documents_grow_older_from_the_day_after_they_are_due() -> None:
    world = cash_world(JAN, FEB)
    assert totals(world, date(2013, 1, 31)) == []
    assert by_age(world, date(2013, 2, 28)) == {"current": "30.00"}
    assert by_age(world, date(2013, 3, 3)) == {"current": "60.00"}
    assert by_age(world, MARCH_4) == {"current": "30.00", "1-30": "30.00"}
    assert by_age(world, date(2013, 4, 3)) == {"1-30": "30.00", "31-60": "30.00"}  # 31 days, and 3
    assert by_age(world, date(2013, 6, 29)) == {"61-90": "30.00", "over 90": "30.00"}  # 118 days, and 90
    assert by_age(world, date(2013, 6, 30)) == {"over 90": "60.00"}


def test_what_is_paid_later_is_open_on_the_day_before() -> None:
    """12.34 of 30.00 are paid on the 11th, by money that was booked on the 10th: 17.66 are left."""
    world = cash_world(JAN, FEB)
    desk = desk_of(world, today=date(2013, 3, 11))
    state = desk.take(receipt(usd("20.34"), remittance="", booked_on="2013-03-10"), lambda *_: NOBODY, MatchingRules())
    desk.decide(state.receipt.id, account="UA", payments=[(number_of(world, JAN), usd("12.34"))], decision=BEN)
    assert by_age(world, date(2013, 3, 10)) == {"current": "30.00", "1-30": "30.00"}
    assert by_age(world, date(2013, 3, 11)) == {"current": "30.00", "1-30": "17.66"}
    before, after = (
        age_receivables(receivables_of(world), world.dispute_book, on=date(2013, 3, day)) for day in (10, 11)
    )
    assert [(customer.account, str(customer.balances[0].unapplied)) for customer in before.customers] == [
        ("UA", "0.00 USD"),
        ("", "20.34 USD"),
    ]
    assert [(customer.account, str(customer.balances[0].unapplied)) for customer in after.customers] == [
        ("UA", "8.00 USD")
    ]


def test_a_paid_invoice_that_is_credited_is_overpaid_and_in_no_bucket() -> None:
    world = cash_world(JAN, FEB)
    take(world, receipt(usd(30), remittance=number_of(world, JAN)))
    world.credit_and_approve(f"{INC}.{JAN}.UA", lines=[{"line": "fee:2013-01", "amount": "10"}])
    (whole,) = totals(world, MARCH_4)
    assert (whole.overpaid, whole.open, whole.overdue) == (usd(-10), usd(20), usd(0))
    assert by_age(world, MARCH_4) == {"current": "30.00"}


def test_each_currency_is_aged_by_itself_and_its_worth_in_the_books_is_said() -> None:
    """30.00 EUR billed at 1.25 are 37.50 USD; 10.00 EUR of them are paid: 20.00 EUR and 25.00 USD are left."""
    world = euro_world(JAN)
    take(world, receipt(eur(10), remittance=number_of(world, JAN)))
    take(world, receipt(usd(7), "2"))
    euros, dollars = totals(world, MARCH_4)
    assert (euros.open, euros.open_booked, euros.unapplied) == (eur(20), usd(25), eur(0))
    assert (dollars.open, dollars.unapplied) == (usd(0), usd(7))


def test_a_statement_of_account_names_what_is_open_and_what_paid_the_rest() -> None:
    world = cash_world(JAN, FEB)
    first = take(world, receipt(usd(38), remittance=number_of(world, JAN)))
    second = take(world, receipt(usd(25), "2", remittance=number_of(world, FEB)))
    desk_of(world).give_back(first.receipt.id, usd(3), UseKind.REFUNDED, BEN)
    (stated,) = state_account(
        "UA", receivables_of(world), world.dispute_book, on=date(2013, 4, 2), only_open=True
    ).currencies
    (document,) = stated.documents
    assert (document.number, document.paid, document.open, document.days_overdue) == (
        number_of(world, FEB),
        usd(25),
        usd(5),
        2,
    )
    assert {arrived.receipt: (arrived.gone_back, arrived.unapplied) for arrived in stated.receipts} == {
        first.receipt.id: (usd(3), usd(5)),
        second.receipt.id: (usd(0), usd(0)),
    }
    assert (stated.aged.open, stated.aged.unapplied, stated.to_pay) == (usd(5), usd(5), usd(0))
    whole = state_account(
        "UA", receivables_of(world), world.dispute_book, on=date(2013, 4, 2), only_open=False
    ).currencies[0]
    assert [(document.number, document.open) for document in whole.documents] == [
        (number_of(world, JAN), usd(0)),
        (number_of(world, FEB), usd(5)),
    ]


def test_a_statement_of_account_is_plain_text() -> None:
    world = cash_world(JAN, FEB)
    state = take(world, receipt(usd("12.34"), remittance=number_of(world, JAN)))
    text = statement_text(
        state_account("UA", receivables_of(world), world.dispute_book, on=date(2013, 4, 3), only_open=True)
    )
    assert (
        text
        == f"""Statement of account on 2013-04-03
United Air Lines Inc. (UA)

Amounts in USD

Invoice                   Issued     Due              Total       Open Overdue
SKY-US-2013-000001        2013-02-01 2013-03-03       30.00      17.66 31 d
  paid: 12.34
SKY-US-2013-000002        2013-03-01 2013-03-31       30.00      30.00 3 d

Payment                   Received                   Amount  Unapplied
{state.receipt.id} 2013-02-15                  12.34       0.00
  pays 12.34 of SKY-US-2013-000001

1-30 days overdue                                                30.00
31-60 days overdue                                               17.66
open                                                             47.66
to pay                                                           47.66
"""
    )


def test_what_was_written_off_is_not_open() -> None:
    world = cash_world(JAN, FEB)
    world.credit_and_approve(f"{INC}.{JAN}.UA", reason="uncollectible")
    (stated,) = state_account("UA", receivables_of(world), world.dispute_book, on=MARCH_4, only_open=False).currencies
    first, second = stated.documents
    assert (first.written_off, first.open, first.days_overdue) == (usd(30), usd(0), 0)
    assert (second.open, stated.to_pay) == (usd(30), usd(30))


def test_an_account_of_another_legal_entity_has_no_statement() -> None:
    with pytest.raises(NotFound, match="does not bill nobody"):
        state_account("nobody", receivables_of(cash_world()), cash_world().dispute_book, on=MARCH_4, only_open=True)
