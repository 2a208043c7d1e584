"""Right amounts in currencies without cents, or with thousandths, and in leap years: a fresh reader's own figures."""

from tests.reference.builders import (
    charge,
    credit_note,
    days,
    flat,
    life,
    per_unit,
    usage_charge,
    used,
    version,
    yearly,
)
from tests.reference.cases import (
    A_YEAR,
    FEBRUARY,
    FIRST,
    HALF_OFF,
    JANUARY,
    MARCH,
    Q1,
    YEAR,
    Case,
    earned_in,
    left,
    minimum,
    owed,
)
from tests.reference.figures import Document

LEAP = "2016-01-01"


def quarter(amount: str, number: int, since: str, known: str | None = None) -> Document:
    terms = charge(flat(amount), timing="in_advance", cadence={"interval": "quarter"})
    return version(terms, number=number, since=since, until="2013-04-01", known=known, currency="JPY")


def leap_year(amount: str, number: int, since: str, known: str | None = None) -> Document:
    return version(yearly(flat(amount), since=LEAP), number=number, since=since, until="2017-01-01", known=known)


CURRENCIES: list[Case] = [
    Case(
        "2.1",
        "a quarter of 10,000 yen, 20,000 from 10 February",
        life([quarter("10000", 1, FIRST), quarter("20000", 2, "2013-02-10", "2013-03-01")], months=Q1),
        owed(),
        "15555.00",  # 10,000 x 40/90 is 4,444 and 20,000 x 50/90 is 11,111
    ),
    Case(
        "2.1",
        "a leap year of 3,660.00, 7,320.00 from 1 March",
        life(
            [leap_year("3660", 1, LEAP), leap_year("7320", 2, "2016-03-01", "2016-02-20")],
            months=("2016-01", "2016-12"),
        ),
        owed(),
        "6720.00",  # 60 days at 10 and 306 at 20
    ),
    Case(
        "2.4",
        "1,001 yen under half off can be credited by 500",
        life(version(charge(flat("1001")), discounts=[HALF_OFF], currency="JPY"), months=JANUARY),
        left("fee"),
        "500.00",  # 500.5 are 501 off
    ),
    Case(
        "2.5",
        "late usage at 0.5 dinars under a commitment of 100 that is over changes nothing in all",
        life(
            version(
                usage_charge(per_unit("0.5")),
                until=MARCH,
                commitments=[minimum("100", ["usage"], until=MARCH, months=2)],
                currency="KWD",
            ),
            [used("2013-01-10", "30"), used("2013-02-20", "10", late="2013-03-20")],
            months=Q1,
        ),
        owed(),
        "100.00",  # 15 and 85 of shortfall; then 5, and 80 of it
    ),
    Case(
        "2.8",
        "half off from 21 March under 30-day months: the 31st is none",
        life(
            version(
                charge(flat("300"), since=MARCH),
                since=MARCH,
                until="2013-04-01",
                proration={"method": "thirty_day_months"},
                discounts=[{**HALF_OFF, "effective": days("2013-03-21")}],
            ),
            months=("2013-03", "2013-03"),
        ),
        owed(),
        "250.00",  # 10 of 30 days
    ),
    Case(
        "2.14",
        "a coupon of 10 yen over 100 and 50 takes 7 and 3",
        life(
            version(
                charge(flat("100"), "one"),
                charge(flat("50"), "two"),
                discounts=[{"id": "coupon", "name": "coupon", "amount": "10", "effective": days()}],
                currency="JPY",
            ),
            months=JANUARY,
        ),
        owed("one"),
        "93.00",
    ),
    Case(
        "3.6",
        "a credit note for the first ten days of a year of 36,500 yen takes back what January earned",
        life(
            version(yearly(flat("36500")), until="2014-01-01", currency="JPY"),
            months=YEAR,
            credit_notes=[credit_note("2013-02-10", "fee", A_YEAR, days=days(FIRST, "2013-01-11"))],
        ),
        earned_in("2013-02"),
        "1800.00",  # 28 x 100 - 10 x 100
    ),
    Case(
        "3.4",
        "a minimum of 600.00 for two months that is 1,180.00 from 1 February",
        life(
            [
                version(
                    usage_charge(per_unit("1")),
                    number=number,
                    since=since,
                    until=MARCH,
                    commitments=[minimum(amount, ["usage"], months=2)],
                )
                for number, since, amount in ((1, FIRST, "600"), (2, FEBRUARY, "1180"))
            ],
            months=("2013-01", "2013-02"),
        ),
        owed("minimum"),
        "875.25",  # 600 x 31/59 = 315.254 and 1,180 x 28/59 = 560
    ),
]
