"""Right amounts of what is rounded once for several lines, and of what is conceded of a part that is gone."""

from tests.reference.builders import charge, credit_note, days, flat, life, per_unit, usage_charge, used, version
from tests.reference.cases import FEBRUARY, FIRST, JANUARY, Case, minimum, owed

TWO_MONTHS = ("2013-01", "2013-02")
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

ROUNDING = [
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
]
