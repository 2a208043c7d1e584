"""What usage that is not in the log would be worth: at the account's own prices, as if it had used that much more."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.masterdata.meters import Meter
from billproof.money import Money
from billproof.pricing.estimates import grown_by, worth_of_events, worth_of_more
from billproof.pricing.terms import AccountTerms, BatchPlan, EarlierPeriod
from billproof.readings import PricedQuantity, TransactionTally
from billproof.usage.model import AccountUsage
from tests.support.exchange_rates import rate
from tests.support.priced_accounts import account, meter, plan_of, terms_of, usage_of, usages_of, used
from tests.support.whole_contracts import charge, tiers, version

CALLS, BYTES = meter("calls"), meter("bytes")
TIERS = tiers(("100", "2", "0"), (None, "1", "0"))
CONTRACT = version(
    1, "2012-01-01", charge("calls", TIERS, meter="calls"), charge("bytes", {"model": "flat", "amount": "30"})
)
USED = usage_of(used("calls", "60"), used("bytes", "7"), types={"used.calls": 6, "used.bytes": 7, "other": 3})


def worth(
    events: dict[str, int],
    *usages: AccountUsage,
    contracts: tuple[Contract, ...] = (CONTRACT,),
    plan: BatchPlan | None = None,
    **more: Any,
) -> Money | None:
    plan = plan or plan_of("2013-01", CALLS, BYTES)
    return worth_of_events(terms_of(*contracts, **more), usages or (USED,), events, plan=plan)


@pytest.mark.parametrize(
    ("events", "amount"),
    [
        ({"used.calls": 1}, "20.00"),  # 10 calls an event, at 2.00
        ({"used.calls": 6}, "100.00"),  # 40 more at 2.00, then 20 at 1.00
        ({"used.calls": 1, "used.bytes": 70}, "20.00"),  # bytes cost the same however many
        ({"other": 9}, "0.00"),  # no meter reads them
        ({}, None),
        ({"used.calls": 1, "never.seen": 1}, None),
    ],
)
def test_events_are_worth_what_as_many_of_the_accounts_own_are(events: dict[str, int], amount: str | None) -> None:
    expected = None if amount is None else Money.of(amount, "USD")
    assert worth(events) == expected


def test_the_events_of_all_members_are_counted_together_and_the_parents_contract_prices_them() -> None:
    """6 events are the parent's 60 calls, 6 the child's: two events more are worth a sixth of each, 10 calls of it."""
    child = usage_of(used("calls", "60"), name="C", types={"used.calls": 6})
    assert worth({"used.calls": 2}, USED, child, children=(account("C"),)) == Money.of("20", "USD")


def test_what_is_billed_of_earlier_months_is_no_part_of_it() -> None:
    before = EarlierPeriod(
        period=plan_of("2012-12").period,
        ordinal=1,
        contracts=(CONTRACT,),
        rounding=plan_of().legal_entity.rounding,
        billed=(),
    )
    assert worth({"used.calls": 1}, earlier=(before,)) == Money.of("20", "USD")


def test_what_cannot_be_priced_is_worth_nobody_knows_what() -> None:
    assert worth({"used.calls": 1}, plan=plan_of("2013-01", BYTES)) is None  # no price of its meter
    assert worth({"used.calls": 1}, contracts=()) is None
    most = usage_of(used("calls", "9" * 23), types={"used.calls": 1})
    assert worth({"used.calls": 10**9}, most) is None
    assert worth({"used.calls": 3}, most) is None


def test_it_is_worth_it_in_the_currency_of_the_books() -> None:
    euros = CONTRACT.model_copy(update={"currency": "EUR"})
    plan = plan_of("2013-01", CALLS, BYTES, rates=(rate("1.3550"),))
    assert worth({"used.calls": 1}, contracts=(euros,), plan=plan) == Money.of("27.10", "USD")
    assert worth({"used.calls": 1}, contracts=(euros,)) is None


def more_of(terms: AccountTerms, grown: AccountUsage, meters: tuple[Meter, ...] = (CALLS, BYTES)) -> Money | None:
    return worth_of_more(terms, plan=plan_of("2013-01", *meters), usages=usages_of(USED), grown=usages_of(grown))


def test_less_usage_is_worth_less_than_nothing() -> None:
    half = grown_by(USED, {"calls": Fraction(-1, 2)})
    assert more_of(terms_of(CONTRACT), half) == Money.of("-60", "USD")
    assert more_of(terms_of(CONTRACT), USED) == Money.zero("USD")


def test_every_figure_of_a_meter_grows_and_of_another_none() -> None:
    """A third of 10 more, to 15 decimals: 13.333333333333333; fees of transactions go by their number, which stays."""
    prices = (PricedQuantity(unit_price=Decimal(2), quantity=Decimal(3)),)
    tally = TransactionTally(
        covered_events=1,
        free_amount=Decimal(3),
        low_events=2,
        low_amount=Decimal(6),
        events=4,
        amount=Decimal(9),
        high_events=5,
        high_amount=Decimal(12),
    )
    usage = usage_of(used("calls", "10", prices=prices, tally=tally), used("bytes", "10", prices=prices))
    calls, other = grown_by(usage, {"calls": Fraction(1, 3)}).quantities
    assert other == usage.quantities[1]
    assert calls.quantity == Decimal("13.333333333333333")
    assert calls.prices == (PricedQuantity(unit_price=Decimal(2), quantity=Decimal(4)),)
    rated = {"low_amount": Decimal(8), "amount": Decimal(12), "high_amount": Decimal(16)}
    assert calls.tally == tally.model_copy(update=rated)
    assert calls.model_copy(update={"quantity": Decimal(10), "prices": prices, "tally": tally}) == usage.quantities[0]
    whole = Decimal("12345678901234567890.123456789012345")
    (doubled,) = grown_by(usage_of(used("calls", str(whole))), {"calls": Fraction(1)}).quantities
    assert doubled.quantity == Decimal("24691357802469135780.24691357802469")
