"""Right amounts of what is measured: points 3.1 to 3.3, 3.11 and 3.12 of issue 11."""

from tests.reference.builders import charge, days, flat, life, meter, per_unit, usage_charge, used, version
from tests.reference.cases import FEBRUARY, FIRST, JANUARY, MARCH, Q1, Case, owed
from tests.reference.figures import Document

PACKAGES = {"model": "package", "package_size": "1000", "package_price": "5"}
TIERS = {"model": "graduated", "tiers": [{"up_to": "1000", "unit_price": "2"}, {"up_to": None, "unit_price": "1"}]}
HALVES = [used("2013-01-05", "500"), used("2013-01-25", "500")]
TRUED_UP = {"model": "seats", "seats": 10, "unit_price": "31"}
FALLING = [used("2012-12-20", "12", meter="seats"), used("2013-01-10T12:00:00Z", "9", meter="seats")]


def renamed(price: Document) -> list[Document]:
    return [
        version(usage_charge(price)),
        version(usage_charge(price, floor_unit_price="0.001") | {"name": "new name"}, number=2, since="2013-01-16"),
    ]


def aggregated(kind: str, price: str) -> Document:
    more = {"percentile": "95"} if kind == "percentile" else {}
    return life(
        version(usage_charge(per_unit(price), since="2013-01-17"), since="2013-01-17"),
        [used("2013-01-17", "31")],
        months=JANUARY,
        meters=[meter(kind, **more)],
    )


def seats(true_up: str) -> Document:
    return life(
        version(charge({**TRUED_UP, "true_up": true_up}, "seats", seats_meter="seats")),
        FALLING,
        months=("2013-01", "2013-02"),
        meters=[meter("latest", "seats")],
    )


def stored(kind: str, month: str) -> Document:
    events = [used("2013-01-01", "10"), used("2013-01-17", "20")]
    return life(version(usage_charge(per_unit("31"))), events, months=(month, month), meters=[meter(kind)])


POOLED = {
    "accounts": [
        {"id": "account", "parent": None, "member": days()},
        {"id": "child", "parent": "account", "member": days()},
    ]
}


def child(since: str) -> Document:
    entry = version(charge(flat("0"), "seat", since=since), since=since)
    return entry | {"terms": entry["terms"] | {"id": "child", "account": "child"}}


USAGE = [
    Case(
        "3.1",
        "a new name on the 16th does not cut a package in two",
        life(renamed(PACKAGES), HALVES, months=JANUARY),
        owed(),
        "5.00",
    ),  # 500 + 500 are one package
    Case(
        "3.1",
        "nor send usage back to the first tier",
        life(renamed(TIERS), [used("2013-01-05", "800"), used("2013-01-25", "800")], months=JANUARY),
        owed(),
        "2600.00",
    ),  # 1,000 x 2 and 600 x 1
    Case(
        "3.1",
        "terms that come back are one quantity with those before",
        life(
            [
                version(usage_charge(PACKAGES)),
                version(usage_charge({**PACKAGES, "package_price": "9"}), number=2, since="2013-01-10"),
                version(usage_charge(PACKAGES), number=3, since="2013-01-20"),
            ],
            HALVES,
            months=JANUARY,
        ),
        owed(),
        "5.00",
    ),
    *(
        Case(
            "3.2",
            f"{kind} is measured over the month and shared by days, from the 17th",
            aggregated(kind, price),
            owed(),
            "15.00",
        )  # 31 x 15/31
        for kind, price in (
            ("max", "1"),
            ("latest", "1"),
            ("weighted_sum", "1"),
            ("percentile", "1"),
            ("distinct", "31"),
        )
    ),
    Case(
        "3.2",
        "the most of a month is shared by each price's days",
        life(
            [version(usage_charge(per_unit("1"))), version(usage_charge(per_unit("2")), number=2, since="2013-01-17")],
            [used("2013-01-05", "10")],
            months=JANUARY,
            meters=[meter("max")],
        ),
        owed(),
        "14.84",
    ),  # 10 x 1 x 16/31 = 5.16 and 10 x 2 x 15/31 = 9.68
    Case(
        "3.2",
        "count adds up over the parts",
        life(
            [version(usage_charge(per_unit("1"))), version(usage_charge(per_unit("2")), number=2, since="2013-01-17")],
            [used("2013-01-05"), used("2013-01-20"), used("2013-01-21")],
            months=JANUARY,
            meters=[meter("count")],
        ),
        owed(),
        "5.00",
    ),  # 1 x 1 and 2 x 2
    Case(
        "3.3",
        "a day begins with the seats before it, and the last reading goes on",
        seats("daily"),
        owed(kind="true_up"),
        "20.00",
    ),  # 12 seats until noon of the 10th: 2 x 10/31 x 31
    Case(
        "3.3",
        "the most of a month includes the level before it",
        seats("high_water_mark"),
        owed(kind="true_up"),
        "62.00",
    ),  # 2 x 31 for January; February begins with 9
    Case(
        "3.3",
        "a month without a reading has the level before it",
        stored("latest", "2013-02"),
        owed(since=FEBRUARY),
        "620.00",
    ),  # 20 x 31
    Case("3.3", "so has its most", stored("max", "2013-02"), owed(since=FEBRUARY), "620.00"),
    Case(
        "3.3", "a level holds until the next one", stored("weighted_sum", "2013-01"), owed(since=FIRST), "460.00"
    ),  # 10 x 16 + 20 x 15 = 460 of 31 days, x 31
    Case("3.3", "and goes on into the next month", stored("weighted_sum", "2013-02"), owed(since=FEBRUARY), "620.00"),
    *(
        Case(
            "3.3",
            f"a reading of {month} that comes in March changes {kind} of February and March",
            life(
                version(usage_charge(per_unit("1"))),
                [used("2013-01-01", "10"), used(day, "20", late="2013-03-10")],
                months=Q1,
                meters=[meter(kind)],
            ),
            owed(),
            answer,
        )
        for kind, month, day, answer in (
            ("latest", "January", "2013-01-17", "60.00"),  # 20 + 20 + 20
            ("max", "January", "2013-01-17", "60.00"),
            ("weighted_sum", "January", "2013-01-17", "54.84"),  # (10 x 16 + 20 x 15) / 31 = 14.84, 20, 20
            ("max", "December", "2012-12-20", "30.00"),  # a reading at January's first instant replaces it
        )
    ),
    Case(
        "3.3",
        "a reading from before the contract that comes in March counts in each month",
        life(
            version(usage_charge(per_unit("1"))),
            [used("2012-12-20", "20", late="2013-03-10")],
            months=Q1,
            meters=[meter("latest")],
        ),
        owed(),
        "60.00",
    ),
    Case(
        "3.3",
        "a correction of it counts, too",
        life(
            version(usage_charge(per_unit("1"))),
            [
                used("2013-01-05", "20", id="wrong"),
                used("2013-01-05", "10", corrects="wrong", late="2013-03-10"),
            ],
            months=Q1,
            meters=[meter("latest")],
        ),
        owed(),
        "30.00",
    ),  # 10 in each month
    Case(
        "3.3",
        "each group has its own level, and one that falls to zero still costs its tier's flat fee",
        life(
            version(
                usage_charge(
                    {"model": "volume", "tiers": [{"up_to": None, "unit_price": "1", "flat_fee": "5"}]},
                    group_by=["region"],
                )
            ),
            [
                used("2013-01-01", "10", region="eu"),
                used("2013-01-01", "7", region="us"),
                used("2013-01-20", "0", region="us"),
            ],
            months=("2013-01", "2013-02"),
            meters=[meter("latest")],
        ),
        owed(since=FEBRUARY),
        "20.00",
    ),  # 10 + 5 in the EU, 5 in the US
    Case(
        "3.3",
        "a month that no run billed does not end a level",
        {
            **stored("latest", "2013-01"),
            "runs": [
                {"month": "2013-01", "at": "2013-02-03T12:00:00Z"},
                {"month": "2013-03", "at": "2013-04-03T12:00:00Z"},
            ],
        },
        owed(since=MARCH),
        "620.00",
    ),
    Case(
        "3.11",
        "a pool counts an account's usage on the days that its contract covers",
        life(
            [version(usage_charge(per_unit("1"), pooled=True)), child("2013-01-10")],
            [
                used("2013-01-05", "100"),
                used("2013-01-05", "10", subject="child"),
                used("2013-01-15", "1", subject="child"),
            ],
            months=JANUARY,
            **POOLED,
        ),
        owed("usage"),
        "101.00",
    ),  # 100 and 1; the 10 are a finding
    Case(
        "3.12",
        "events of equal time are in the order of their arrival",
        life(
            version(usage_charge({"model": "percentage", "percent": "1", "free_transactions": 1})),
            [used("2013-01-05", "100", id="b"), used("2013-01-05", "200", id="a")],
            months=JANUARY,
        ),
        owed(),
        "2.00",
    ),  # the 100 came first and are free
]
