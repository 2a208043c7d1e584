"""What stays with the invoice that billed it, though a version that becomes known later states another month for it."""

from tests.reference.builders import charge, credit_note, flat, life, per_unit, usage_charge, used, version
from tests.reference.cases import FIRST, MARCH, Case, billed_by_run, earned_in, left
from tests.reference.cases_of_gaps import changes_timing
from tests.reference.figures import Document

QUARTER, THIRD_MONTH = (FIRST, "2013-04-01"), (MARCH, "2013-04-01")


HUNDRED = (credit_note("2013-02-06", "fee", QUARTER, amount="100"),)
"""100.00 of the first quarter are conceded, on the invoice that billed it in advance."""
INTO_ARREARS = changes_timing("in_advance", "in_arrears", since=FIRST, known="2013-02-20", notes=HUNDRED)
DEARER = changes_timing("in_advance", "in_arrears", since=FIRST, known="2013-02-20", amount="1200", notes=HUNDRED)
CHEAPER = changes_timing("in_advance", "in_arrears", since=FIRST, known="2013-02-20", amount="60", notes=HUNDRED)
BILLED_AGAIN = changes_timing(
    "in_advance",
    "in_arrears",
    since=FIRST,
    known="2013-02-20",
    notes=(credit_note("2013-02-06", "fee", QUARTER, amount="900", rebill=True),),
)
INTO_ADVANCE = changes_timing(
    "in_arrears",
    "in_advance",
    since=FIRST,
    known="2013-04-20",
    notes=(credit_note("2013-04-06", "fee", QUARTER, amount="100"),),
)


def goes_on(*notes: Document) -> Document:
    """Return a year in arrears that ended on 15 February, so that February billed 45 days of it; then it goes on."""
    versions = [
        version(charge(flat("365"), cadence={"interval": "year"}, until="2013-02-15")),
        version(charge(flat("365"), cadence={"interval": "year"}), number=2, known="2013-03-05"),
    ]
    return life(versions, months=("2013-01", "2013-12"), meters=[], credit_notes=list(notes))


GOES_ON = goes_on()
GOES_ON_CONCEDED = goes_on(credit_note("2013-03-04", "fee", (FIRST, "2014-01-01"), amount="5"))


def set_up(*notes: Document) -> Document:
    """Return a fee of 500.00 that was due on 10 January; later it is said to be due on 20 March."""
    versions = [
        version(charge({"model": "one_off", "amount": "500", "due_on": "2013-01-10"})),
        version(charge({"model": "one_off", "amount": "500", "due_on": "2013-03-20"}), number=2, known="2013-02-20"),
    ]
    return life(versions, months=("2013-01", "2013-04"), meters=[], credit_notes=list(notes))


SET_UP = set_up()
AGAIN_LATER = version(
    charge({"model": "one_off", "amount": "500", "due_on": "2013-05-20"}), number=3, known="2013-03-10"
)
SET_UP_CONCEDED = set_up(credit_note("2013-02-10", "fee", ("2013-01-10", "2013-01-11"), amount="100"))
SET_UP_TWICE = {**SET_UP_CONCEDED, "contracts": [*SET_UP_CONCEDED["contracts"], AGAIN_LATER]}
METERED_SINCE = life(
    [
        version(charge(flat("280"), timing="in_advance")),
        version(usage_charge(per_unit("1"), "fee"), number=2, since="2013-03-16", known="2013-03-18"),
    ],
    [used("2013-03-20", "7")],
    months=("2013-01", "2013-04"),
    credit_notes=[credit_note("2013-03-10", "fee", THIRD_MONTH, amount="100")],
)
BEGUN_EARLIER = life(
    [
        version(charge(flat("70"), since="2013-02-18", cadence={"interval": "week"}, timing="in_advance")),
        version(
            charge(flat("70"), since="2013-01-28", cadence={"interval": "week"}, timing="in_advance"),
            number=2,
            known="2013-03-18",
        ),
    ],
    months=("2013-01", "2013-03"),
    meters=[],
    credit_notes=[credit_note("2013-03-20", "fee", ("2013-02-25", "2013-03-04"), amount="30")],
)
"""Weeks of 70.00 since 18 February: February bills those up to March's last. Then they began on 28 January."""

MONTHS_IN_ARREARS = [
    version(charge(flat("310"), timing="in_advance")),
    version(charge(flat("310")), number=2, known="2013-02-20"),
]
"""January bills February, too, in advance; then the months are said to be in arrears, and February stays there."""
QUARTERS_NOW = life(
    [
        *MONTHS_IN_ARREARS,
        version(
            charge(flat("890"), cadence={"interval": "quarter", "anchor": "2013-02-01"}), number=3, known="2013-03-20"
        ),
    ],
    months=("2013-01", "2013-05"),
    meters=[],
)
ENDED_EARLIER = life(
    [
        version(charge(flat("900"), cadence={"interval": "quarter"})),
        version(charge(flat("900"), cadence={"interval": "quarter"}), number=2, until="2013-02-10", known="2013-04-20"),
    ],
    months=("2013-01", "2013-05"),
    meters=[],
    credit_notes=[credit_note("2013-04-10", "fee", QUARTER, amount="100")],
)
"""A quarter in arrears of which 100.00 are conceded; then the contract turns out to have ended on 10 February."""

MOVES: list[Case] = [
    Case(
        "2.1",
        "a quarter that was billed in advance stays billed where a version says that it always was in arrears",
        INTO_ARREARS,
        billed_by_run("2013-02"),
        "0.00",
    ),
    Case(
        "2.1",
        "its last month does not bill it again, nor what a credit note conceded of it",
        INTO_ARREARS,
        billed_by_run("2013-03"),
        "0.00",  # 900 - 100 conceded - 800 billed; billed again at home in March it came to 1,000 in all
    ),
    Case("2.1", "of it 800.00 are left", INTO_ARREARS, left("fee", "2013-04-04T00:00:00Z"), "800.00"),
    Case("2.1", "the next quarter is billed when it is over", INTO_ARREARS, billed_by_run("2013-06"), "900.00"),
    Case(
        "2.1",
        "its first month earned 310.00, and 34.44 of what was conceded of them are taken back in the month of the note",
        INTO_ARREARS,
        earned_in("2013-02"),
        "214.44",  # 800 x 59/90 = 524.44, less 310
    ),
    Case("2.1", "dearer, only what it is dearer is billed", DEARER, billed_by_run("2013-02"), "300.00"),
    Case(
        "2.1",
        "cheaper than what was conceded of it, all that is left of it is given back",
        CHEAPER,
        billed_by_run("2013-02"),
        "-800.00",  # 60 - 60 conceded - 800 billed
    ),
    Case(
        "2.1",
        "one that a credit note took back to be billed again is billed when it is due",
        BILLED_AGAIN,
        billed_by_run("2013-03"),
        "900.00",
    ),
    Case("2.1", "and not before", BILLED_AGAIN, billed_by_run("2013-02"), "0.00"),
    Case(
        "2.1",
        "a quarter that was billed in arrears stays with that invoice where a version says in advance",
        INTO_ADVANCE,
        billed_by_run("2013-04"),
        "900.00",  # the second quarter, which is due since March; of the first nothing
    ),
    Case("2.1", "and June bills the third ahead", INTO_ADVANCE, billed_by_run("2013-06"), "900.00"),
    Case("2.1", "800.00 of the first are left", INTO_ADVANCE, left("fee", "2013-05-01T00:00:00Z"), "800.00"),
    Case(
        "2.1",
        "a year in arrears that had ended and goes on is billed when it is over",
        GOES_ON,
        billed_by_run("2013-03"),
        "-45.00",  # the 45 days that February billed
    ),
    Case("2.1", "and then whole", GOES_ON, billed_by_run("2013-12"), "365.00"),
    Case(
        "2.1",
        "one of which something was conceded stays with its invoice, and the rest is billed at once",
        GOES_ON_CONCEDED,
        billed_by_run("2013-03"),
        "320.00",  # 365 - 5 - 40
    ),
    Case("2.1", "a one-off fee that is due later is taken back", SET_UP, billed_by_run("2013-02"), "-500.00"),
    Case("2.1", "and billed when it is due", SET_UP, billed_by_run("2013-03"), "500.00"),
    Case(
        "2.1",
        "one of which something was conceded stays with its invoice",
        SET_UP_CONCEDED,
        billed_by_run("2013-02"),
        "0.00",
    ),
    Case("2.1", "and is not billed again", SET_UP_CONCEDED, billed_by_run("2013-03"), "0.00"),
    Case("2.1", "of it 400.00 are left", SET_UP_CONCEDED, left("fee"), "400.00"),
    Case(
        "2.1",
        "what was earned of it on 10 January is earned on 20 March",
        SET_UP_CONCEDED,
        earned_in("2013-02"),
        "-500.00",
    ),
    Case(
        "2.1",
        "a month that was billed in advance and is metered from the 16th keeps what was conceded of its fee",
        METERED_SINCE,
        billed_by_run("2013-03"),
        "-137.52",  # 280 x 15/31 + 7 - 100 = 42.48, less the 180 that are left of 280
    ),
    Case(
        "2.1",
        "weeks stay with the month that billed them where their charge turns out to have begun before",
        BEGUN_EARLIER,
        billed_by_run("2013-03"),
        "560.00",  # three weeks before the 18th, and the five of April; nothing of the 40 that are left of the second
    ),
    Case(
        "2.1",
        "a quarter stays with its invoice, and what was conceded of it conceded, where the contract was over by then",
        ENDED_EARLIER,
        billed_by_run("2013-04"),
        "-500.00",  # 900 x 40/90 = 400, less 100 conceded, less the 800 that are left
    ),
    Case("2.1", "and nothing more comes of it", ENDED_EARLIER, billed_by_run("2013-05"), "0.00"),
    Case(
        "2.1",
        "a one-off fee that stays is not billed again where its day moves once more",
        SET_UP_TWICE,
        billed_by_run("2013-03"),
        "0.00",
    ),
    Case("2.1", "nor in the month after", SET_UP_TWICE, billed_by_run("2013-04"), "0.00"),
    Case(
        "2.1",
        "a quarter that takes the place of a month that stays is billed when it is over: its months are given back",
        QUARTERS_NOW,
        billed_by_run("2013-03"),
        "-320.11",  # of the quarter since November 890 x 31/92 = 299.89 for January, less 620
    ),
    Case("2.1", "and it is billed in April", QUARTERS_NOW, billed_by_run("2013-04"), "890.00"),
]
