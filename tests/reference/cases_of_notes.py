"""Right amounts of what credit notes take back of revenue: each is rounded by itself, and takes off its own days."""

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
from tests.reference.cases import FEBRUARY, FIRST, MARCH, Q1, Case, earned_in, given_back, left, minimum, owed
from tests.reference.figures import Document

YEAR, QUARTER = (FIRST, "2014-01-01"), (FIRST, "2013-04-01")


def noted(*notes: Document, known: str | None = None) -> Document:
    """A year of 1.00 a day, of 2.00 a day from February on, with credit notes."""
    return life(
        [
            version(yearly(flat("365"))),
            version(yearly(flat("730")), number=2, since=FEBRUARY, known=known),
        ],
        months=Q1,
        credit_notes=list(notes),
    )


TO_BE_BILLED_AGAIN = noted(
    *(credit_note(f"2013-02-{day}", "fee", YEAR, amount="0.40", rebill=True) for day in (10, 11)), known="2013-02-20"
)
"""By the end of February each takes back 0.40 x 59/365 = 0.06 and both are billed again, as 0.12 and not as 0.13."""
OF_TWO_PARTS = noted(credit_note("2013-02-10", "fee", YEAR, amount="41"))
"""Of January's part all of its 31.00, and 10.00 of the 334 days that are left."""
OF_DAYS_TWICE = life(
    [
        version(yearly(flat("365"))),
        version(yearly(flat("730")), number=2, since="2013-02-15", known="2013-02-20"),
    ],
    months=Q1,
    credit_notes=[
        credit_note("2013-02-10", "fee", YEAR, amount="4.00", days=days("2013-02-24", "2013-02-28")),
        credit_note("2013-03-10", "fee", YEAR, days=days("2013-02-26", "2013-02-28")),
    ],
)
"""Both are of days that a later version prices anew: of 2 x 2.00, 2 x 1.00 are given back already."""
BEYOND_THE_TERM = life(
    [
        version(charge(flat("280"), timing="in_advance"), commitments=[minimum("590", ["fee"], months=2)]),
        version(charge(flat("560"), timing="in_advance"), number=2, since="2013-02-20", known="2013-02-18"),
    ],
    months=Q1,
    credit_notes=[
        credit_note(
            "2013-02-16", "fee", (FEBRUARY, MARCH), amount="5", rebill=True, days=days("2013-02-25", "2013-02-26")
        )
    ],
)
"""Ten a day are committed up to the 20th, when a version without the term begins: 500 of 280 + 19 x 10."""

ENDED_BEFORE = life(
    [
        version(usage_charge(per_unit("1")), until=MARCH, commitments=[minimum("90", ["usage"], months=3)]),
        version(
            usage_charge(per_unit("1")),
            number=2,
            until="2013-01-31",
            known="2013-02-26",
            commitments=[minimum("90", ["usage"], months=3)],
        ),
    ],
    months=Q1,
    credit_notes=[
        credit_note("2013-03-10", "minimum", (FIRST, "2013-04-01"), kind="shortfall", amount="12", rebill=True)
    ],
)
"""Ninety for 90 days; by March it is known that the contract ended after 30 of them, and February's invoice says so."""

SHORTFALL_CONCEDED = life(
    version(usage_charge(per_unit("1")), commitments=[minimum("90", ["usage"], until=MARCH, months=2)]),
    [used("2013-01-10", "10", late="2013-03-20")],
    months=("2013-01", "2013-04"),
    credit_notes=[credit_note("2013-04-02", "minimum", (FIRST, MARCH), kind="shortfall")],
)
"""Ninety are billed in February and conceded on 2 April; the run of March, on the 3rd, knows that only 80 were owed."""
FOR_DAYS = life(
    version(usage_charge(per_unit("1")), commitments=[minimum("90", ["usage"], months=3)], until="2013-04-01"),
    months=("2013-01", "2013-04"),
    credit_notes=[
        credit_note("2013-04-05", "minimum", QUARTER, kind="shortfall", days=days(FIRST, "2013-01-31")),
        credit_note("2013-04-06", "minimum", QUARTER, kind="shortfall", days=days("2013-01-16", "2013-02-15")),
    ],
)
"""Ninety for 90 days; the first thirty are given back, then thirty of which the first fifteen have been."""
FOR_DAYS_BILLED_AGAIN = life(
    version(usage_charge(per_unit("1")), commitments=[minimum("90", ["usage"], months=3)], until="2013-05-01"),
    months=("2013-01", "2013-04"),
    credit_notes=[
        credit_note("2013-04-05", "minimum", QUARTER, kind="shortfall", days=days(FIRST, "2013-01-31"), rebill=True),
        credit_note("2013-05-06", "minimum", QUARTER, kind="shortfall", days=days(FIRST, "2013-01-31")),
    ],
)
"""Thirty of ninety are given back, to be billed again, and April bills them again; then they are conceded."""
NOT_STATED_ANY_MORE = life(
    [
        version(usage_charge(per_unit("1")), commitments=[minimum("90", ["usage"], until=MARCH, months=2)]),
        version(usage_charge(per_unit("1")), number=2, known="2013-03-25"),
    ],
    months=("2013-01", "2013-04"),
    credit_notes=[credit_note("2013-04-02", "minimum", (FIRST, MARCH), kind="shortfall")],
)

NOTES: list[Case] = [
    Case(
        "2.4",
        "days of a shortfall that were given back and billed again are given back once more",
        FOR_DAYS_BILLED_AGAIN,
        given_back(),
        "60.00",
    ),
    Case(
        "2.4",
        "of a shortfall of several months some days are given back, each once",
        FOR_DAYS,
        given_back(),
        "45.00",  # 30 + 15
    ),
    Case(
        "revenue",
        "what a conceded shortfall does not owe any more, the month takes back whose run knows that",
        SHORTFALL_CONCEDED,
        earned_in("2013-03"),
        "0.00",  # 10 of usage, 10 less of the shortfall
    ),
    Case(
        "revenue",
        "and the month of the credit note the rest",
        SHORTFALL_CONCEDED,
        earned_in("2013-04"),
        "-80.00",
    ),
    Case(
        "revenue",
        "of a conceded commitment that is not stated any more it takes back all",
        NOT_STATED_ANY_MORE,
        earned_in("2013-03"),
        "-90.00",
    ),
    Case("revenue", "and the credit note nothing", NOT_STATED_ANY_MORE, earned_in("2013-04"), "0.00"),
    Case(
        "commitments",
        "what is taken back of a shortfall to be billed again is billed again, though nothing is in force by then",
        ENDED_BEFORE,
        left("minimum"),
        "30.00",
    ),
    Case(
        "commitments",
        "what a credit note takes back of days after a term, and is billed again, the term counts as before",
        BEYOND_THE_TERM,
        owed("minimum"),
        "30.00",
    ),
    Case(
        "revenue",
        "what two credit notes take back to be billed again is earned again in full",
        TO_BE_BILLED_AGAIN,
        earned_in("2013-02"),
        "56.00",
    ),
    Case("revenue", "and the month after earns its own", TO_BE_BILLED_AGAIN, earned_in("2013-03"), "62.00"),
    Case(
        "revenue",
        "a credit note that names no days takes each part back over its own",
        OF_TWO_PARTS,
        earned_in("2013-02"),
        "24.16",
    ),  # 56.00 - 31.00 - 10 x 28/334
    Case(
        "credit notes",
        "a credit note for days takes what earlier ones left of them, though a version has cut the year since",
        OF_DAYS_TWICE,
        owed(),
        "679.00",
    ),  # 45 + 2 x 320 - 4 - 2
    Case("revenue", "and the rest of it day by day", OF_TWO_PARTS, earned_in("2013-03"), "61.07"),  # 62 - (1.77 - 0.84)
]
