"""Right amounts where an order decides: of the lines that fill a cap and draw a credit, and of the runs."""

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
    A_YEAR,
    FEBRUARY,
    FIRST,
    JANUARY,
    MARCH,
    Answers,
    Case,
    Question,
    billed_by_run,
    given_back,
    minimum,
    owed,
)
from tests.reference.figures import Document

CREDIT = {"id": "prepaid", "name": "prepaid", "amount": "100", "effective": days()}


def of_region(region: str) -> Question:
    """Ask what is to be paid of a group."""
    return lambda answers, document: sum(
        (each.payable for slot, each in answers.owed(document).items() if dict(slot.dimension).get("region") == region),
        Decimal("0.00"),
    )


def drawn_by(term: str, since: str | None = None) -> Question:
    """Ask what a term, or a service period of it, draws of credits."""

    def ask(answers: Answers, document: Document) -> Decimal:
        return sum(
            (
                sum(each.drawn.values(), Decimal(0))
                for slot, each in answers.owed(document).items()
                if slot.term == term and since in (None, str(slot.start))
            ),
            Decimal("0.00"),
        )

    return ask


CAP = {"id": "cap", "name": "cap", "amount": "50", "effective": days()}
CAPPED = life(
    [
        version(usage_charge(per_unit("31"), group_by=["region"]), caps=[CAP]),
        version(usage_charge(per_unit("62"), group_by=["region"]), number=2, since="2013-01-17", caps=[CAP]),
    ],
    [used(FIRST, "1", id="eu", region="eu"), used(FIRST, "1", id="asia", region="asia")],
    months=JANUARY,
    meters=[meter("max")],
)
IN_ADVANCE = charge(flat("60"), "fee", timing="in_advance")


def run_april_before_march(until: str | None, *before_april: Document) -> Document:
    """Return a life of which March is run after April, and usage of February comes between the two."""
    happened = {"2013-01": "2013-02-03", "2013-02": "2013-03-03", "2013-04": "2013-05-03"}
    happened |= {"2013-03": "2013-06-03", "2013-05": "2013-07-03"}
    return life(
        version(usage_charge(per_unit("1")), until=until),
        [used("2013-02-10", "5"), *before_april, used("2013-02-20", "2", late="2013-05-17")],
        months=JANUARY,
        runs=[{"month": month, "at": f"{day}T12:00:00Z"} for month, day in happened.items()],
    )


LATE_BEFORE_APRIL = run_april_before_march(MARCH, used("2013-02-15", "3", late="2013-04-17"))


def credited_for_days(*notes: tuple[str, str, str], rebill: bool = False) -> Document:
    """Return a year of 3,650.00 of which credit notes give some days back, each on its own day."""
    given = [credit_note(on, "fee", A_YEAR, days=days(start, end), rebill=rebill) for on, start, end in notes]
    return life(version(yearly(flat("3650")), until="2014-01-01"), months=("2013-01", "2013-12"), credit_notes=given)


def drawn_and_credited_for_days(start: str, end: str) -> Document:
    """Return a January of 310.00 a month, 620.00 from the 17th, that a credit paid, and some days given back."""
    versions = [version(charge(flat("310")), credits=[{**CREDIT, "amount": "1000"}])]
    versions += [version(charge(flat("620")), number=2, since="2013-01-17", credits=[{**CREDIT, "amount": "1000"}])]
    note = credit_note("2013-02-10", "fee", (FIRST, FEBRUARY), days=days(start, end))
    return life(versions, months=JANUARY, credit_notes=[note])


def credited_for_free_days() -> Document:
    """Return a January of 310.00 of which the first 14 days are free, and the first 14 days of what is billed."""
    trial = {"id": "trial", "reason": "trial", "charges": [], "days": days(FIRST, "2013-01-15")}
    note = credit_note("2013-02-10", "fee", (FIRST, FEBRUARY), days=days(FIRST, "2013-01-15"))
    return life(version(charge(flat("310")), waivers=[trial]), months=JANUARY, credit_notes=[note])


ORDER = [
    Case(
        "3.6",
        "days that one credit note gave back are not given back by the next one",
        credited_for_days(("2013-02-10", FIRST, FEBRUARY), ("2013-03-10", FIRST, FEBRUARY)),
        given_back(),
        "310.00",
    ),  # January's 31 days of 10.00
    Case(
        "3.6",
        "of days of which a part was given back the rest is",
        credited_for_days(("2013-02-10", FIRST, FEBRUARY), ("2013-03-10", FIRST, MARCH)),
        given_back(),
        "590.00",
    ),  # 310.00, and then February's 280.00
    Case(
        "3.6",
        "what was given back to be billed again may be given back again once it is billed",
        credited_for_days(("2013-02-10", FIRST, FEBRUARY), ("2013-03-10", FIRST, FEBRUARY), rebill=True),
        given_back(),
        "620.00",
    ),  # 310.00 twice: on 3 March they were billed again
    Case(
        "3.6",
        "and not before",
        credited_for_days(("2013-02-10", FIRST, FEBRUARY), ("2013-02-20", FIRST, FEBRUARY), rebill=True),
        given_back(),
        "310.00",
    ),
    Case(
        "3.6",
        "days of one part of a fee go back to the credit that paid it, whatever it drew for the other part",
        drawn_and_credited_for_days("2013-01-20", "2013-01-25"),
        given_back("drawn"),
        "100.00",
    ),  # 5 days of 620 / 31
    Case(
        "3.6",
        "each day that a line covers is given back alike, a free one, too",
        credited_for_free_days(),
        given_back(),
        "76.77",
    ),  # 170.00 for 17 days billed of 31: 170 x 14 / 31
    Case(
        "order of runs",
        "April has no contract and no invoice, so the run of March after it bills what of February came late",
        run_april_before_march("2013-03-23"),
        billed_by_run("2013-03"),
        "2.00",
    ),
    Case(
        "order of runs",
        "April has an invoice of nothing, so the run of March after it bills nothing",
        run_april_before_march(None),
        billed_by_run("2013-03"),
        "0.00",
    ),
    Case(
        "order of runs",
        "and the run of May bills what of February came late",
        run_april_before_march(None),
        billed_by_run("2013-05"),
        "2.00",
    ),
    Case(
        "order of runs",
        "April has an invoice of late usage though nothing is in force, so the run of March after it bills nothing",
        LATE_BEFORE_APRIL,
        billed_by_run("2013-03"),
        "0.00",
    ),
    Case(
        "order of runs", "and the run of May bills what came since", LATE_BEFORE_APRIL, billed_by_run("2013-05"), "2.00"
    ),
    Case("caps", "a group fills a cap with all its parts before the next one", CAPPED, of_region("asia"), "46.00"),
    Case("caps", "which has what is left", CAPPED, of_region("eu"), "4.00"),
    # 31 x 16/31 + 62 x 15/31 = 46 of the 50 are Asia's
    Case(
        "credits",
        "a shortfall of January draws before the fee of February, which the same invoice bills",
        life(
            version(IN_ADVANCE, until="2013-03-01", commitments=[minimum("90", ["fee"])], credits=[CREDIT]),
            months=JANUARY,
        ),
        drawn_by("minimum", FIRST),
        "30.00",
    ),  # January's fee 60 and 30; 10 are left for February's
    Case(
        "credits",
        "late usage of January draws before what February drew",
        life(
            version(usage_charge(per_unit("1")), until="2013-04-01", credits=[CREDIT]),
            [used("2013-01-10", "30"), used("2013-02-10", "70"), used("2013-01-20", "40", late="2013-03-10")],
            months=("2013-01", "2013-03"),
        ),
        drawn_by("usage", FIRST),
        "70.00",
    ),
    Case(
        "credits",
        "and February's part of it is paid in money",
        life(
            version(usage_charge(per_unit("1")), until="2013-04-01", credits=[CREDIT]),
            [used("2013-01-10", "30"), used("2013-02-10", "70"), used("2013-01-20", "40", late="2013-03-10")],
            months=("2013-01", "2013-03"),
        ),
        owed(since="2013-02-01"),
        "40.00",
    ),
    Case(
        "credits",
        "what a credit note gives back to a credit is drawn by a later month that was billed in money",
        life(
            version(usage_charge(per_unit("1")), until="2013-04-01", credits=[CREDIT]),
            [used("2013-01-10", "90"), used("2013-02-10", "70")],
            months=("2013-01", "2013-03"),
            credit_notes=[credit_note("2013-03-05", "usage", (FIRST, "2013-02-01"), amount="20")],
        ),
        drawn_by("usage", "2013-02-01"),
        "30.00",
    ),  # 10, and the 20 that January gave back
]
