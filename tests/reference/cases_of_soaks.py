"""Right amounts that long runs of random lives showed to be wrong on one side: the smallest life of each kind."""

from decimal import Decimal

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
    FEBRUARY,
    FIRST,
    JANUARY,
    MARCH,
    Q1,
    Case,
    Question,
    billed_by_run,
    earned_in,
    minimum,
    owed,
)
from tests.reference.figures import Document

CHEAPER = life(
    [
        version(charge(flat("310"))),
        version(charge(flat("155")), number=2, since="2013-01-17", known="2013-03-01"),
    ],
    months=Q1,
    credit_notes=[credit_note("2013-03-02", "fee", (FIRST, FEBRUARY))],
)
RETRACTED = life(
    version(usage_charge(per_unit("1"))),
    [
        used("2013-01-10", "70"),
        used("2013-01-11", "30", id="wrong"),
        used("2013-01-11", "0", id="right", retracts="wrong", late="2013-03-01"),
    ],
    months=Q1,
    credit_notes=[credit_note("2013-03-02", "usage", (FIRST, FEBRUARY))],
)
PREPAID = {"id": "a", "name": "prepaid", "amount": "100", "effective": days(FIRST, "2013-06-01")}
GIFT = {"id": "b", "name": "gift", "amount": "40", "effective": days(FIRST, "2013-05-01"), "charges": ["fee"]}
ENDED = life(
    [
        version(charge(flat("90")), until="2013-04-01", credits=[PREPAID, GIFT]),
        version(charge(flat("90")), number=2, until="2013-02-01", known="2013-02-20", credits=[PREPAID, GIFT]),
    ],
    months=Q1,
)
SHORT = minimum("100", ["fee"], months=2)
CUT_SHORT = life(
    [
        version(charge(flat("10")), until="2013-04-01", commitments=[SHORT]),
        version(charge(flat("10")), number=2, until="2013-03-01", known="2013-04-10", commitments=[SHORT]),
    ],
    months=("2013-01", "2013-04"),
)
LEFT_OUT = life(
    [
        version(charge(flat("10")), commitments=[SHORT]),
        version(charge(flat("10")), number=2, known="2013-03-10"),
    ],
    months=Q1,
    credit_notes=[credit_note("2013-03-05", "minimum", (FIRST, "2013-03-01"), amount="30", kind="shortfall")],
)


def seats(price: str) -> Document:
    return charge(
        {"model": "seats", "seats": 1, "unit_price": price, "true_up": "high_water_mark"}, "seats", seats_meter="units"
    )


SEATS = life(
    [
        version(seats("31"), credits=[{**PREPAID, "amount": "46"}]),
        version(seats("62"), number=2, since="2013-01-17", credits=[{**PREPAID, "amount": "46"}]),
    ],
    [used(FIRST, "2")],
    months=JANUARY,
    meters=[meter("latest")],
)
OF_USAGE = minimum("100", ["usage"], months=2)
LESS_THAN_CONCEDED = life(
    version(usage_charge(per_unit("1")), commitments=[OF_USAGE]),
    [
        used("2013-01-10", "70"),
        used("2013-01-11", "30", id="wrong"),
        used("2013-01-11", "0", id="right", retracts="wrong", late="2013-02-20"),
    ],
    months=Q1,
    credit_notes=[credit_note("2013-02-10", "usage", (FIRST, FEBRUARY))],
)
FROM_THE_16TH = minimum("300", ["fee"], since="2013-01-16", months=2)
CUT_AFTER_CONCEDED = life(
    [
        version(charge(flat("100")), commitments=[FROM_THE_16TH]),
        version(charge(flat("124")), number=2, since="2013-01-16", known="2013-02-20", commitments=[FROM_THE_16TH]),
    ],
    months=Q1,
    credit_notes=[credit_note("2013-02-10", "fee", (FIRST, FEBRUARY))],
)


def conceded_shortfall(amount: str | None) -> Document:
    """20.00 used of 100.00 for two months; the 80.00 that are short are conceded, then 50.00 of usage come late."""
    return life(
        version(usage_charge(per_unit("1")), commitments=[OF_USAGE]),
        [used("2013-01-10", "20"), used("2013-01-11", "50", late="2013-03-20")],
        months=Q1,
        credit_notes=[credit_note("2013-03-05", "minimum", (FIRST, MARCH), amount=amount, kind="shortfall")],
    )


OFF_FEBRUARY = {"id": "coupon", "name": "coupon", "amount": "28", "effective": days(FEBRUARY, MARCH)}
INCLUSIVE = {"method": "actual_days_inclusive"}
QUARTER = charge(flat("180"), cadence={"interval": "quarter"})
CAPPED = life(
    version(
        yearly(flat("255")),
        charge(flat("378"), "monthly"),
        until="2013-04-19",
        caps=[{"id": "cap", "name": "cap", "amount": "194", "effective": days()}],
    ),
    months=Q1,
)


def drawn_of(credit: str, kind: str | None = None) -> Question:
    """Ask what is drawn of a credit, in all or by a kind of line."""
    return lambda answers, document: sum(
        (
            each.drawn.get(credit, Decimal(0))
            for slot, each in answers.owed(document).items()
            if kind in (None, slot.kind)
        ),
        Decimal("0.00"),
    )


SOAKS = [
    Case(
        "revenue",
        "what is not owed any more of a line that March concedes whole is taken back in February, whose run knows it",
        CHEAPER,
        earned_in("2013-02"),
        "80.00",
    ),  # February's own 155, and 160 + 75 - 310 of January's
    Case("revenue", "and March takes back the rest", CHEAPER, earned_in("2013-03"), "-80.00"),  # its 155, less 235
    Case(
        "revenue",
        "usage that is retracted before the run and conceded after its month's end is taken back in the month",
        RETRACTED,
        earned_in("2013-02"),
        "-30.00",
    ),
    Case(
        "revenue", "and what is left of it in the month of the credit note", RETRACTED, earned_in("2013-03"), "-70.00"
    ),
    Case(
        "credits",
        "the credit that expires first is drawn first, also where the contract ends before both",
        ENDED,
        drawn_of("b"),
        "40.00",
    ),
    Case(
        "credits",
        "committed seats draw before those above them, in any part of a month",
        SEATS,
        drawn_of("a", "charge"),
        "46.00",
    ),
    Case(
        "commitments",
        "what is billed of a term that a version leaves no day is given back",
        CUT_SHORT,
        billed_by_run("2013-04", "minimum"),
        "-40.82",
    ),  # 100 x 31/61 - 10 for March
    Case("commitments", "with the fee of March", CUT_SHORT, owed(), "100.00"),  # 20, and 80 for January and February
    Case(
        "commitments",
        "what is left of a term that a version does not state any more is given back",
        LEFT_OUT,
        billed_by_run("2013-03", "minimum"),
        "-50.00",
    ),  # 80, of which 30 are conceded
    Case(
        "commitments",
        "of usage that is conceded, then owes less, a term of two months counts what it owes",
        LESS_THAN_CONCEDED,
        billed_by_run("2013-02", "minimum"),
        "30.00",
    ),  # 100 - 70, whatever was conceded of the 100
    Case(
        "commitments",
        "of a fee that is conceded, then cut by a version, a term counts its own days by their price",
        CUT_AFTER_CONCEDED,
        billed_by_run("2013-03", "minimum"),
        "52.00",
    ),  # 300 - 124 x 16/31 - 124 - 124 x 15/31
    Case(
        "commitments",
        "of a term's shortfall that is conceded whole nothing is given back, though it turns out to be less",
        conceded_shortfall(None),
        billed_by_run("2013-03", "minimum"),
        "0.00",
    ),
    Case(
        "commitments",
        "of one that is conceded in part no more is given back than is left",
        conceded_shortfall("60"),
        billed_by_run("2013-03", "minimum"),
        "-20.00",
    ),  # 30 are short, all of them conceded: of 80 - 60 that are left, 20
    Case(
        "minimums",
        "one that ends on the 17th has sixteen days, also where the day on which terms end counts for fees",
        life(
            version(
                charge(flat("10")),
                commitments=[minimum("310", ["fee"], until="2013-01-17")],
                proration={"method": "actual_days_inclusive"},
            ),
            months=JANUARY,
        ),
        owed("minimum"),
        "154.84",
    ),  # 310 x 16/31 - 10 x 16/31
    Case(
        "waivers",
        "one that a version takes away on the 15th frees the 15th, where the day on which terms end counts",
        life(
            [
                version(
                    charge(flat("280")),
                    waivers=[{"id": "pause", "reason": "pause", "days": days(FEBRUARY, MARCH)}],
                    proration={"method": "actual_days_inclusive"},
                ),
                version(
                    charge(flat("280")),
                    number=2,
                    since="2013-02-15",
                    proration={"method": "actual_days_inclusive"},
                ),
            ],
            months=Q1,
        ),
        owed("fee", since=FEBRUARY),
        "130.00",
    ),  # 13 of 28 days
    Case(
        "discounts",
        "an amount for February is taken off 1 February, too, where the day on which January's price ends counts",
        life(
            [
                version(QUARTER | {"price": flat("90")}, discounts=[OFF_FEBRUARY], proration=INCLUSIVE),
                version(QUARTER, number=2, since=FEBRUARY, discounts=[OFF_FEBRUARY], proration=INCLUSIVE),
            ],
            months=Q1,
        ),
        owed("fee"),
        "122.00",
    ),  # 90 x 32/90 + 180 x 59/90 - 28
    Case(
        "caps",
        "a month's share that comes to half a cent by thirds is half a cent",
        CAPPED,
        billed_by_run("2013-03", "monthly"),
        "172.34",
    ),  # the year's 75.45 for 108 days: 90/108 are 62.875, 62.88 less 41.22 to the end of February; 194 - 21.66
]
