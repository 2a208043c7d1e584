"""Right amounts where the page had to decide: each case is a rule that docs/pricing.md states, worked out by hand."""

from typing import Any

from tests.reference.builders import charge, credit_note, days, flat, life, meter, per_unit, usage_charge, used, version
from tests.reference.cases import FEBRUARY, FIRST, JANUARY, MARCH, Q1, Case, drawn, earned_in, minimum, owed
from tests.reference.figures import Document

SECOND_HALF = "2013-01-17"
DECEMBER = "2013-12-01"


def tiers(unit_price: str) -> Document:
    return {"model": "graduated", "tiers": [{"up_to": None, "unit_price": unit_price, "flat_fee": "100"}]}


def percent(name: str, taken: str, start: str, end: str | None = None) -> Document:
    return {"id": name, "name": name, "percent": taken, "effective": days(start, end)}


def once(due_on: str) -> Document:
    terms = version(
        charge({"model": "one_off", "amount": "100", "due_on": due_on}),
        discounts=[percent("half", "20", FIRST, "2013-01-16")],
    )
    return life(terms, months=JANUARY)


def under(**terms: Any) -> Document:
    return life(version(charge(flat("310")), **terms), months=JANUARY)


def _stated(quantity: str, number: int, since: str) -> Document:
    price = {
        "model": "graduated",
        "tiers": [
            {"up_to": "10", "unit_price": "31", "flat_fee": "100"},
            {"up_to": None, "unit_price": "31", "flat_fee": "50"},
        ],
    }
    return version(charge(price, quantity=quantity), number=number, since=since)


def _allowed(price: str, number: int, since: str) -> Document:
    terms = usage_charge(per_unit(price), since=DECEMBER, included_quantity="1000", rollover=True)
    return version(terms, number=number, since=since)


CAP = {"id": "cap", "name": "cap", "amount": "100", "effective": days(SECOND_HALF)}
RENEWED = version(
    charge(flat("100"), ramp=[{"start": "2013-06-01", "price": flat("200")}]),
    renewal={"renews_on": MARCH, "uplift_percent": "10", "automatic": True},
)
JANUARYS_CREDIT = {"id": "gift", "name": "gift", "amount": "100", "effective": days(FIRST, FEBRUARY)}
IN_MARCH = {"renews_on": MARCH, "uplift_percent": "5", "automatic": True}
HALF_A_YEAR = ("2013-01", "2013-06")

DECISIONS = [
    Case(
        "discounts",
        "20 % to the 15th and 10 % from the 16th never meet",
        under(discounts=[percent("a", "20", FIRST, "2013-01-16"), percent("b", "10", "2013-01-16")]),
        owed(),
        "264.00",  # 310 - 20 % of 150 - 10 % of 160
    ),
    Case(
        "discounts",
        "a wide percentage takes of what a narrow one left of its days",
        under(
            discounts=[
                percent("wide", "10", FIRST),
                {**percent("narrow", "50", FIRST, "2013-01-16"), "charges": ["fee"]},
            ]
        ),
        owed(),
        "211.50",  # 310 - 50 % of 150 = 235; - 10 % of 235
    ),
    Case("one-off", "what is due while a discount holds has all of it", once("2013-01-10"), owed(), "80.00"),
    Case("one-off", "what is due after it has none", once("2013-01-20"), owed(), "100.00"),
    Case("caps", "a cap from the 17th caps what its days have", under(caps=[CAP]), owed(), "208.39"),
    # 310 x 16/31 = 160, and 100 x 15/31 = 48.387 of the 150 after
    Case(
        "minimums",
        "a minimum from the 17th counts what its days have",
        under(commitments=[minimum("620", ["fee"], SECOND_HALF)]),
        owed("minimum"),
        "150.00",  # 620 x 15/31 = 300, and 310 x 15/31 = 150 are served
    ),
    Case(
        "minimums",
        "a concession raises no shortfall",
        life(
            version(charge(flat("100")), until=FEBRUARY, commitments=[minimum("100", ["fee"])]),
            months=("2013-01", "2013-02"),
            credit_notes=[credit_note("2013-02-10", "fee", (FIRST, FEBRUARY), amount="30")],
        ),
        owed(),
        "70.00",
    ),
    Case(
        "flat fees",
        "a tier's fee is owed once by usage that is priced in parts",
        life(
            [version(usage_charge(tiers("1"))), version(usage_charge(tiers("2")), number=2, since=SECOND_HALF)],
            [used("2013-01-05", "5"), used("2013-01-20", "5")],
            months=JANUARY,
        ),
        owed(),
        "115.00",  # 5 x 1 + 5 x 2 + 100
    ),
    Case(
        "flat fees",
        "none is owed where every day is waived",
        life(
            version(
                charge(tiers("1"), quantity="12"),
                waivers=[{"id": "trial", "reason": "trial", "days": days(FIRST, FEBRUARY)}],
            ),
            months=JANUARY,
        ),
        owed(),
        "0.00",
    ),
    Case(
        "quantities",
        "2,500 bytes are 3 kilobytes, of which one is free",
        life(
            version(
                usage_charge(
                    per_unit("1"),
                    included_quantity="1",
                    conversion={"divide_by": "1000", "decimals": 0, "rounding": "up"},
                )
            ),
            [used("2013-01-05", "2500")],
            months=JANUARY,
        ),
        owed(),
        "2.00",
    ),
    Case(
        "renewals", "100.00 with 10 % from March", life(RENEWED, months=HALF_A_YEAR), owed(since="2013-04-01"), "110.00"
    ),
    Case(
        "renewals",
        "a later step of the ramp is as it is",
        life(RENEWED, months=HALF_A_YEAR),
        owed(since="2013-06-01"),
        "200.00",
    ),
    Case(
        "credits",
        "usage of January that comes late draws January's credit",
        life(
            version(usage_charge(per_unit("1")), credits=[JANUARYS_CREDIT], until=FEBRUARY),
            [used("2013-01-10", "40"), used("2013-01-20", "100", late="2013-03-20")],
            months=Q1,
        ),
        drawn(),
        "100.00",
    ),
    Case(
        "thirty_day_months",
        "the 31st of January is one of thirty days",
        life(
            version(
                charge(flat("300"), since="2013-01-31"), since="2013-01-31", proration={"method": "thirty_day_months"}
            ),
            months=JANUARY,
        ),
        owed(since=FIRST),
        "10.00",
    ),
    Case(
        "revenue",
        "late usage is earned in the month in which it arrives",
        life(
            version(usage_charge(per_unit("1")), until=FEBRUARY),
            [used("2013-01-10", "40"), used("2013-01-20", "100", late="2013-03-20")],
            months=Q1,
        ),
        earned_in("2013-03"),
        "100.00",
    ),
    Case(
        "levels",
        "the most of a month that ends on the 17th",
        life(
            version(usage_charge(per_unit("1")), until=SECOND_HALF),
            [used("2013-01-05", "31")],
            months=JANUARY,
            meters=[meter("max")],
        ),
        owed(),
        "16.00",  # 31 x 16/31
    ),
    Case(
        "minimums",
        "only the named charge counts",
        life(
            version(charge(flat("100"), "one"), charge(flat("50"), "two"), commitments=[minimum("120", ["one"])]),
            months=JANUARY,
        ),
        owed("minimum"),
        "20.00",
    ),
    Case(
        "flat fees",
        "those of the highest quantity are owed",
        life([_stated("12", 1, FIRST), _stated("3", 2, SECOND_HALF)], months=JANUARY),
        owed(),
        "387.00",  # 12 x 31 x 16/31 = 192 and 3 x 31 x 15/31 = 45; 100 + 50 for the 12
    ),
    Case(
        "renewals",
        "a version that begins on a renewal states the renewed price",
        life(
            [
                version(charge(flat("100")), renewal=IN_MARCH),
                version(charge(flat("105")), number=2, since=MARCH, renewal=IN_MARCH),
            ],
            months=Q1,
        ),
        owed(since=MARCH),
        "105.00",
    ),
    Case(
        "allowances",
        "what was carried is used by the parts of a month in turn",
        life(
            [_allowed("1.00", 1, DECEMBER), _allowed("1.10", 2, "2014-01-17")],
            [used("2013-12-10", "500"), used("2014-01-05", "400"), used("2014-01-20", "1000")],
            months=("2013-12", "2014-01"),
        ),
        owed(),
        "457.74",  # 1,000 - (500 - 400) carried - 1,000 x 15/31 = 416.129; x 1.10
    ),
    Case(
        "allowances",
        "of a level's month some days leave their share",
        life(
            version(usage_charge(per_unit("1"), since=SECOND_HALF, included_quantity="31", rollover=True)),
            [used(SECOND_HALF, "10"), used("2013-02-05", "50")],
            months=("2013-01", "2013-02"),
            meters=[meter("max")],
        ),
        owed(),
        "8.84",  # 50 - 31 - (31 - 10) x 15/31
    ),
    Case(
        "allowances",
        "each part of a level's month has all that was carried",
        life(
            [
                version(usage_charge(per_unit(price), included_quantity="31", rollover=True), number=number, since=day)
                for number, (price, day) in enumerate((("1", FIRST), ("2", "2013-02-15")), start=1)
            ],
            [used("2013-01-05", "21"), used("2013-02-05", "50")],
            months=("2013-01", "2013-02"),
            meters=[meter("max")],
        ),
        owed(),
        "13.50",  # 50 - (31 - 21) - 31 = 9, x 1 x 14/28 and x 2 x 14/28
    ),
    Case(
        "revenue",
        "what was conceded before less was owed earns nothing, and takes nothing",
        life(
            [
                version(charge(flat("280"), since=FEBRUARY), since=FEBRUARY),
                version(
                    charge(flat("280"), since=FEBRUARY),
                    number=2,
                    since=FEBRUARY,
                    until="2013-02-15",
                    known="2013-03-10",
                ),
            ],
            months=("2013-02", "2013-04"),
            credit_notes=[credit_note("2013-03-05", "fee", (FEBRUARY, MARCH))],
        ),
        earned_in("2013-02", "2013-03", "2013-04"),
        "0.00",
    ),
]
