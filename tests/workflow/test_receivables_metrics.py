"""The figures of a month, each worked out by hand here, and one as it is published.

UA is billed 30.00 on the 1st of February (due on the 3rd of March), and 30.00 on the 1st of March (due on the 31st).
"""

from datetime import date
from decimal import Decimal

import pytest

from billproof.approvals.policy import MatchingRules
from billproof.errors import InvalidInput
from billproof.invoicing.credit_reasons import reason_of
from billproof.invoicing.credit_requests import CreditReason
from billproof.periods import Period
from billproof.receivables.metrics import (
    ReceivablesMetrics,
    collection_effectiveness,
    days_outstanding,
    measure_receivables,
)
from tests.support.balances import FEB, JAN, MAR, RECEIVABLE, in_books
from tests.support.cash import (
    booked,
    by_number,
    cash_world,
    desk_of,
    eur,
    euro_world,
    number_of,
    receipt,
    receivables_of,
    usd,
)
from tests.support.world import INC, World

APRIL_1 = date(2013, 4, 1)


def measured(world: World, month: str) -> ReceivablesMetrics:
    return measure_receivables(
        receivables_of(world), world.dispute_book, period=Period.month(month), today=date(2013, 12, 31)
    )


def pay(world: World, amount: str, month: str, on: date) -> None:
    arrived = receipt(usd(amount), f"{month} {on}", remittance=number_of(world, month), booked_on=on.isoformat())
    desk_of(world, today=on).take(arrived, by_number, MatchingRules())


def movement(metrics: ReceivablesMetrics) -> dict[str, str]:
    return {name: str(amount) for name, amount in metrics.movement if not amount.is_zero}


def test_a_month_that_is_partly_paid() -> None:
    """On the 31st of March 18.00 of the first invoice are open and overdue, and 30.00 of the second are due that day.

    Sales 30.00 in 31 days: 48.00 / 30.00 x 31 = 49.6; 30.00 / 30.00 x 31 = 31; the difference is 18.6.
    (30.00 + 30.00 - 48.00) / (30.00 + 30.00 - 30.00) = 12.00 / 30.00 = 40 %.
    """
    world = cash_world(JAN, FEB)
    pay(world, "12", JAN, date(2013, 3, 10))
    metrics = measured(world, MAR)
    assert movement(metrics) == {
        "opening": "30.00 USD",
        "invoiced": "30.00 USD",
        "paid": "12.00 USD",
        "closing": "48.00 USD",
        "closing_current": "30.00 USD",
    }
    assert (metrics.days_sales_outstanding, metrics.best_possible_days) == (Decimal("49.6"), Decimal(31))
    assert metrics.average_days_delinquent == Decimal("18.6")
    assert metrics.collection_effectiveness_percent == 40
    assert (metrics.days, metrics.invoices, metrics.credit_notes, len(metrics.causes)) == (31, 1, 0, 0)


def test_a_month_in_which_all_that_was_due_is_paid_is_collected_whole() -> None:
    world = cash_world(JAN, FEB)
    pay(world, "30", JAN, date(2013, 3, 31))
    metrics = measured(world, MAR)
    assert metrics.collection_effectiveness_percent == 100
    assert metrics.days_sales_outstanding == metrics.best_possible_days == 31


def test_a_month_without_sales_has_no_days_outstanding() -> None:
    world = cash_world(JAN)
    metrics = measured(world, MAR)
    assert (metrics.days_sales_outstanding, metrics.best_possible_days, metrics.credit_notes_percent) == (
        None,
        None,
        None,
    )
    assert metrics.collection_effectiveness_percent == 0
    assert measured(cash_world(), MAR).collection_effectiveness_percent is None


def test_credit_notes_take_off_sales_and_are_counted_by_cause() -> None:
    """Of 30.00 that are billed in March 7.50 are credited: 22.50 are sold. January's 30.00 are written off."""
    world = cash_world(JAN, FEB)
    invoice = f"{INC}.{FEB}.UA"
    world.credit_and_approve(invoice, "C-1", lines=[{"line": "fee:2013-02", "amount": "5"}], reason="goodwill")
    world.credit_and_approve(invoice, "C-2", lines=[{"line": "fee:2013-02", "amount": "1"}], reason="goodwill")
    world.credit_and_approve(invoice, "C-3", lines=[{"line": "fee:2013-02", "amount": "1.5"}])
    world.credit_and_approve(f"{INC}.{JAN}.UA", "C-4", reason="uncollectible")
    metrics = measured(world, MAR)
    assert movement(metrics) == {
        "opening": "30.00 USD",
        "invoiced": "30.00 USD",
        "credited": "7.50 USD",
        "written_off": "30.00 USD",
        "closing": "22.50 USD",
        "closing_current": "22.50 USD",
    }
    assert metrics.days_sales_outstanding == 31  # 22.50 / 22.50 x 31
    assert (metrics.invoices, metrics.credit_notes, metrics.credit_notes_percent) == (1, 3, Decimal(300))
    causes = [(cause.reason, cause.number, cause.amount) for cause in metrics.causes]
    assert causes == [(CreditReason.GOODWILL, 2, usd(6)), (CreditReason.BILLING_ERROR, 1, usd("1.50"))]
    with pytest.raises(InvalidInput, match="no document that takes something back"):
        reason_of(world.invoice(invoice))


def test_documents_in_another_currency_count_with_what_they_are_booked_with() -> None:
    """30.00 EUR billed at 1.25 are 37.50 USD; 12.00 EUR of them, 15.00 USD of the receivable, are paid at 1.50."""
    world = euro_world(JAN)
    arrived = receipt(eur(12), remittance=number_of(world, JAN), booked_on="2013-02-15")
    desk_of(world, today=date(2013, 2, 15)).take(arrived, by_number, MatchingRules())
    metrics = measured(world, FEB)
    assert movement(metrics) == {
        "invoiced": "37.50 USD",
        "paid": "15.00 USD",
        "closing": "22.50 USD",
        "closing_current": "22.50 USD",
    }
    assert metrics.days_sales_outstanding == Decimal("16.8")  # 22.50 / 37.50 x 28


def test_what_is_open_at_the_end_is_what_the_ledger_holds_on_the_receivable() -> None:
    """37.50 USD of January, less a third that is paid, and 37.50 of February, less a fifteenth that is credited."""
    world = euro_world(JAN, FEB)
    arrived = receipt(eur(10), remittance=number_of(world, JAN), booked_on="2013-02-15")
    booked(world, desk_of(world, today=date(2013, 2, 15)).take(arrived, by_number, MatchingRules()))
    world.credit_and_approve(f"{INC}.{FEB}.UA", lines=[{"line": "fee:2013-02", "amount": "2"}])
    assert measured(world, MAR).movement.closing == usd(60)
    assert in_books(world, RECEIVABLE) == "60.00"


def test_a_month_has_figures_once_it_is_over() -> None:
    world = cash_world(JAN, FEB)
    receivables = receivables_of(world)
    with pytest.raises(InvalidInput, match="2013-03 is not over"):
        measure_receivables(receivables, world.dispute_book, period=Period.month(MAR), today=date(2013, 3, 31))
    assert measure_receivables(receivables, world.dispute_book, period=Period.month(MAR), today=APRIL_1).days == 31


def test_collection_effectiveness_as_it_is_published() -> None:
    """Opening 6,200, sales 3,630 a month, closing 6,340, current 3,590: 55.9 % (creditguru.com, CEI, January-March)."""
    amounts = (usd(6200), usd(3630), usd(6340), usd(3590))
    assert collection_effectiveness(*amounts) == Decimal("55.9")


def test_days_are_rounded_half_up_to_a_tenth() -> None:
    assert days_outstanding(usd("0.25"), usd("10"), 30) == Decimal("0.8")  # 0.75
    assert days_outstanding(usd("-1"), usd("3"), 30) == -10
