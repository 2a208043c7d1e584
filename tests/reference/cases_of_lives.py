"""Right amounts that random lives asked for, each in its smallest form."""

from tests.reference.builders import charge, credit_note, days, flat, life, per_unit, usage_charge, used, version
from tests.reference.cases import (
    FEBRUARY,
    FIRST,
    HALF_OFF,
    JANUARY,
    MARCH,
    PREPAID,
    Q1,
    Case,
    billed_by_run,
    drawn,
    earned_in,
    given_back,
    minimum,
    owed,
)
from tests.reference.cases_of_order import drawn_by

QUARTER = {"interval": "quarter"}
CREDIT = {**PREPAID, "amount": "100"}
SHARED = life(
    version(
        charge(flat("90"), cadence=QUARTER),
        usage_charge({"model": "graduated", "tiers": [{"up_to": None, "unit_price": "1", "flat_fee": "31"}]}),
        until="2013-04-01",
        discounts=[{"id": "d", "name": "d", "amount": "10", "effective": days(MARCH)}],
    ),
    months=Q1,
)
"""March's discount is for 31.00 of the quarter's fee and 31.00 that no usage owes."""
IN_ADVANCE = charge(flat("90"), cadence=QUARTER, timing="in_advance")
LEAST = minimum("100", ["fee"], until=MARCH, months=2)
TWO_MONTHS = ("2013-01", "2013-02")
TIERS = [{"up_to": None, "unit_price": "1", "flat_fee": "10"}]
DEARER = [{"up_to": None, "unit_price": "2", "flat_fee": "20"}]
ONCE = charge({"model": "one_off", "amount": "100", "due_on": "2013-01-31"}, "once")
FREE = {"model": "percentage", "percent": "1", "fixed_fee": "1", "free_amount": "15"}
CONCEDED = life(
    [version(charge(flat("310"))), version(charge(flat("620")), number=2, since="2013-01-16", known="2013-02-10")],
    months=TWO_MONTHS,
    credit_notes=[credit_note("2013-02-05", "fee", (FIRST, FEBRUARY))],
)

LIVES = [
    Case(
        "credits",
        "a fee that a later invoice bills leaves the credit to this one",
        life(
            version(
                charge(flat("90"), cadence=QUARTER), usage_charge(per_unit("1")), until="2013-04-01", credits=[CREDIT]
            ),
            [used("2013-01-10", "100")],
            months=Q1,
        ),
        drawn_by("usage", FIRST),
        "100.00",
    ),
    Case(
        "credits",
        "shortfalls draw in the order in which the contract states their commitments",
        life(
            version(
                charge(flat("10")),
                until=MARCH,
                commitments=[
                    minimum("90", ["fee"], months=2),
                    {**minimum("80", ["fee"], since=FEBRUARY), "id": "monthly"},
                ],
                credits=[{**CREDIT, "effective": days(FEBRUARY)}],
            ),
            months=TWO_MONTHS,
        ),
        drawn_by("monthly"),
        "20.00",
    ),  # February: 10 of the fee, 90 - 20 of the term, and 20 are left of 100
    Case(
        "credits",
        "the parts of a service period draw in the month in which its first day is",
        life(
            version(
                charge(flat("70"), cadence={"interval": "week"}, ramp=[{"start": FEBRUARY, "price": flat("140")}]),
                since="2013-01-28",
                until="2013-02-04",
                credits=[{**CREDIT, "effective": days(FEBRUARY)}],
            ),
            months=TWO_MONTHS,
        ),
        drawn(),
        "0.00",
    ),
    Case(
        "3.4",
        "a term counts what was served of a fee that is billed after it",
        life(
            version(
                charge(flat("90"), cadence=QUARTER),
                until="2013-04-01",
                commitments=[minimum("300", ["fee"], until=MARCH, months=2)],
            ),
            months=Q1,
        ),
        billed_by_run("2013-02", "minimum"),
        "241.00",
    ),  # 59 of 90 days at 1
    Case(
        "3.4",
        "and one that a later version cuts counts its days alone",
        life(
            [
                version(charge(flat("31")), until=MARCH, commitments=[minimum("620", ["fee"], months=2)]),
                version(charge(flat("31")), number=2, since="2013-01-17", until=MARCH, known="2013-02-08"),
            ],
            months=TWO_MONTHS,
        ),
        billed_by_run("2013-02", "minimum"),
        "152.14",
    ),  # 620 x 16/59 - 16
    Case(
        "3.4",
        "a concession that gives back to a credit changes no term",
        life(
            version(
                usage_charge(per_unit("1")),
                until=MARCH,
                commitments=[minimum("150", ["usage"], months=2)],
                credits=[PREPAID],
            ),
            [used("2013-01-10", "80"), used("2013-02-10", "90"), used("2013-01-11", "10", late="2013-03-20")],
            months=Q1,
            credit_notes=[credit_note("2013-03-10", "usage", (FEBRUARY, MARCH))],
        ),
        drawn_by("minimum"),
        "0.00",
    ),
    Case(
        "2.8",
        "what is due once on the 31st is discounted under 30-day months",
        life(
            version(
                ONCE,
                discounts=[{"id": "half", "name": "half", "percent": "50", "effective": days()}],
                proration={"method": "thirty_day_months"},
            ),
            months=JANUARY,
        ),
        owed(),
        "50.00",
    ),
    Case("2.3", "a concession is of a service period with all its parts", CONCEDED, owed(since=FIRST), "160.00"),
    # 150 + 320 are owed, 310 were conceded
    Case(
        "3.1",
        "a part without usage owes no flat fee beside the groups of another part",
        life(
            [
                version(usage_charge({"model": "graduated", "tiers": TIERS}, group_by=["region"])),
                version(
                    usage_charge({"model": "graduated", "tiers": DEARER}, group_by=["region"]),
                    number=2,
                    since="2013-01-17",
                ),
            ],
            [used("2013-01-05", "5", region="eu")],
            months=JANUARY,
        ),
        owed(),
        "15.00",
    ),
    Case(
        "3.12",
        "a transaction of nothing is free with the free amount that it does not exceed",
        life(version(usage_charge(FREE)), [used("2013-01-05", "15"), used("2013-01-06", "0")], months=JANUARY),
        owed(),
        "0.00",
    ),
    Case(
        "2.1",
        "a one-off that a backdated version drops is not missed",
        life(
            [
                version(charge(flat("31")), ONCE),
                version(charge(flat("31")), number=2, since="2013-01-10"),
            ],
            months=TWO_MONTHS,
        ),
        billed_by_run("2013-02"),
        "31.00",
    ),
    Case(
        "2.3",
        "a credit note takes back what is left of a service period, also where a version has cut its line since",
        life(
            [
                version(charge(flat("310"))),
                version(charge(flat("620")), number=2, since="2013-01-16", known="2013-02-10"),
            ],
            months=Q1,
            credit_notes=[credit_note("2013-03-05", "fee", (FIRST, FEBRUARY), amount="310")],
        ),
        given_back(),
        "310.00",
    ),  # 150 + 320 are billed, and 150 of that on the line that January's invoice billed
    Case(
        "3.4",
        "a credit note that is billed again changes nothing that a term counts",
        life(
            version(usage_charge(per_unit("1")), commitments=[minimum("100", ["usage"], "2013-01-17", months=2)]),
            [used("2013-01-05", "20"), used("2013-01-20", "10"), used("2013-01-21", "5", late="2013-02-20")],
            months=Q1,
            credit_notes=[credit_note("2013-02-10", "usage", (FIRST, FEBRUARY), amount="10", rebill=True)],
        ),
        billed_by_run("2013-03", "minimum"),
        "85.00",
    ),  # 15 were used from the 17th on
    Case(
        "3.4",
        "nor does what a fee no longer draws of a credit that a version dropped",
        life(
            [
                version(charge(flat("10")), until=MARCH, commitments=[LEAST], credits=[{**CREDIT, "amount": "2"}]),
                version(charge(flat("10")), number=2, until=MARCH, known="2013-02-10", commitments=[LEAST]),
            ],
            months=Q1,
            credit_notes=[credit_note("2013-03-20", "fee", (FEBRUARY, MARCH), rebill=True)],
        ),
        billed_by_run("2013-03", "minimum"),
        "0.00",
    ),  # 100 - 10 - 10 are billed in February, and nothing changes
    Case(
        "revenue",
        "what a note takes back between a month's end and its run is not earned again by the month",
        life(
            version(charge(flat("100"))),
            months=Q1,
            credit_notes=[
                credit_note("2013-02-24", "fee", (FIRST, FEBRUARY), amount="40", rebill=True),
                credit_note("2013-03-02", "fee", (FIRST, FEBRUARY), rebill=True),
            ],
        ),
        earned_in("2013-02"),
        "100.00",
    ),  # February's own: of January's, 40 are taken back and earned again; 60 are in March
    Case(
        "revenue",
        "a credit note is of the month in which it is issued where the legal entity is",
        life(
            version(charge(flat("100")), time_zone="America/New_York"),
            months=Q1,
            credit_notes=[credit_note("2013-03-01", "fee", (FIRST, FEBRUARY), amount="70")],
        ),
        earned_in("2013-02"),
        "30.00",
    ),  # at midnight in UTC it is seven in the evening of 28 February in New York: 100 - 70
    Case(
        "revenue",
        "a discount is earned over the days that its fee has once a version cuts it",
        life(
            [
                version(
                    IN_ADVANCE, discounts=[{"id": "d", "name": "d", "amount": "31", "effective": days(FIRST, FEBRUARY)}]
                ),
                version(
                    {**IN_ADVANCE, "price": flat("180")},
                    number=2,
                    since=MARCH,
                    known="2013-02-10",
                    discounts=[{"id": "d", "name": "d", "amount": "31", "effective": days(FIRST, FEBRUARY)}],
                ),
            ],
            months=Q1,
        ),
        earned_in("2013-02"),
        "7.68",
    ),  # of 59 days at 1 less 31, 28.00 are earned by the end of February; (90 - 31) x 31/90 = 20.32 were by January's
    Case(
        "revenue",
        "a fee that waits for its invoice has all of a discount that usage may share",
        SHARED,
        earned_in("2013-01"),
        "58.56",
    ),  # (90 - 10) x 31/90 = 27.56, and January's own 31.00
    Case(
        "revenue",
        "a fee and its discount are rounded together, also where the discount changes alone",
        life(
            [
                version({**IN_ADVANCE, "price": flat("100")}, discounts=[{**HALF_OFF, "percent": "20"}]),
                version({**IN_ADVANCE, "price": flat("100")}, number=2, known="2013-02-10"),
            ],
            months=Q1,
        ),
        earned_in("2013-02"),
        "38.00",
    ),  # 100 x 59/90 = 65.56, and 80 x 31/90 = 27.56 by January's
]
