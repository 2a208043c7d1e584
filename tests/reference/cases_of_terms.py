"""Right amounts where terms change after they were billed: points 2.1 to 2.4 of issue 11."""

from tests.reference.builders import charge, credit_note, flat, life, version, yearly
from tests.reference.cases import (
    FEBRUARY,
    FIRST,
    HALF_OFF,
    JANUARY,
    MARCH,
    PREPAID,
    Q1,
    YEAR,
    Case,
    billed_by_run,
    earned_in,
    given_back,
    left,
    owed,
)

ENDED_YEAR = version(yearly(flat("3650")), number=2, until="2013-04-01", known="2013-03-20")
FEE_280 = version(charge(flat("280"), since=FEBRUARY), since=FEBRUARY)
ENDED_MID_FEBRUARY = version(
    charge(flat("280"), since=FEBRUARY), number=2, since=FEBRUARY, until="2013-02-15", known="2013-03-10"
)
FEB_FEE = ("2013-02-01", "2013-03-01")


TERMS = [
    Case(
        "2.1",
        "a year in advance whose price rises on 1 April",
        life(
            [
                version(yearly(flat("3650")), until="2014-01-01"),
                version(yearly(flat("7300")), number=2, since="2013-04-01", until="2014-01-01", known="2013-03-15"),
            ],
            months=YEAR,
        ),
        owed(),
        "6400.00",  # 3,650 x 90/365 = 900 and 7,300 x 275/365 = 5,500
    ),
    Case(
        "2.1",
        "the invoice after the rise bills what the year owes more",
        life(
            [
                version(yearly(flat("3650")), until="2014-01-01"),
                version(yearly(flat("7300")), number=2, since="2013-04-01", until="2014-01-01", known="2013-03-15"),
            ],
            months=YEAR,
        ),
        billed_by_run("2013-03"),
        "2750.00",  # 6,400 - 3,650
    ),
    Case(
        "2.1",
        "the same rise as a ramp",
        life(
            version(yearly(flat("3650"), ramp=[{"start": "2013-04-01", "price": flat("7300")}]), until="2014-01-01"),
            months=YEAR,
        ),
        owed(),
        "6400.00",
    ),
    Case(
        "2.1",
        "a quarter of 10 seats at 90.00, 15 from 1 March",
        life(
            [
                version(
                    charge(
                        {"model": "seats", "seats": seats, "unit_price": "90"},
                        timing="in_advance",
                        cadence={"interval": "quarter"},
                    ),
                    number=number,
                    since=since,
                    until="2013-04-01",
                )
                for number, seats, since in ((1, 10, FIRST), (2, 15, MARCH))
            ],
            months=Q1,
        ),
        owed(),
        "1055.00",  # 900 x 59/90 = 590 and 1,350 x 31/90 = 465
    ),
    Case(
        "2.1",
        "a half-year of 1,810.00, 3,620.00 from 1 April",
        life(
            [
                version(
                    charge(flat(amount), timing="in_advance", cadence={"interval": "half_year"}),
                    number=number,
                    since=since,
                    until="2013-07-01",
                )
                for number, amount, since in ((1, "1810", FIRST), (2, "3620", "2013-04-01"))
            ],
            months=("2013-01", "2013-06"),
        ),
        owed(),
        "2720.00",  # 1,810 x 90/181 = 900 and 3,620 x 91/181 = 1,820
    ),
    Case(
        "2.1",
        "a year from 1 July that renews on 1 January with 10 %",
        life(
            version(
                charge(
                    flat("3650"),
                    since="2013-07-01",
                    timing="in_advance",
                    cadence={"interval": "year", "anchor": "2013-07-01"},
                ),
                since="2013-07-01",
                until="2014-07-01",
                renewal={"renews_on": "2014-01-01", "uplift_percent": "10", "automatic": True},
            ),
            months=("2013-07", "2014-06"),
        ),
        owed(),
        "3831.00",  # 3,650 x 184/365 = 1,840 and 4,015 x 181/365 = 1,991
    ),
    Case(
        "2.1",
        "a week over the end of January, 70.00, 140.00 from 1 February",
        life(
            [
                version(
                    charge(flat(price), since="2013-01-28", timing="in_advance", cadence={"interval": "week"}),
                    number=number,
                    since=since,
                    until="2013-02-04",
                )
                for number, price, since in ((1, "70", "2013-01-28"), (2, "140", FEBRUARY))
            ],
            months=Q1,
        ),
        owed(),
        "100.00",  # 4 days at 10 and 3 at 20
    ),
    Case(
        "2.1",
        "an anchored month from the 17th, 310.00, 620.00 from 1 February",
        life(
            [
                version(
                    charge(
                        flat(price),
                        since="2013-01-17",
                        timing="in_advance",
                        cadence={"interval": "month", "anchor": "2013-01-17"},
                    ),
                    number=number,
                    since=since,
                    until="2013-02-17",
                )
                for number, price, since in ((1, "310", "2013-01-17"), (2, "620", FEBRUARY))
            ],
            months=Q1,
        ),
        owed(),
        "470.00",  # 15 of 31 days at 310 are 150, 16 at 620 are 320
    ),
    Case(
        "2.1",
        "a concession of 30.00 is not billed again",
        life(
            version(charge(flat("100")), until=FEBRUARY),
            months=Q1,
            credit_notes=[credit_note("2013-02-10", "fee", (FIRST, FEBRUARY), amount="30")],
        ),
        owed(),
        "70.00",
    ),
    Case(
        "2.1",
        "30.00 that are credited to be billed again are billed again",
        life(
            version(charge(flat("100")), until=FEBRUARY),
            months=Q1,
            credit_notes=[credit_note("2013-02-10", "fee", (FIRST, FEBRUARY), amount="30", rebill=True)],
        ),
        billed_by_run("2013-02"),
        "30.00",
    ),
    Case(
        "2.2",
        "a year that ended on 1 April has earned 900.00 by then",
        life([version(yearly(flat("3650"))), ENDED_YEAR], months=YEAR),
        earned_in("2013-01", "2013-02", "2013-03"),
        "900.00",  # 31 + 28 + 31 days at 10
    ),
    Case(
        "2.2",
        "and nothing after, for ever",
        life([version(yearly(flat("3650"))), ENDED_YEAR], months=YEAR),
        earned_in("2013-04", "2013-05", "2013-06", "2013-07", "2013-08", "2013-12"),
        "0.00",
    ),
    Case(
        "2.3",
        "280.00, a difference of -140.00, then a credit note of the line",
        life(
            [FEE_280, ENDED_MID_FEBRUARY],
            months=("2013-02", "2013-05"),
            credit_notes=[credit_note("2013-04-10", "fee", FEB_FEE)],
        ),
        given_back(),
        "140.00",  # 14 of 28 days are left
    ),
    Case(
        "2.3",
        "the other order: nothing more to give back",
        life(
            [FEE_280, ENDED_MID_FEBRUARY],
            months=("2013-02", "2013-05"),
            credit_notes=[credit_note("2013-03-05", "fee", FEB_FEE)],
        ),
        billed_by_run("2013-03"),
        "0.00",  # 280 are conceded, and 140 owed
    ),
    Case(
        "2.4",
        "1,000.00 under half off can be credited by what was paid",
        life(version(charge(flat("1000")), discounts=[HALF_OFF]), months=JANUARY),
        left("fee"),
        "500.00",
    ),
    Case(
        "2.4",
        "a line that a prepaid credit paid gives no money back",
        life(
            version(charge(flat("1000")), credits=[PREPAID]),
            months=JANUARY,
            credit_notes=[credit_note("2013-02-10", "fee", (FIRST, FEBRUARY))],
        ),
        given_back(),
        "0.00",
    ),
    Case(
        "2.4",
        "but gives the credit back",
        life(
            version(charge(flat("1000")), credits=[PREPAID]),
            months=JANUARY,
            credit_notes=[credit_note("2013-02-10", "fee", (FIRST, FEBRUARY))],
        ),
        given_back("drawn"),
        "1000.00",
    ),
    Case(
        "2.4",
        "of 1,000.00, 400.00 of it drawn, a note of 700.00 gives money back first",
        life(
            version(charge(flat("1000")), credits=[{**PREPAID, "amount": "400"}]),
            months=JANUARY,
            credit_notes=[credit_note("2013-02-10", "fee", (FIRST, FEBRUARY), amount="700")],
        ),
        given_back(),
        "600.00",  # 1,000 - 400 were money; 100 go back to the credit
    ),
]
