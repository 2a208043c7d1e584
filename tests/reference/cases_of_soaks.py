"""Right amounts that long runs of random lives showed to be wrong on one side: the smallest life of each kind."""

from decimal import Decimal

from tests.reference.builders import charge, credit_note, days, flat, life, per_unit, usage_charge, used, version
from tests.reference.cases import FEBRUARY, FIRST, Q1, Case, Question, earned_in

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


def drawn_of(credit: str) -> Question:
    """Ask what is drawn of a credit."""
    return lambda answers, document: sum(
        (each.drawn.get(credit, Decimal(0)) for each in answers.owed(document).values()), Decimal("0.00")
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
]
