"""Right amounts of terms that hold for a part of a month, and of months that no run billed: found by random lives."""

from typing import Any

from tests.reference.builders import charge, credit_note, days, flat, life, per_unit, usage_charge, used, version
from tests.reference.cases import (
    FEBRUARY,
    FIRST,
    JANUARY,
    MARCH,
    Q1,
    Case,
    billed_by_run,
    drawn,
    earned_in,
    minimum,
    owed,
)
from tests.reference.figures import Document

TWENTY_OFF = {"id": "fifth", "name": "fifth", "percent": "20", "charges": ["fee"], "effective": days()}
TWO_MONTHS = ("2013-01", "2013-02")


def one_off(amount: str, day: str) -> Document:
    return charge({"model": "one_off", "amount": amount, "due_on": day}, "once")


def cap(amount: str, since: str = FIRST, until: str | None = None) -> Document:
    return {"id": "cap", "name": "cap", "amount": amount, "effective": days(since, until)}


def renewing(price: Document, renews_on: str, **more: Any) -> Document:
    """Return a contract from 1 January that renews every two months with 10 %."""
    renewal = {"renews_on": renews_on, "uplift_percent": "10", "automatic": True, "term_months": 2}
    return version(charge(price, **more), until="2013-05-01", renewal=renewal)


MONTHS = [
    Case(
        "2.1",
        "months that no run billed are billed by the next one",
        life(
            version(charge(flat("1"), timing="in_advance", until=MARCH), until=MARCH),
            months=("2013-03", "2013-03"),
        ),
        owed(),
        "2.00",
    ),
    Case(
        "2.1",
        "usage of a month that no run billed, too",
        life(
            version(usage_charge(per_unit("1"))),
            [used("2013-01-10", "70"), used("2013-02-10", "30")],
            months=("2013-02", "2013-02"),
        ),
        billed_by_run("2013-02"),
        "100.00",
    ),
    Case(
        "2.1",
        "a milestone that was reached before the version that says so",
        life(
            [
                version(charge({"model": "milestone", "amount": "500"})),
                version(
                    charge({"model": "milestone", "amount": "500", "reached_on": "2013-01-20"}),
                    number=2,
                    since=FEBRUARY,
                ),
            ],
            months=TWO_MONTHS,
        ),
        owed(),
        "500.00",
    ),
    Case(
        "renewals",
        "a step of a ramp that begins on the day of a renewal states the renewed price",
        life(
            renewing(flat("1"), FEBRUARY, ramp=[{"start": FEBRUARY, "price": flat("333")}]),
            months=TWO_MONTHS,
        ),
        owed(since=FEBRUARY),
        "333.00",
    ),
    Case(
        "renewals",
        "renewals before a charge begins raise its price",
        life(renewing(flat("100"), FEBRUARY, since="2013-04-01"), months=("2013-01", "2013-04")),
        owed(),
        "121.00",  # on 1 February and on 1 April
    ),
    Case(
        "waivers",
        "what is kept past the contract's end without refund is waived as well",
        life(
            version(
                charge(flat("310"), timing="in_advance", refund="none"),
                until="2013-01-16",
                waivers=[{"id": "trial", "reason": "trial", "days": days()}],
            ),
            months=JANUARY,
        ),
        owed(),
        "0.00",
    ),
    Case(
        "minimums",
        "a one-off counts on its day: a minimum of 234.00 from 4 February, 99.00 due on the 12th",
        life(
            version(
                one_off("99", "2016-02-12"), since="2016-02-01", commitments=[minimum("234", ["once"], "2016-02-04")]
            ),
            months=("2016-02", "2016-02"),
        ),
        owed(kind="shortfall"),
        "110.79",  # 234 x 26/29 = 209.79, less 99
    ),
    Case(
        "minimums",
        "a minimum from 16 January counts what was used on its days",
        life(
            version(usage_charge(per_unit("1")), commitments=[minimum("620", ["usage"], "2013-01-17")]),
            [used("2013-01-10", "500"), used("2013-01-20", "100")],
            months=JANUARY,
        ),
        owed(kind="shortfall"),
        "200.00",  # 620 x 15/31 = 300, less 100
    ),
    Case(
        "minimums",
        "one whose amount changes within the month is one minimum",
        life(
            [
                version(charge(flat("310")), commitments=[minimum("310", ["fee"])]),
                version(charge(flat("310")), number=2, since="2013-01-17", commitments=[minimum("620", ["fee"])]),
            ],
            months=JANUARY,
        ),
        owed(kind="shortfall"),
        "150.00",  # 310 x 16/31 + 620 x 15/31 = 460, less 310
    ),
    Case(
        "caps",
        "a cap from 17 January caps what was used on its days",
        life(
            version(usage_charge(per_unit("1")), caps=[cap("310", "2013-01-17")]),
            [used("2013-01-10", "200"), used("2013-01-20", "300")],
            months=JANUARY,
        ),
        owed(),
        "350.00",  # 200 before, 310 x 15/31 = 150 after
    ),
    Case(
        "caps",
        "of a percentage what transactions of its days cost, the first ones free",
        life(
            version(
                usage_charge({"model": "percentage", "percent": "10", "free_transactions": 1}),
                caps=[cap("31", "2013-01-17")],
            ),
            [used("2013-01-10", "100"), used("2013-01-11", "200"), used("2013-01-20", "400")],
            months=JANUARY,
        ),
        owed(),
        "35.00",  # 0 + 20 before, of 40 after 31 x 15/31 = 15
    ),
    Case(
        "discounts",
        "an amount is shared over a one-off and usage of one invoice",
        life(
            version(
                one_off("99", "2013-01-20"),
                usage_charge(per_unit("1")),
                discounts=[{"id": "coupon", "name": "coupon", "amount": "25.50", "effective": days()}],
            ),
            [used("2013-01-10", "18.70")],
            months=JANUARY,
        ),
        owed("once"),
        "77.55",  # 99 - 25.50 x 99 / 117.70 = 99 - 21.45
    ),
    Case(
        "discounts",
        "and taken off what another month's invoice bills first, so that usage never changes that",
        life(
            version(
                charge(flat("100"), timing="in_advance"),
                usage_charge(per_unit("1")),
                discounts=[{"id": "coupon", "name": "coupon", "amount": "30", "effective": days(FEBRUARY, MARCH)}],
            ),
            [used("2013-02-10", "50")],
            months=TWO_MONTHS,
        ),
        owed("fee", since=FEBRUARY),
        "70.00",
    ),
    Case(
        "discounts",
        "one that ends on the 16th ends then, however a contract counts days",
        life(
            version(
                charge(flat("310")),
                proration={"method": "actual_days_inclusive"},
                discounts=[{**TWENTY_OFF, "effective": days(FIRST, "2013-01-16")}],
            ),
            months=JANUARY,
        ),
        owed(),
        "280.00",  # 20 % of 150
    ),
    Case(
        "credits",
        "a shortfall that is given back returns the credit that it drew",
        life(
            version(
                usage_charge(per_unit("1")),
                until="2013-04-01",
                commitments=[minimum("1000", ["usage"], FIRST, "2013-04-01", months=3)],
                credits=[{"id": "paid", "name": "paid", "amount": "600", "charges": [], "effective": days(MARCH)}],
            ),
            [used("2013-01-10", "400"), used("2013-02-10", "500", late="2013-04-20")],
            months=("2013-01", "2013-04"),
        ),
        drawn(),
        "100.00",  # 600 for the shortfall of 600, then 100 for one of 100
    ),
    Case(
        "credits",
        "what a credit note gives back to a credit, other lines of its month draw",
        life(
            version(
                charge(flat("100"), "first"),
                charge(flat("100"), "second"),
                credits=[{"id": "paid", "name": "paid", "amount": "50", "effective": days()}],
            ),
            months=TWO_MONTHS,
            credit_notes=[credit_note("2013-02-10", "first", (FIRST, FEBRUARY))],
        ),
        owed("second", since=FIRST),
        "50.00",
    ),
    Case(
        "credits",
        "one that expired before the contract began rolls over",
        life(
            version(
                charge(flat("300")),
                credits=[
                    {
                        "id": "old",
                        "name": "old",
                        "amount": "200",
                        "effective": days("2012-01-01", "2012-12-01"),
                        "rolls_over_to": "new",
                    },
                    {"id": "new", "name": "new", "amount": "50", "effective": days()},
                ],
            ),
            months=JANUARY,
        ),
        owed(),
        "50.00",
    ),
    Case(
        "revenue",
        "a concession of the month after is not of the month whose run knows it, also where a version cuts the line",
        life(
            [
                version(charge(flat("310"))),
                version(charge(flat("620")), number=2, since="2013-01-17", known="2013-03-01"),
            ],
            months=Q1,
            credit_notes=[credit_note("2013-03-02", "fee", (FIRST, FEBRUARY), amount="200")],
        ),
        earned_in("2013-02"),
        "770.00",
    ),  # February's own 620, and 160 + 300 - 310 of January's; March takes 200 back
    Case(
        "3.4",
        "a term counts a fee that is billed after it with the caps of all its months",
        life(
            version(
                charge(flat("275"), cadence={"interval": "quarter"}),
                until="2013-04-01",
                caps=[cap("11", until=MARCH)],
                commitments=[minimum("276", ["fee"], months=2)],
            ),
            months=Q1,
        ),
        billed_by_run("2013-02", "minimum"),
        "254.00",
    ),  # 11 of January's days are left, and 11 of February's
]
