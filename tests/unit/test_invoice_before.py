"""What the controls know of the account's last invoice."""

from datetime import date
from decimal import Decimal

from billproof.money import Money
from billproof.periods import Period
from billproof.pricing.terms import InvoiceBefore


def test_the_last_invoice_has_a_line_or_a_service_period_of_one_contract_alone() -> None:
    before = InvoiceBefore(
        number="N-1",
        period=Period.month("2013-01"),
        net=Money.of("1", "USD"),
        quantities={"calls": Decimal(3)},
        lines={"K": ("fee:2013-01", "calls:2013-01")},
        starts={"K/fee": (date(2013, 1, 1), date(2013, 2, 1))},
    )
    assert [
        before.has_line(*line) for line in (("K", "calls:2013-01"), ("L", "calls:2013-01"), ("K", "more:2013-01"))
    ] == [
        True,
        False,
        False,
    ]
    assert [before.billed("K", "fee", date(2013, month, 1)) for month in (1, 2, 3)] == [True, True, False]
    assert not before.billed("L", "fee", date(2013, 1, 1))
    assert not before.billed("K", "calls", date(2013, 1, 1))
