"""Right revenue of fees that were conceded and whose terms then changed, or changed before: no month is below zero."""

from tests.reference.builders import charge, credit_note, days, flat, life, version, yearly
from tests.reference.cases import FEBRUARY, FIRST, MARCH, Q1, Case, earned_in, owed
from tests.reference.figures import Document

YEAR, QUARTER = (FIRST, "2014-01-01"), (FIRST, "2013-04-01")


def quarterly(amount: str) -> Document:
    return charge(flat(amount), cadence={"interval": "quarter"}, timing="in_advance")


def noted(before: Document, after: Document, *notes: Document, until: str = "2013-03") -> Document:
    return life([version(before), after], months=("2013-01", until), credit_notes=list(notes))


ENDED = noted(
    quarterly("300"),
    version(quarterly("300"), number=2, until=FEBRUARY, known="2013-02-20"),
    credit_note("2013-02-10", "fee", QUARTER, amount="90"),
)
"""90.00 of a quarter of 300.00 are conceded; then the contract turns out to have ended in January: 103.33 are owed."""
MORE_THAN_ITS_PART = noted(
    quarterly("300"),
    version(quarterly("600"), number=2, since=FEBRUARY, known="2013-02-20"),
    credit_note("2013-02-10", "fee", QUARTER, amount="200"),
)
"""January owes 103.33 of the 200.00 that are conceded, the 59 days after it 96.67 of their 393.33."""
UPGRADED = [
    version(yearly(flat("365"))),
    version(yearly(flat("730")), number=2, since="2013-02-15", known="2013-02-20"),
]
GIVEN_BACK = life(UPGRADED, months=Q1, credit_notes=[credit_note("2013-03-10", "fee", YEAR)])
"""A year of 1.00 a day, of 2.00 from 15 February: 45.00 and 640.00 are billed, and all of it is given back in March."""
GIVEN_BACK_IN_PART = life(UPGRADED, months=Q1, credit_notes=[credit_note("2013-03-10", "fee", YEAR, amount="145")])
"""Of 145.00 the first part has 45.00; 100.00 are of the 320 days of the second."""
FREE_BY_THEN = noted(
    yearly(flat("365")),
    version(yearly(flat("0")), number=2, since=FEBRUARY, known="2013-02-16"),
    credit_note("2013-03-12", "fee", YEAR, amount="7"),
    until="2013-04",
)
"""The year is free from February on, before 7.00 of January's 31.00 are given back."""
DAYS_NOT_OWED = noted(
    yearly(flat("365")),
    version(yearly(flat("365")), number=2, until=FEBRUARY, known="2013-02-20"),
    credit_note("2013-02-10", "fee", YEAR, days=days(MARCH, "2013-03-11")),
)
"""Ten days of March are given back of a year that then turns out to have ended in January: 31.00 are owed."""
DAYS_OWED_ELSEWHERE = noted(
    yearly(flat("365")),
    version(yearly(flat("730")), number=2, since=FEBRUARY, known="2013-02-20"),
    credit_note("2013-02-10", "fee", YEAR, days=days(MARCH, "2013-03-11")),
)
"""Ten days of March are given back, which another version prices then: they are still owed, at 2.00 a day."""


def earned_by(method: str, *notes: Document, then: str | None = None) -> Document:
    """Return a quarter of 900.00 in advance that is earned in a way, from 15 February maybe in another."""
    first, second = (
        charge(flat("900"), cadence={"interval": "quarter"}, timing="in_advance", recognition={"method": name})
        for name in (method, then or method)
    )
    versions = [version(first), version(second, number=2, since="2013-02-15", known="2013-02-20")]
    return life(versions, months=Q1, credit_notes=list(notes))


OF_JANUARY = credit_note("2013-02-05", "fee", QUARTER, amount="50", days=days(FIRST, "2013-01-11"))
"""50.00 of the 100.00 for the first ten days of a quarter of 900.00."""

CONCESSIONS: list[Case] = [
    Case(
        "revenue",
        "days that were given back while the fee was not earned by days are earned back once it is",
        earned_by("as_incurred", OF_JANUARY, then="straight_line_days"),
        earned_in("2013-01", "2013-02"),
        "540.00",  # 900 x 59/90 - 50
    ),
    Case("revenue", "a concession of a fee that then ends sooner is earned back with it", ENDED, owed(), "13.33"),
    Case("revenue", "in the month in which the end is known", ENDED, earned_in("2013-02"), "-90.00"),
    Case("revenue", "and nothing more a month later", ENDED, earned_in("2013-03"), "0.00"),
    Case(
        "revenue",
        "what a concession takes beyond its part is earned back over the other part's days",
        MORE_THAN_ITS_PART,
        earned_in("2013-01", "2013-02"),
        "140.79",
    ),  # 393.33 x 28/59 = 186.67, less 96.67 x 28/59 = 45.88; January's part owes nothing
    Case(
        "revenue",
        "a line that is given back with what a version billed in place of it earns nothing any more",
        GIVEN_BACK,
        earned_in("2013-03"),
        "-73.00",
    ),  # 45.00 + 14 x 2.00 were earned by the end of February
    Case(
        "revenue",
        "what is given back of a line beyond its part is earned back over the other part's days",
        GIVEN_BACK_IN_PART,
        earned_in("2013-03"),
        "2.94",
    ),  # 45 x 2.00 - 100 x 45/320 = 75.94 are earned by the end of March, 73.00 were by February's
    Case(
        "revenue",
        "a credit note after an amendment is earned back over the days that the line has by then",
        FREE_BY_THEN,
        earned_in("2013-03"),
        "-7.00",
    ),
    Case("revenue", "and nothing of it later", FREE_BY_THEN, earned_in("2013-04"), "0.00"),
    Case(
        "revenue",
        "days that were given back and are not owed any more come off the days that are",
        DAYS_NOT_OWED,
        earned_in("2013-02"),
        "-10.00",
    ),
    Case(
        "revenue",
        "days that were given back and are still owed stay the days of the credit note",
        DAYS_OWED_ELSEWHERE,
        earned_in("2013-02"),
        "56.00",
    ),  # 28 x 2.00
    Case("revenue", "and come off when they come", DAYS_OWED_ELSEWHERE, earned_in("2013-03"), "52.00"),
    Case(
        "revenue",
        "a concession of days of a fee that is earned as incurred takes nothing back before that is earned",
        earned_by("as_incurred", OF_JANUARY),
        earned_in("2013-02"),
        "0.00",
    ),  # not -50.00: nothing is earned by the end of February
    Case(
        "revenue",
        "and comes off it then",
        earned_by("as_incurred", OF_JANUARY),
        earned_in("2013-03"),
        "850.00",
    ),
    Case(
        "revenue",
        "one of days of a fee that is earned by months is earned back by months",
        earned_by("straight_line_months", OF_JANUARY),
        earned_in("2013-02"),
        "266.67",
    ),  # (900 - 50) x 2/3, 600.00 - 33.33, less January's 300.00
    Case(
        "revenue",
        "a fee that is earned as incurred from 15 February on has earned nothing by its end",
        earned_by("straight_line_days", then="as_incurred"),
        earned_in("2013-02"),
        "-310.00",
    ),  # what January earned, 900 x 31/90
    Case(
        "revenue",
        "one that is earned by days from then on what its days come to",
        earned_by("as_incurred", then="straight_line_days"),
        earned_in("2013-02"),
        "590.00",
    ),  # 900 x 59/90
    Case(
        "revenue",
        "and what was conceded of its days before comes off it when it is earned",
        earned_by("straight_line_days", OF_JANUARY, then="as_incurred"),
        earned_in("2013-03"),
        "850.00",
    ),
]
