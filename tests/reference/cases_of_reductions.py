"""Right amounts of commitments, allowances, credits and discounts: points 2.5 to 2.8 and 2.13 to 2.17 of issue 11."""

from tests.reference.builders import charge, days, flat, life, meter, per_unit, usage_charge, used, version
from tests.reference.cases import (
    FEBRUARY,
    FIRST,
    HALF_OFF,
    JANUARY,
    MARCH,
    PREPAID,
    Q1,
    Case,
    balance_after,
    billed_by_run,
    drawn,
    minimum,
    owed,
)
from tests.reference.figures import Document

ALLOWED: Document = {"included_quantity": "1000", "rollover": True}
ENDED_QUARTER = version(
    usage_charge(per_unit("1")),
    until="2013-04-01",
    commitments=[minimum("5000", ["usage"], until="2013-04-01", months=3)],
)
LATE_2000 = [used("2013-01-10", "1000"), used("2013-02-10", "2000", late="2013-04-20")]
ROLLED = version(usage_charge(per_unit("1"), **ALLOWED), until=MARCH)
ROLLING = [used("2013-01-10", "700"), used("2013-02-10", "1300"), used("2013-01-20", "300", late="2013-03-20")]
CARRIED = [
    version(usage_charge(per_unit("1.00"), since="2013-12-01", **ALLOWED), since="2013-12-01"),
    version(usage_charge(per_unit("1.10"), since="2013-12-01", **ALLOWED), number=2, since="2014-01-05"),
]
CARRYING = [used("2013-12-10", "500"), used("2014-01-10", "1500"), used("2014-02-10", "1130")]
DRAWN = version(usage_charge(per_unit("1")), credits=[PREPAID], until=MARCH)
DRAWING = [used("2013-01-10", "1000"), used("2013-01-20", "1000", late="2013-02-20")]
COUPON = {"id": "coupon", "name": "coupon", "amount": "30", "effective": days(FEBRUARY, MARCH)}
SHARED_COUPON = {"id": "coupon", "name": "coupon", "amount": "30", "effective": days()}
TWO_FEES = [charge(flat("100"), "one"), charge(flat("50"), "two")]
DAILY = {"model": "seats", "seats": 0, "unit_price": "31", "true_up": "daily"}
SEEN = [used(f"2013-01-{day:02}", "1", meter="seats") for day in range(1, 32)]
RISING = {"model": "percentage", "percent": "1"}

REDUCTIONS = [
    Case(
        "2.5",
        "late usage of 2,000.00 under a commitment that is over bills 2,000.00",
        life(ENDED_QUARTER, LATE_2000, months=("2013-01", "2013-04")),
        billed_by_run("2013-04", "usage"),
        "2000.00",
    ),
    Case(
        "2.5",
        "and takes as much of the shortfall back",
        life(ENDED_QUARTER, LATE_2000, months=("2013-01", "2013-04")),
        billed_by_run("2013-04", "minimum"),
        "-2000.00",
    ),  # 5,000 - 1,000 were billed, 5,000 - 3,000 are owed
    Case("2.6", "late usage that uses what had rolled over", life(ROLLED, ROLLING, months=Q1), owed(), "300.00"),
    # January 700 + 300 leaves nothing of 1,000; February 1,300 - 1,000
    Case(
        "2.6",
        "an allowance that was carried into an amended January",
        life(CARRIED, CARRYING, months=("2013-12", "2014-02")),
        owed(since="2014-01-01"),
        "141.94",
    ),
    # 1,500 - 500 carried - 1,000 x 27/31 = 129.032; x 1.10
    Case(
        "2.6",
        "the part before the amendment leaves its share to February",
        life(CARRIED, CARRYING, months=("2013-12", "2014-02")),
        owed(since="2014-02-01"),
        "1.06",
    ),
    # 1,130 - 1,000 x 4/31 - 1,000 = 0.96774; x 1.10
    Case(
        "2.7",
        "1,000 that come late are drawn from the prepaid credit",
        life(DRAWN, DRAWING, months=("2013-01", "2013-02")),
        billed_by_run("2013-02"),
        "0.00",
    ),
    Case(
        "2.7", "which has paid 2,000.00 then", life(DRAWN, DRAWING, months=("2013-01", "2013-02")), drawn(), "2000.00"
    ),
    Case(
        "2.8",
        "a trial to the 14th, 20 % off from the 15th",
        life(
            version(
                charge(flat("310")),
                until=FEBRUARY,
                waivers=[{"id": "trial", "reason": "trial", "days": days(FIRST, "2013-01-15")}],
                discounts=[{"id": "new", "name": "new", "percent": "20", "effective": days("2013-01-15")}],
            ),
            months=JANUARY,
        ),
        owed(),
        "136.00",
    ),  # 310 x 17/31 = 170, all of it discounted: 170 x 80 %
    Case(
        "2.8",
        "half off from 15 February under 30-day months",
        life(
            version(
                charge(flat("300"), since=FEBRUARY),
                since=FEBRUARY,
                until=MARCH,
                proration={"method": "thirty_day_months"},
                discounts=[{"id": "h", "name": "h", "percent": "50", "effective": days("2013-02-15")}],
            ),
            months=("2013-02", "2013-02"),
        ),
        owed(),
        "220.00",
    ),  # the 15th to the end are 16 of 30 days: 160 / 2 = 80 off
    Case(
        "2.8",
        "a coupon for February on a fee in advance is taken off February's fee",
        life(version(charge(flat("100"), timing="in_advance"), discounts=[COUPON]), months=("2013-01", "2013-02")),
        owed(since=FEBRUARY),
        "70.00",
    ),
    Case(
        "2.8",
        "which January's invoice bills",
        life(version(charge(flat("100"), timing="in_advance"), discounts=[COUPON]), months=("2013-01", "2013-02")),
        billed_by_run("2013-01"),
        "170.00",
    ),  # 100 for January, 100 - 30 for February
    Case(
        "2.8",
        "and March's fee is whole",
        life(version(charge(flat("100"), timing="in_advance"), discounts=[COUPON]), months=("2013-01", "2013-02")),
        owed(since=MARCH),
        "100.00",
    ),
    Case(
        "2.13",
        "a commitment of 91 days of which 90 are covered, nothing used",
        life(
            version(
                usage_charge(per_unit("1"), since="2013-04-01"),
                since="2013-04-01",
                until="2013-06-30",
                commitments=[minimum("400", ["usage"], "2013-04-01", months=3)],
            ),
            months=("2013-04", "2013-06"),
        ),
        owed(),
        "395.60",
    ),  # 400 x 90/91 = 395.604
    Case(
        "2.13",
        "a seat seen every day, trued up daily, charged from the 17th",
        life(
            version(charge(DAILY, "seats", since="2013-01-17", seats_meter="seats"), until=FEBRUARY),
            SEEN,
            months=JANUARY,
            meters=[meter("latest", "seats")],
        ),
        owed(),
        "15.00",
    ),  # 31 x 15/31
    Case(
        "2.13",
        "a committed seat that is seen every day, charged from the 17th",
        life(
            version(charge({**DAILY, "seats": 1}, "seats", since="2013-01-17", seats_meter="seats"), until=FEBRUARY),
            SEEN,
            months=JANUARY,
            meters=[meter("latest", "seats")],
        ),
        owed(),
        "15.00",
    ),
    Case(
        "2.13",
        "transactions of 100.00 at 1 %, 2 % from the 16th",
        life(
            version(usage_charge(RISING, ramp=[{"start": "2013-01-16", "price": {**RISING, "percent": "2"}}])),
            [used(f"2013-01-{day}", "100") for day in ("05", "15", "25")],
            months=JANUARY,
        ),
        owed(),
        "4.00",
    ),  # 1 + 1 + 2
    Case(
        "2.14",
        "a credit of 175.00 over 100 + 50 and a shortfall to 200",
        life(
            version(
                *TWO_FEES,
                until=FEBRUARY,
                commitments=[minimum("200", ["one", "two"])],
                credits=[{**PREPAID, "amount": "175"}],
            ),
            months=JANUARY,
        ),
        owed(),
        "25.00",
    ),
    Case(
        "2.14",
        "where the credit does not pay shortfalls",
        life(
            version(
                *TWO_FEES,
                until=FEBRUARY,
                commitments=[minimum("200", ["one", "two"])],
                credits=[{**PREPAID, "amount": "175", "shortfalls": False}],
            ),
            months=JANUARY,
        ),
        owed(),
        "50.00",
    ),
    Case(
        "2.14",
        "a coupon of 30.00 is shared pro rata: 20 and 10",
        life(version(*TWO_FEES, discounts=[SHARED_COUPON]), months=JANUARY),
        owed("one"),
        "80.00",
    ),
    Case(
        "2.14",
        "or in order, as a term",
        life(version(*TWO_FEES, discounts=[{**SHARED_COUPON, "spread": "in_order"}]), months=JANUARY),
        owed("one"),
        "70.00",
    ),
    Case(
        "2.14",
        "a percentage is rounded on each line",
        life(
            version(
                charge(flat("10.05"), "one"), charge(flat("10.05"), "two"), discounts=[{**HALF_OFF, "percent": "10"}]
            ),
            months=JANUARY,
        ),
        owed(),
        "18.08",
    ),  # 1.005 is 1.01, twice
    Case(
        "2.14",
        "or once for the document, as a term",
        life(
            version(
                charge(flat("10.05"), "one"),
                charge(flat("10.05"), "two"),
                discounts=[{**HALF_OFF, "percent": "10", "rounding": "per_document"}],
            ),
            months=JANUARY,
        ),
        owed(),
        "18.09",
    ),  # 2.01
    Case(
        "2.15",
        "a leap second belongs to the month that it ends",
        life(
            version(usage_charge(per_unit("7"), since="2015-06-01"), since="2015-06-01"),
            [used("2015-06-30T23:59:60Z")],
            months=("2015-06", "2015-07"),
        ),
        owed(since="2015-06-01"),
        "7.00",
    ),
    Case(
        "2.16",
        "trailing zeros are no precision",
        life(version(usage_charge(per_unit("12"))), [used(FIRST, "0.083333333333000000")], months=JANUARY),
        owed(),
        "1.00",
    ),
    Case(
        "2.17",
        "what is taken back beyond a month's bill is a balance",
        life(
            version(charge(flat("30")), usage_charge(per_unit("1"))),
            [used(FIRST, "150", id="wrong"), used(FIRST, "0", late="2013-02-20", corrects="wrong")],
            months=Q1,
        ),
        balance_after(2),
        "120.00",
    ),  # 30 - 150
    Case(
        "2.17",
        "which the next invoice draws",
        life(
            version(charge(flat("30")), usage_charge(per_unit("1"))),
            [used(FIRST, "150", id="wrong"), used(FIRST, "0", late="2013-02-20", corrects="wrong")],
            months=Q1,
        ),
        balance_after(3),
        "90.00",
    ),
]
