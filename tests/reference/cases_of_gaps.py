"""Terms that a month has on some days, then not, then again, or that a version changes; and trials of a capacity."""

from typing import Any

from tests.reference.builders import charge, days, flat, life, per_unit, usage_charge, used, version
from tests.reference.cases import JANUARY, Case, billed_by_run, earned_in, minimum, owed
from tests.reference.figures import Document

FEBRUARY_RUN, TO_MARCH = ("2013-02", "2013-02"), ("2013-02", "2013-03")
SINCE, STOPS, BEGINS_AGAIN = "2013-02-01", "2013-02-11", "2013-02-15"
"""The contract is in force on ten days of February, and again on its last fourteen: on 24 of 28."""
TRIAL = {"id": "trial", "reason": "trial", "days": days("2013-01-01", "2013-01-15")}
FROM_THE_15TH = "2013-01-15"
USAGE = usage_charge(per_unit("1"))


def with_a_gap(
    *used_: Document, months: tuple[str, str] = FEBRUARY_RUN, later: str | None = None, **takes: str
) -> Document:
    """Return a contract with a term that takes something off, whose amount a version after the gap may change."""
    kind = "caps" if takes.pop("kind", "") == "cap" else "discounts"
    term = {"id": "term", "name": "term", "effective": days(SINCE), **takes}
    before: Document = {kind: [term]}
    after: Document = {kind: [{**term, "amount": later or takes["amount"]}]}
    return life(
        [
            version(USAGE, since=SINCE, until=STOPS, **before),
            version(USAGE, number=2, since=BEGINS_AGAIN, **after),
        ],
        used_,
        months=months,
    )


def capacity(**terms: Any) -> Document:
    price = {"model": "capacity", "tiers": [{"limits": {}, "amount": "310"}]}
    return life(version(charge(price, "plan"), waivers=[TRIAL], **terms), months=JANUARY, meters=[])


GROWN = with_a_gap(
    used("2013-02-05", "5"),
    used("2013-02-20", "230"),
    used("2013-02-06", "100", late="2013-03-10"),
    months=TO_MARCH,
    amount="28",
    later="56",
)

TOPPED_UP = life(
    [
        version(USAGE, credits=[{"id": "paid", "name": "paid", "amount": "100", "effective": days()}]),
        version(
            USAGE,
            number=2,
            since="2013-03-01",
            credits=[{"id": "paid", "name": "paid", "amount": "300", "effective": days()}],
        ),
    ],
    [
        used("2013-01-10", "80"),
        used("2013-02-10", "50"),
        used("2013-03-10", "150"),
        used("2013-02-11", "40", late="2013-04-10"),
    ],
    months=("2013-01", "2013-04"),
)


def changes_timing(
    *timings: str,
    amount: str = "900",
    since: str = "2013-02-15",
    known: str = "2013-02-20",
    until: str = "2013-06",
    notes: tuple[Document, ...] = (),
) -> Document:
    """Return a fee of 900.00 a quarter that a version bills by another timing, at another amount."""
    first, second = (
        charge(flat(price), cadence={"interval": "quarter"}, timing=timing)
        for price, timing in zip(("900", amount), timings, strict=True)
    )
    versions = [version(first), version(second, number=2, since=since, known=known)]
    return life(versions, months=("2013-01", until), meters=[], credit_notes=list(notes))


TO_ARREARS = changes_timing("in_advance", "in_arrears")
TO_ADVANCE = changes_timing("in_arrears", "in_advance")
IN_ADVANCE_FROM_JULY = changes_timing(
    "in_arrears", "in_advance", since="2013-07-01", known="2013-01-20", until="2013-02"
)


def metered_from_the_16th(known: str | None) -> Document:
    return life(
        [
            version(charge(flat("280"), timing="in_advance")),
            version(usage_charge(per_unit("1"), "fee"), number=2, since="2013-03-16", known=known),
        ],
        [used("2013-03-20", "7"), used("2013-04-20", "9")],
        months=("2013-01", "2013-04"),
    )


METERED_FROM_THE_16TH = metered_from_the_16th("2013-03-18")
IN_ADVANCE_FROM_THE_16TH = life(
    [
        version(usage_charge(per_unit("1"), "fee")),
        version(charge(flat("280"), "fee", timing="in_advance"), number=2, since="2013-03-16", known="2013-03-18"),
    ],
    [used("2013-03-05", "3")],
    months=("2013-01", "2013-03"),
)

GAPS: list[Case] = [
    Case(
        "2.1",
        "a month that is in advance, from the 16th in arrears and dearer, is billed in advance whole",
        life(
            [
                version(charge(flat("100"), timing="in_advance")),
                version(charge(flat("130")), number=2, since="2013-02-16"),
            ],
            months=("2013-01", "2013-02"),
            meters=[],
        ),
        billed_by_run("2013-01"),
        "213.93",  # January's 100, and for February 100 x 15/28 + 130 x 13/28 = 53.57 + 60.36
    ),
    Case(
        "2.1",
        "a quarter that was billed in advance is not taken back where a version bills in arrears from within it",
        TO_ARREARS,
        billed_by_run("2013-02"),
        "0.00",  # not -900 in February and 900 in March
    ),
    Case("2.1", "nor billed again in its last month", TO_ARREARS, billed_by_run("2013-03"), "0.00"),
    Case("2.1", "and the next one is billed when it is over", TO_ARREARS, billed_by_run("2013-06"), "900.00"),
    Case(
        "2.1",
        "dearer from then on, only what it is dearer is billed",
        changes_timing("in_advance", "in_arrears", amount="1800"),
        billed_by_run("2013-02"),
        "450.00",  # 900 x 45/90 + 1,800 x 45/90 = 450 + 900, less 900
    ),
    Case(
        "2.1",
        "a quarter that began in arrears stays so where a version bills in advance from within it",
        TO_ADVANCE,
        billed_by_run("2013-02"),
        "0.00",
    ),
    Case("2.1", "its last month bills it, and the next one ahead", TO_ADVANCE, billed_by_run("2013-03"), "1800.00"),
    Case("2.1", "whose own last month bills the third", TO_ADVANCE, billed_by_run("2013-06"), "900.00"),
    Case(
        "2.1",
        "a quarter in arrears is earned by days, though it is known that later ones are billed in advance",
        IN_ADVANCE_FROM_JULY,
        earned_in("2013-01"),
        "310.00",  # 900 x 31/90
    ),
    Case(
        "2.1",
        "a month that was billed in advance, and is metered from the 16th, is billed once it is over",
        METERED_FROM_THE_16TH,
        billed_by_run("2013-03"),
        "-137.52",  # 280 x 15/31 + 7 = 135.48 + 7, less 280; nothing of the 7 is lost
    ),
    Case(
        "2.1",
        "where that was known before, it is not billed in advance, and holds no invoice",
        metered_from_the_16th(None),
        billed_by_run("2013-03"),
        "142.48",
    ),
    Case("2.1", "and the next one is metered alone", METERED_FROM_THE_16TH, billed_by_run("2013-04"), "9.00"),
    Case(
        "2.1",
        "a month that is metered, and in advance from the 16th, is billed with the next one",
        IN_ADVANCE_FROM_THE_16TH,
        billed_by_run("2013-03"),
        "427.52",  # 3 + 280 x 16/31 = 3 + 144.52, and April's 280
    ),
    Case(
        "caps",
        "one of 280.00 has 240.00 for the 24 days on which it holds, whichever of them the usage is of",
        with_a_gap(used("2013-02-05", "230"), kind="cap", amount="280"),
        owed(),
        "230.00",  # below 280 x 24/28 = 240; by its own stretch of ten days, 130 of it would be above 100
    ),
    Case(
        "discounts",
        "one of 2.80 has 2.40 for the 24 days on which it holds",
        with_a_gap(used("2013-02-05", "1.50"), amount="2.80"),
        owed(),
        "0.00",  # 1.50 of 2.40; by each stretch of days, 1.00 of them would be taken
    ),
    Case(
        "discounts",
        "one whose amount changes in the gap is two, each for its own days",
        GROWN,
        billed_by_run("2013-02"),
        "202.00",  # 28 x 10/28 = 10, of which 5 are there; 56 x 14/28 = 28: 235 - 33
    ),
    Case(
        "discounts",
        "and late usage of the days of the first takes the rest of its amount",
        GROWN,
        billed_by_run("2013-03"),
        "95.00",  # 100, less the 5 that were not there in February
    ),
    Case("waivers", "a capacity is free on the days of a trial", capacity(), owed(), "170.00"),  # 310 x 17/31
    Case(
        "waivers",
        "and a percentage from the 15th is of the days that are billed",
        capacity(discounts=[{"id": "off", "name": "off", "percent": "20", "effective": days(FROM_THE_15TH)}]),
        owed(),
        "136.00",  # 170 x 80 %
    ),
    Case(
        "minimums",
        "one of 310.00 from the 15th counts all that is billed of a capacity that a trial frees before",
        capacity(commitments=[minimum("310", ["plan"], FROM_THE_15TH)]),
        owed(kind="shortfall"),
        "0.00",  # 310 x 17/31 = 170 are committed, and 170 billed
    ),
    Case(
        "credits",
        "one that a version tops up in March pays February's usage as it was stated then",
        TOPPED_UP,
        billed_by_run("2013-02"),
        "30.00",  # 100 - 80 = 20 of 50
    ),
    Case(
        "credits",
        "and March's as it is stated now, less all that was drawn",
        TOPPED_UP,
        billed_by_run("2013-03"),
        "0.00",  # 300 - 100 = 200 for 150
    ),
    Case(
        "credits",
        "and usage of February that comes late draws what it would have drawn in time",
        TOPPED_UP,
        billed_by_run("2013-04"),
        "40.00",  # nothing of 100 was left in February
    ),
]
