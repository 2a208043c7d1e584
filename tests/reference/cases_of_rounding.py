"""Right amounts of what is rounded once for several lines, and of parts of which nothing is there or left."""

from tests.reference.builders import (
    charge,
    credit_note,
    days,
    flat,
    life,
    meter,
    per_unit,
    usage_charge,
    used,
    version,
    yearly,
)
from tests.reference.cases import FEBRUARY, FIRST, JANUARY, MARCH, Q1, Case, drawn, earned_in, minimum, owed
from tests.reference.figures import Document

TWO_MONTHS = ("2013-01", "2013-02")
FOUR_PERCENT = {"model": "graduated_percentage", "tiers": [{"up_to": None, "percent": "4", "flat_fee": "1"}]}


PACKAGES = {"model": "package", "package_size": "4", "package_price": "9"}


def with_fee(fee: str) -> Document:
    return {"model": "graduated", "tiers": [{"up_to": None, "unit_price": "1", "flat_fee": fee}]}


TOGETHER = life(
    version(
        charge(flat("117"), timing="in_advance"),
        discounts=[{"id": "d", "name": "d", "percent": "12.5", "rounding": "per_document", "effective": days()}],
        commitments=[minimum("705", ["fee"])],
    ),
    months=TWO_MONTHS,
)
PART_GONE = life(
    [
        version(charge(flat("310"))),
        version(charge(flat("620")), number=2, since="2013-01-31"),
        version(charge(flat("620")), number=3, since="2013-01-16", known="2013-02-20"),
    ],
    months=TWO_MONTHS,
    credit_notes=[credit_note("2013-02-10", "fee", (FIRST, FEBRUARY))],
)
ALIKE = life(
    version(
        usage_charge(per_unit("14"), "first"),
        usage_charge(per_unit("8"), "second"),
        usage_charge(per_unit("140"), "third"),
        discounts=[{"id": "d", "name": "d", "amount": "25.50", "effective": days("2013-01-18")}],
    ),
    [used("2013-01-19")],
    months=JANUARY,
)


def rolling(priority: int) -> list[Document]:
    old = {"id": "old", "name": "old", "amount": "200", "effective": days("2012-01-01", FIRST), "rolls_over_to": "new"}
    new = {"id": "new", "name": "new", "amount": "100", "effective": days(FIRST)}
    return [{**old, "priority": priority}, new]


ROUNDING = [
    Case(
        "allowances",
        "what an amended month leaves of its allowance is all of it, though the shares of its days never end",
        life(
            [
                version(usage_charge(PACKAGES, included_quantity="10", rollover=True)),
                version(
                    usage_charge({**PACKAGES, "package_price": "13"}, included_quantity="10", rollover=True),
                    number=2,
                    since="2013-02-12",
                ),
            ],
            [used("2013-03-05", "24")],
            months=Q1,
        ),
        owed("usage", since=MARCH),
        "13.00",
    ),  # 10 of February's and 10 of March's are free; 4 are one package
    Case(
        "commitments",
        "a shortfall in yen is rounded to the yen, and what the rounding takes is no shortfall",
        life(version(charge(flat("10")), currency="JPY", commitments=[minimum("100.4", ["fee"])]), months=JANUARY),
        owed("minimum"),
        "90.00",
    ),
    Case(
        "discounts",
        "half a cent of each of two fees is a cent of the first where an invoice rounds them together",
        TOGETHER,
        owed("fee", since=FIRST),
        "102.37",
    ),
    Case("discounts", "and none of the second", TOGETHER, owed("fee", since=FEBRUARY), "102.38"),
    Case(
        "discounts",
        "a minimum counts of a fee what is left when another month's invoice rounds its discounts together",
        TOGETHER,
        owed("minimum", since=FEBRUARY),
        "602.62",
    ),  # 14.625 and 14.625 come off January and February together: 14.63, then 29.25 - 14.63; 705 - (117 - 14.62)
    Case(
        "discounts",
        "of two lines that have the same part of a cent too much the first gets the cent, though the part never ends",
        ALIKE,
        owed("first"),
        "13.00",
    ),  # 25.50 x 14/31 = 11.52 by 14, 8 and 140 of 162: 0.9955.., 0.5688.. and 9.9555..; two cents are left over
    Case("discounts", "and the third does not", ALIKE, owed("third"), "130.05"),
    Case(
        "concessions",
        "what is conceded of a part of a month that a version leaves no day comes off the other parts",
        PART_GONE,
        owed("fee", since=FIRST),
        "150.00",
    ),  # 310 x 30/31 + 620 x 1/31 = 320 are conceded; 310 x 15/31 + 620 x 16/31 = 470 are owed
    Case(
        "revenue",
        "what a note of April takes back of a term's shortfall, to be billed again, is earned again in April",
        life(
            version(charge(flat("10")), until=MARCH, commitments=[minimum("100", ["fee"], months=2)]),
            months=Q1,
            credit_notes=[
                credit_note("2013-04-03", "minimum", (FIRST, MARCH), kind="shortfall", amount="30", rebill=True)
            ],
        ),
        earned_in("2013-03"),
        "0.00",
    ),  # 80 in February; March's run, of 3 April, bills the 30 again
    Case(
        "flat fees",
        "the fee of a combination of properties is that of the terms by which something of it is measured",
        life(
            [
                version(usage_charge(with_fee("3"))),
                version(usage_charge(with_fee("2"), group_by=["region"]), number=2, since="2013-01-05", known=FIRST),
            ],
            [used("2013-01-18", "0", region="eu")],
            months=JANUARY,
        ),
        owed("usage"),
        "2.00",
    ),  # before the 5th nothing was measured of eu, not even zero
    Case(
        "caps",
        "what is kept of a yearly fee that a version drops fills a cap in its months",
        life(
            [
                version(yearly(flat("365"), refund="none"), until="2013-05-01"),
                version(
                    usage_charge(per_unit("1")),
                    number=2,
                    since=FEBRUARY,
                    until="2013-05-01",
                    known=FEBRUARY,
                    caps=[{"id": "cap", "name": "cap", "amount": "100", "effective": days()}],
                ),
            ],
            [used("2013-04-24", "90")],
            months=("2013-01", "2013-04"),
        ),
        owed("usage", since="2013-04-01"),
        "70.00",
    ),  # April's 30 days of the fee, 1.00 each, come first
    Case(
        "commitments",
        "of usage that caps take whole, a term counts nothing on any of its days",
        life(
            version(
                usage_charge(FOUR_PERCENT, since="2016-02-09"),
                charge(
                    flat("121"),
                    since="2016-02-09",
                    timing="in_advance",
                    ramp=[{"start": "2016-03-14", "price": flat("333")}],
                ),
                since="2016-01-31",
                until="2016-04-01",
                caps=[
                    {"id": "narrow", "name": "narrow", "amount": "99", "effective": days("2016-03-14")},
                    {
                        "id": "wide",
                        "name": "wide",
                        "amount": "170",
                        "charges": ["usage", "fee"],
                        "effective": days("2016-01-31", "2016-03-24"),
                    },
                ],
                commitments=[
                    {
                        **minimum("725", ["usage", "fee"], months=3),
                        "effective": days("2016-02-11", "2016-03-17"),
                    }
                ],
                proration={"ratio_decimals": 4},
            ),
            [used("2016-03-14T04:30:00Z", "9")],
            months=("2016-03", "2016-03"),
            meters=[meter("weighted_sum")],
            rounding="half_even",
        ),
        owed("minimum", kind="shortfall", since="2016-02-11"),
        "142.96",
    ),
    Case(
        "commitments",
        "a term counts a fee that a version ends, and that so is of another month's invoice",
        life(
            [
                version(
                    charge(flat("181"), cadence={"interval": "half_year"}),
                    until=MARCH,
                    commitments=[minimum("590", ["fee"], since="2013-01-11", months=2)],
                ),
                version(charge(flat("1"), "other"), number=2, since="2013-01-31", until=MARCH, known="2013-03-17"),
            ],
            months=Q1,
        ),
        owed("minimum", kind="shortfall"),
        "180.00",
    ),  # 590 x 20/59 for the 20 days from the 11th on, each of which has 1.00 of the fee
    Case(
        "revenue",
        "half a cent that days earn of a fee is half a cent, though the share of its days never ends",
        life(version(charge(flat("0.45"), cadence={"interval": "quarter"}, timing="in_advance")), months=JANUARY),
        earned_in("2013-01"),
        "0.16",
    ),  # 0.45 x 31/90 = 0.155
    Case(
        "discounts",
        "what a version of late March takes of the month's discount is taken from a week that January's invoice billed",
        life(
            [
                version(
                    charge(flat("70" if number == 1 else "140"), cadence={"interval": "week"}, timing="in_advance"),
                    number=number,
                    since=since,
                    until="2013-04-01",
                    known=known,
                    discounts=[{"id": "d", "name": "d", "amount": "31", "effective": days(MARCH)}],
                )
                for number, since, known in ((1, "2013-01-28", None), (2, "2013-03-18", "2013-03-29"))
            ],
            months=Q1,
        ),
        owed("fee", since="2013-02-25"),
        "67.93",
    ),  # its three days of March had 30 of 310 and have 30 of 450
    Case(
        "credits",
        "what a credit rolls over it rolls over once, also where two versions state it differently",
        life(
            [
                version(charge(flat("500")), since="2012-01-01", credits=rolling(1)),
                version(charge(flat("500")), number=2, since="2012-07-01", credits=rolling(2)),
            ],
            months=JANUARY,
        ),
        drawn(),
        "300.00",
    ),
    Case(
        "credits",
        "what rolled over before a version begins stays, though that version does not state it any more",
        life(
            [
                version(charge(flat("500")), since="2012-01-01", credits=rolling(1)),
                version(charge(flat("500")), number=2, since="2013-01-20", credits=rolling(1)[1:]),
            ],
            months=JANUARY,
        ),
        drawn(),
        "300.00",
    ),
    Case(
        "revenue",
        "what is left of a year of which all but January is free is earned once the rest has another price",
        life(
            [
                version(
                    yearly(flat(amount)),
                    number=number,
                    since=since,
                    until="2014-01-01",
                    known=known,
                    waivers=[{"id": "w", "reason": "trial", "charges": ["fee"], "days": days(FEBRUARY)}],
                )
                for number, since, amount, known in ((1, FIRST, "365", None), (2, FEBRUARY, "730", "2013-03-20"))
            ],
            months=Q1,
        ),
        earned_in("2013-03"),
        "25.99",
    ),  # 31.00, of which 31 x 59/365 = 5.01 were earned over the year's days by February
]
