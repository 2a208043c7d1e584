"""Right amounts where a contract ends: what random lives showed to be wrong on one side there, the smallest of each."""

from typing import Any

from tests.reference.builders import charge, days, flat, life, version
from tests.reference.cases import FEBRUARY, JANUARY, Q1, Case, minimum, owed
from tests.reference.figures import Document

INCLUSIVE = {"method": "actual_days_inclusive"}
MIDDLE = "2013-02-15"
KEPT = charge(flat("280"), timing="in_advance", refund="none")
"""Ten a day of February, which is kept whole when the contract ends on the 8th."""


def free(since: str) -> Document:
    return {"id": "pause", "reason": "pause", "days": days(since, "2013-04-01")}


def ended(**terms: Any) -> Document:
    return life(version(KEPT, until="2013-02-08", **terms), months=Q1)


ENDS: list[Case] = [
    Case(
        "commitments",
        "a term that ends with the contract on the 17th counts sixteen days of a fee of seventeen",
        life(
            version(
                charge(flat("310")),
                until="2013-01-17",
                commitments=[minimum("1180", ["fee"], months=2)],
                proration=INCLUSIVE,
            ),
            months=JANUARY,
        ),
        owed("minimum"),
        "160.00",
    ),  # 1,180 x 16/59 - 170 x 16/17
    Case(
        "waivers",
        "one that begins after the contract's end frees its days of a fee that is kept beyond it",
        ended(waivers=[free(MIDDLE)]),
        owed(since=FEBRUARY),
        "140.00",
    ),  # 14 of 28 days
    Case(
        "waivers",
        "one frees them, too, where another version follows the contract's end in another month",
        life(
            [
                version(KEPT, until="2013-02-08", waivers=[free(MIDDLE)]),
                version(KEPT, number=2, since="2013-03-10"),
            ],
            months=Q1,
        ),
        owed(since=FEBRUARY),
        "140.00",
    ),  # as above: the first version's waiver frees nothing from 10 March on
    Case(
        "discounts",
        "a percentage that begins after the contract's end is taken of a fee that is kept beyond it",
        ended(discounts=[{"id": "half", "name": "half", "percent": "50", "effective": days(MIDDLE)}]),
        owed(since=FEBRUARY),
        "210.00",
    ),  # 140, and half of 140
    Case(
        "discounts",
        "an amount that begins after the contract's end is not",
        ended(discounts=[{"id": "off", "name": "off", "amount": "28", "effective": days(MIDDLE)}]),
        owed(since=FEBRUARY),
        "280.00",
    ),
]
