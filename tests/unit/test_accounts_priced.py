"""The lines of an account's month as a pure rule: its own, what earlier months owe now, draws and ended terms."""

from decimal import Decimal
from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.identities import LineIdFormat
from billproof.money import Money, Rounding
from billproof.pricing.model import PricedAccount, PricedLine
from billproof.pricing.terms import BilledLine, BookingRule, Carried, Committed, Drawn
from tests.support.priced_accounts import (
    account,
    billed_of,
    earlier_of,
    meter,
    plan_of,
    priced,
    table,
    terms_of,
    usage_of,
    used,
)
from tests.support.whole_contracts import charge, off, version

CALLS = meter("calls")
FEBRUARY = plan_of("2013-02", CALLS)
FEE, DEARER = charge("fee", "100"), charge("fee", "120")
UNIT = {"model": "per_unit", "unit_price": "2"}
ALLOWED = charge("calls", UNIT, meter="calls", included_quantity="10", rollover=True)


def plain(*charges: dict[str, Any], **terms: Any) -> Contract:
    return version(1, "2012-01-01", *(charges or (FEE,)), **terms)


def other(contract: Contract, name: str = "L") -> Contract:
    return contract.model_copy(update={"id": name})


def calls(quantity: str, month: str = "2013-02", **more: Any) -> Any:
    return usage_of(used("calls", quantity), month=month, **more)


def january(*contracts: Contract, usages: Any = (), **more: Any) -> PricedAccount:
    return priced(terms_of(*contracts, **more), plan_of("2013-01", CALLS), usages)


def billed(account_priced: PricedAccount, **changes: Any) -> list[BilledLine]:
    return [billed_of(line, **changes) for line in account_priced.lines]


def line(account_priced: PricedAccount, name: str) -> PricedLine:
    return next(each for each in account_priced.lines if each.id == name)


def test_a_month_is_what_it_owes_less_what_was_billed_of_it() -> None:
    before = billed(january(plain()))
    month = earlier_of("2013-01", plain(DEARER), billed=before)
    now = priced(terms_of(plain(DEARER), earlier=(month,)), FEBRUARY)
    assert table(now) == {"fee:2013-02": "120.00", "difference:fee:2013-01": "20.00"}
    assert [each.id for each in now.lines] == ["fee:2013-02", "difference:fee:2013-01"]
    ended = earlier_of("2013-01", billed=before)
    assert table(priced(terms_of(plain(DEARER), earlier=(ended,)), FEBRUARY))["difference:fee:2013-01"] == "-100.00"
    assert table(priced(terms_of(earlier=(month,)), FEBRUARY)) == {"difference:fee:2013-01": "20.00"}


def test_a_month_is_rounded_and_named_as_its_own_invoice_was() -> None:
    """A half cent is rounded to the even one in January, and up in February."""
    terms = plain(charge("calls", {"model": "per_unit", "unit_price": "0.005"}, meter="calls"))
    month = earlier_of("2013-01", terms, rounding=Rounding.HALF_EVEN, line_ids=LineIdFormat.PLAIN)
    usages = [calls("1"), calls("1", "2013-01")]
    now = priced(terms_of(terms, earlier=(month,)), FEBRUARY, usages)
    assert [(each.id, each.net.text) for each in now.lines] == [
        ("calls:2013-02", "0.01"),
        ("difference:calls:2013-01", "0.00"),
    ]


def test_what_is_left_of_an_allowance_rolls_from_one_month_into_the_next() -> None:
    """January used 4 of 10, so February has 16; that January is settled here decides over what was carried before."""
    terms, usages = plain(ALLOWED), [calls("20"), calls("4", "2013-01")]
    alone = priced(
        terms_of(terms, carried=(Carried(contract="K", charge="calls", quantity=Decimal(5)),)), FEBRUARY, usages
    )
    assert table(alone) == {"calls:2013-02": "10.00"}
    of_another = (Carried(contract="L", charge="calls", quantity=Decimal(5)),)
    assert table(priced(terms_of(terms, carried=of_another), FEBRUARY, usages)) == {"calls:2013-02": "20.00"}
    month = earlier_of("2013-01", terms, billed=billed(january(terms, usages=usages)))
    carried = (Carried(contract="K", charge="calls", quantity=Decimal(1)),)
    settled = priced(terms_of(terms, earlier=(month,), carried=carried), FEBRUARY, usages)
    assert table(settled) == {"calls:2013-02": "8.00"}
    before = earlier_of("2013-01", terms, carried=carried)
    first = priced(terms_of(terms, earlier=(before,)), FEBRUARY, [calls("0"), calls("14", "2013-01")])
    assert table(first) == {"difference:calls:2013-01": "6.00"}
    both = terms_of(terms, other(terms), earlier=(earlier_of("2013-01", terms, other(terms)),))
    assert table(priced(both, FEBRUARY, usages)) == {"calls:2013-02": "8.00"}
    assert [each.net.text for each in priced(both, FEBRUARY, usages).lines[:2]] == ["8.00", "8.00"]


def test_what_the_parts_of_a_month_leave_of_an_allowance_is_left_together() -> None:
    """The price changes on 11 January: ten days leave 10 - 4 of 31 a month, the others all of their 21."""
    wide = {**ALLOWED, "included_quantity": "31"}
    dearer = {**wide, "price": {**UNIT, "unit_price": "3"}}
    versions = (plain(wide), version(2, "2013-01-11", dearer))
    first, second = "2013-01-01_2013-01-11", "2013-01-11_2013-02-01"
    spent = usage_of(
        used("calls", "4"), used("calls", "4", part=first), used("calls", "0", part=second), month="2013-01"
    )
    month = earlier_of("2013-01", *versions)
    now = priced(terms_of(*versions, earlier=(month,)), FEBRUARY, [calls("60"), spent])
    assert line(now, "calls:2013-02").included_quantity == Decimal(58)  # 31, and 6 + 21 that were left
    assert table(now) == {"calls:2013-02": "6.00"}


def test_a_child_is_priced_by_its_own_usage_and_its_parents_pool_by_that_of_both() -> None:
    parent = plain(charge("calls", UNIT, meter="calls"), charge("pool", UNIT, meter="calls", pooled=True))
    child = other(plain(charge("own", UNIT, meter="calls"))).model_copy(update={"account": "C"})
    usages = [calls("5"), calls("7", name="C")]
    now = priced(terms_of(parent, child, children=(account("C"),)), FEBRUARY, usages)
    assert table(now) == {"calls:2013-02": "10.00", "pool:2013-02": "24.00", "own:2013-02": "14.00"}
    assert line(now, "pool:2013-02").explanation.note == "2 events, pooled: A 5, C 7"
    assert [each.account for each in now.lines] == ["A", "A", "C"]


CREDIT = {"credits": [off("paid", amount="150")]}


def test_credits_are_drawn_month_after_month() -> None:
    first = january(plain(**CREDIT))
    assert table(first) == {"fee:2013-01": "100.00", "paid:fee:2013-01": "-100.00"}
    drawn = (Drawn(contract="K", credit="paid", amount=Decimal(100)),)
    second = priced(terms_of(plain(**CREDIT), drawn=drawn), FEBRUARY)
    assert table(second) == {"fee:2013-02": "100.00", "paid:fee:2013-02": "-50.00"}
    of_another = (Drawn(contract="L", credit="paid", amount=Decimal(100)),)
    assert table(priced(terms_of(plain(**CREDIT), drawn=of_another), FEBRUARY))["paid:fee:2013-02"] == "-100.00"


@pytest.mark.parametrize(
    ("price", "conceded", "lines"),
    [
        ("100", "0", {"fee:2013-02": "100.00", "paid:fee:2013-02": "-50.00"}),
        # January draws 20.00 more, which February has less
        (
            "120",
            "0",
            {
                "fee:2013-02": "120.00",
                "paid:fee:2013-02": "-30.00",
                "difference:fee:2013-01": "20.00",
                "difference:paid:fee:2013-01": "-20.00",
            },
        ),
        # January owes 60.00: 40.00 go back to the credit, and February draws 60.00 of 90.00
        (
            "60",
            "0",
            {
                "fee:2013-02": "60.00",
                "paid:fee:2013-02": "-60.00",
                "difference:fee:2013-01": "-40.00",
                "difference:paid:fee:2013-01": "40.00",
            },
        ),
        # of January's 100.00, 30.00 were conceded: it draws 70.00, and February 80.00
        (
            "100",
            "30",
            {
                "fee:2013-02": "100.00",
                "paid:fee:2013-02": "-80.00",
                "difference:fee:2013-01": "-30.00",
                "difference:paid:fee:2013-01": "30.00",
            },
        ),
    ],
)
def test_what_an_earlier_month_draws_now_is_not_left_for_this_one(
    price: str, conceded: str, lines: dict[str, str]
) -> None:
    before = [
        billed_of(each, conceded=Decimal(conceded) if each.kind == "charge" else Decimal(0))
        for each in january(plain(**CREDIT)).lines
    ]
    now = plain(charge("fee", price), **CREDIT)
    month = earlier_of("2013-01", now, billed=before)
    drawn = (Drawn(contract="K", credit="paid", amount=Decimal(100)),)
    assert table(priced(terms_of(now, earlier=(month,), drawn=drawn), FEBRUARY)) == lines


LEAST = {
    "commitments": [
        {
            **off("least", amount="500", days={"start": "2012-12-01"}),
            "months": 3,
            "charges": ["fee"],
            "revenue_category": "fees",
        }
    ]
}


def known(reached: str, already: str = "0", contract: str = "K") -> Committed:
    facts = {"commitment": "least", "start": "2012-12-01", "reached": reached, "billed": already}
    return Committed.model_validate({"contract": contract, **facts})


def test_a_term_that_ends_bills_what_all_its_months_fall_short_of() -> None:
    """500.00 from December to February: 150.00 were reached before, 100.00 are February's."""
    now = priced(terms_of(plain(**LEAST), committed=(known("150"), known("999", contract="L"))), FEBRUARY)
    assert table(now) == {"fee:2013-02": "100.00", "least:2012-12-01_2013-03-01": "250.00"}
    two = priced(terms_of(plain(**LEAST), other(plain()), committed=(known("150"),)), FEBRUARY)
    assert [(each.id, each.net.text) for each in two.lines] == [
        ("fee:2013-02", "100.00"),
        ("fee:2013-02", "100.00"),
        ("least:2012-12-01_2013-03-01", "250.00"),
    ]
    month = earlier_of("2013-01", plain(DEARER, **LEAST), billed=billed(january(plain(**LEAST))))
    late = priced(terms_of(plain(DEARER, **LEAST), earlier=(month,), committed=(known("150"),)), FEBRUARY)
    assert table(late)["least:2012-12-01_2013-03-01"] == "210.00"  # 120.00 and 20.00 more


def test_a_credit_pays_what_a_term_fell_short_of_after_the_month_itself() -> None:
    terms = plain(**LEAST, credits=[off("paid", amount="180")])
    now = priced(terms_of(terms, committed=(known("150"),)), FEBRUARY)
    assert [(each.id, each.net.text) for each in now.lines] == [
        ("fee:2013-02", "100.00"),
        ("paid:fee:2013-02", "-100.00"),
        ("least:2012-12-01_2013-03-01", "250.00"),
        ("paid:least:2012-12-01_2013-03-01", "-80.00"),
    ]


def test_a_term_that_is_over_is_true_again_and_so_is_what_it_draws() -> None:
    """In February 250.00 were short, of which the credit paid 80.00: in March 30.00 more were reached of February."""
    terms = plain(charge("fee", "130"), **LEAST, credits=[off("paid", amount="180")])
    before = plain(**LEAST, credits=[off("paid", amount="180")])
    of_february = priced(terms_of(before, committed=(known("150"),)), FEBRUARY)
    fees = [each for each in of_february.lines if each.kind != "commitment_shortfall"]  # which committed terms tell
    month = earlier_of("2013-02", terms, billed=map(billed_of, fees))
    drawn = (Drawn(contract="K", credit="paid", amount=Decimal(180)),)
    facts: dict[str, Any] = {"drawn": drawn, "committed": (known("250", "250"),), "earlier": (month,)}
    now = priced(terms_of(terms, **facts), plan_of("2013-03", CALLS))
    assert table(now) == {
        "fee:2013-03": "130.00",
        "difference:fee:2013-02": "30.00",
        "difference:paid:fee:2013-02": "-30.00",
        "least:2012-12-01_2013-03-01": "-30.00",
        "difference:paid:least:2012-12-01_2013-03-01": "30.00",
    }


def test_what_is_earned_before_it_is_billed_is_said_by_document_alone() -> None:
    """A quarter of 90.00 for 90 days in arrears: by the end of February 59 days are earned."""
    quarter = charge("quarter", "90", cadence={"interval": "quarter", "anchor": "2013-01-01"})
    terms = plain(FEE, quarter, charge("ahead", "9", timing="in_advance"))
    (accrual,) = priced(terms_of(terms), FEBRUARY).accrued
    assert (accrual.contract, accrual.account, accrual.charge, accrual.revenue_category) == (
        "K",
        "A",
        "quarter",
        "fees",
    )
    assert (accrual.line, accrual.earned) == ("quarter:2013-01-01_2013-04-01", Money.of("59", "USD"))
    assert accrual.service_period == accrual.covered == line_period("2013-01-01", "2013-04-01")
    assert priced(terms_of(terms), plan_of("2013-03")).accrued == ()
    assert priced(terms_of(terms, booking=BookingRule.BY_LINE), FEBRUARY).accrued == ()
    with_tax = plain(quarter, prices_include_tax=True)
    assert priced(terms_of(with_tax), FEBRUARY).accrued == ()
    halved = plain(
        quarter,
        discounts=[off("half", percent="50")],
        waivers=[{"id": "w", "reason": "trial", "days": {"start": "2013-01-01", "end": "2013-01-31"}}],
    )
    (less,) = priced(terms_of(halved), FEBRUARY).accrued
    assert less.earned == Money.of("19.67", "USD")  # 60 of 90 days at a half, earned over all of them
    begins = plain({**quarter, "effective": {"start": "2013-02-28"}})
    (short,) = priced(terms_of(begins), FEBRUARY).accrued
    assert (short.earned, short.covered.start.day) == (Money.of("1", "USD"), 28)
    assert priced(terms_of(plain({**quarter, "effective": {"start": "2013-03-01"}})), FEBRUARY).accrued == ()


def line_period(start: str, end: str) -> Any:
    return plan_of().period.model_validate({"start": start, "end": end})
