"""Right amounts of what counts by days: commitments, caps, credit notes, revenue: points 3.4 to 3.6 of issue 11."""

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
from tests.reference.cases import (
    A_YEAR,
    FEBRUARY,
    FIRST,
    JANUARY,
    Q1,
    YEAR,
    Case,
    billed_by_run,
    earned_in,
    minimum,
    owed,
)

CAP = {"id": "cap", "name": "cap", "amount": "200", "effective": days()}
MONTHLY = {"id": "coupon", "name": "coupon", "amount": "30", "effective": days()}
FEE_IN_ADVANCE = yearly(flat("3650"))

SHARES = [
    Case(
        "3.4",
        "a commitment from 16 January counts what was used on its own days",
        life(
            version(
                usage_charge(per_unit("1")),
                until="2013-04-16",
                commitments=[minimum("1000", ["usage"], "2013-01-16", "2013-04-16", 3)],
            ),
            [used("2013-01-10", "500"), used("2013-01-20", "300")],
            months=("2013-01", "2013-04"),
        ),
        owed("minimum"),
        "700.00",
    ),  # 1,000 - 300
    Case(
        "3.4",
        "and what was served on them of a fee",
        life(
            version(
                charge(flat("310")),
                until="2013-04-01",
                commitments=[minimum("1000", ["fee"], "2013-01-16", "2013-03-16", 2)],
            ),
            months=Q1,
        ),
        owed("minimum"),
        "380.00",
    ),  # 310 x 16/31 = 160, 310, 310 x 15/31 = 150: 1,000 - 620
    Case(
        "3.4",
        "a commitment that rises in its term is owed by days",
        life(
            [
                version(
                    usage_charge(per_unit("1")), until="2013-04-01", commitments=[minimum("900", ["usage"], months=3)]
                ),
                version(
                    usage_charge(per_unit("1")),
                    number=2,
                    since=FEBRUARY,
                    until="2013-04-01",
                    commitments=[minimum("1800", ["usage"], months=3)],
                ),
            ],
            months=Q1,
        ),
        owed("minimum"),
        "1490.00",
    ),  # 900 x 31/90 = 310 and 1,800 x 59/90 = 1,180
    Case(
        "3.4",
        "late usage before its first day changes no shortfall, and on it takes from it",
        life(
            version(
                usage_charge(per_unit("1")),
                until="2013-04-16",
                commitments=[minimum("1000", ["usage"], "2013-01-16", "2013-04-16", 3)],
            ),
            [
                used("2013-01-10", "500"),
                used("2013-01-12", "100", late="2013-05-10"),
                used("2013-01-20", "300", late="2013-05-10"),
                used("2013-04-20", "50", late="2013-05-10"),
            ],
            months=("2013-01", "2013-05"),
        ),
        owed("minimum"),
        "700.00",
    ),  # 1,000 - 300; 20 April is after the contract
    Case(
        "3.4",
        "its second term begins where the first ends, within a month",
        life(
            version(
                usage_charge(per_unit("1")),
                until="2013-05-16",
                commitments=[minimum("1000", ["usage"], "2013-01-16", "2013-05-16", 2)],
            ),
            [used("2013-03-10", "400"), used("2013-03-20", "300"), used("2013-05-10", "100")],
            months=("2013-01", "2013-05"),
        ),
        owed("minimum"),
        "1200.00",
    ),  # 1,000 - 400 and 1,000 - 300 - 100
    Case(
        "3.4",
        "one that is signed late counts what was billed before by its days, too",
        life(
            [
                version(usage_charge(per_unit("1")), until="2013-04-16"),
                version(
                    usage_charge(per_unit("1")),
                    number=2,
                    until="2013-04-16",
                    known="2013-03-10",
                    commitments=[minimum("1000", ["usage"], "2013-01-16", "2013-04-16", 3)],
                ),
            ],
            [used("2013-01-10", "500"), used("2013-01-20", "300")],
            months=("2013-01", "2013-04"),
        ),
        owed("minimum"),
        "700.00",
    ),
    Case(
        "3.4",
        "its terms are counted from its own first day, though the contract covers less",
        life(
            version(
                charge(flat("310")),
                since="2013-01-17",
                until="2013-03-01",
                commitments=[minimum("1000", ["fee"], months=3)],
            ),
            months=Q1,
        ),
        owed("minimum"),
        "17.78",
    ),  # 1,000 x 43/90 = 477.78 less 150 and 310
    Case(
        "3.4",
        "a one-off counts by the day on which it is due",
        life(
            version(
                charge({"model": "one_off", "amount": "99", "due_on": "2013-01-12"}, "setup"),
                charge({"model": "one_off", "amount": "70", "due_on": "2013-01-20"}, "training"),
                until="2013-04-16",
                commitments=[minimum("1000", ["setup", "training"], "2013-01-16", "2013-04-16", 3)],
            ),
            months=("2013-01", "2013-04"),
        ),
        owed("minimum"),
        "930.00",
    ),  # 1,000 - 70
    Case(
        "3.5",
        "a monthly cap holds for each month of a year in advance",
        life(version(FEE_IN_ADVANCE, until="2014-01-01", caps=[CAP]), months=YEAR),
        owed(),
        "2400.00",
    ),  # 12 x 200
    Case(
        "3.5",
        "so does a coupon",
        life(version(FEE_IN_ADVANCE, until="2014-01-01", discounts=[MONTHLY]), months=YEAR),
        owed(),
        "3290.00",
    ),  # 3,650 - 12 x 30
    Case(
        "3.5",
        "and a minimum",
        life(version(FEE_IN_ADVANCE, until="2014-01-01", commitments=[minimum("300", ["fee"])]), months=YEAR),
        owed("minimum"),
        "20.00",
    ),  # February has 28 days at 10
    Case(
        "3.5",
        "a level that begins within the month is under a cap by days, not by when it was read",
        life(
            version(
                usage_charge(per_unit("31")),
                caps=[{**CAP, "amount": "31", "effective": days("2013-01-02")}],
            ),
            [used("2013-01-17", "4")],
            months=JANUARY,
            meters=[meter("max")],
        ),
        owed(),
        "34.00",
    ),  # 124: 4 on the 1st, and of 120 on 30 days the cap's 31 x 30/31 = 30
    Case(
        "3.4",
        "a term that ends on its second day divides what is served in advance",
        life(
            version(
                charge(flat("31"), timing="in_advance"),
                until=FEBRUARY,
                commitments=[minimum("59", ["fee"], until="2013-01-02", months=2)],
            ),
            months=JANUARY,
        ),
        owed("minimum"),
        "0.00",
    ),  # 59 x 1/59 less 31 x 1/31
    Case(
        "3.5",
        "a fee in advance fills the cap before usage",
        life(
            version(usage_charge(per_unit("1")), FEE_IN_ADVANCE, until="2014-01-01", caps=[{**CAP, "amount": "400"}]),
            [used("2013-01-10", "100")],
            months=YEAR,
        ),
        owed("usage"),
        "90.00",
    ),  # 310 of January's 400 are the fee's
    Case(
        "3.6",
        "a credit note for October to December leaves what July earned",
        life(
            version(FEE_IN_ADVANCE, until="2014-01-01"),
            months=YEAR,
            credit_notes=[
                credit_note("2013-07-10", "fee", A_YEAR, amount="920", days=days("2013-10-01", "2014-01-01"))
            ],
        ),
        earned_in("2013-07"),
        "310.00",
    ),
    Case(
        "3.6",
        "and October earns nothing",
        life(
            version(FEE_IN_ADVANCE, until="2014-01-01"),
            months=YEAR,
            credit_notes=[
                credit_note("2013-07-10", "fee", A_YEAR, amount="920", days=days("2013-10-01", "2014-01-01"))
            ],
        ),
        earned_in("2013-10", "2013-11", "2013-12"),
        "0.00",
    ),
    Case(
        "3.6",
        "a credit note for January takes back what January earned, in July",
        life(
            version(FEE_IN_ADVANCE, until="2014-01-01"),
            months=YEAR,
            credit_notes=[credit_note("2013-07-10", "fee", A_YEAR, amount="310", days=days(FIRST, FEBRUARY))],
        ),
        earned_in("2013-07"),
        "0.00",
    ),  # 310 - 310
    Case(
        "3.6",
        "a credit note never gives back more than its days cost",
        life(
            version(FEE_IN_ADVANCE, until="2014-01-01"),
            months=YEAR,
            credit_notes=[credit_note("2013-07-10", "fee", A_YEAR, days=days(FIRST, FEBRUARY))],
        ),
        owed(),
        "3340.00",
    ),  # 3,650 - 310
    Case(
        "arrears",
        "a quarter in arrears is earned before it is billed",
        life(version(charge(flat("900"), cadence={"interval": "quarter"}), until="2013-04-01"), months=Q1),
        earned_in("2013-01"),
        "310.00",
    ),  # 900 x 31/90, a contract asset until March's invoice
    Case(
        "arrears",
        "and is billed when it is over",
        life(version(charge(flat("900"), cadence={"interval": "quarter"}), until="2013-04-01"), months=Q1),
        billed_by_run("2013-01"),
        "0.00",
    ),
]
