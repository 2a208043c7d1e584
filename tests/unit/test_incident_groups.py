"""Which exceptions are one incident: hand-made facts, and how often facts are looked at."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from billproof.approvals.incident_id import IncidentId, SharedKind
from billproof.errors import NotFound
from billproof.insights.incidents.grouping import Clean, Fact, grouped
from billproof.insights.incidents.telling import lift_text, told

SOURCE = Fact(SharedKind.SOURCE, "eu/gateway", "usage_repeated")
OTHER_SOURCE = Fact(SharedKind.SOURCE, "us/gateway", "usage_repeated")
METER = Fact(SharedKind.METER, "api_calls", "usage_changed")
RULE = Fact(SharedKind.RULE, "invoice_over_limit", "invoice")
NOBODY_CLEAN = Clean(0, {})


def names(facts: Mapping[str, tuple[Fact, ...]], clean: Clean = NOBODY_CLEAN) -> list[tuple[Fact, tuple[str, ...]]]:
    return [(group.fact, group.exceptions) for group in grouped(facts, clean)]


def test_the_closest_kind_wins_and_what_it_leaves_is_grouped_by_the_next() -> None:
    facts = {"A": (SOURCE, RULE), "B": (SOURCE, METER, RULE), "C": (RULE,), "D": (RULE,), "E": (METER,)}
    assert names(facts) == [(SOURCE, ("A", "B")), (RULE, ("C", "D"))]


def test_an_exception_of_two_sources_joins_the_one_that_more_exceptions_share() -> None:
    facts = {"A": (SOURCE,), "B": (SOURCE, OTHER_SOURCE), "C": (OTHER_SOURCE,), "D": (OTHER_SOURCE,)}
    assert names(facts) == [(OTHER_SOURCE, ("B", "C", "D"))]


def test_what_as_many_clean_accounts_share_explains_nothing() -> None:
    """Of 4 exceptions 4 share it, and so do 60 of 96 clean accounts: (4 / 64) / (4 / 100) = 1.5625 times as often."""
    facts = dict.fromkeys("ABCD", (SOURCE,))
    assert names(facts, Clean(96, {SOURCE: 60})) == []
    (group,) = grouped(facts, Clean(96, {SOURCE: 46}))  # (4 / 50) / (4 / 100) = 2
    assert (group.lift, group.clean) == (Fraction(2), 46)


def test_one_exception_is_no_incident() -> None:
    assert names({"A": (SOURCE, RULE), "B": (METER,)}) == []


def test_the_order_in_which_exceptions_come_changes_no_group() -> None:
    facts = {"A": (SOURCE, OTHER_SOURCE), "B": (SOURCE,), "C": (OTHER_SOURCE,), "D": (RULE,), "E": (RULE, METER)}
    backwards = {name: tuple(reversed(facts[name])) for name in reversed(facts)}
    assert [(fact, set(mine)) for fact, mine in names(facts)] == [(fact, set(mine)) for fact, mine in names(backwards)]


class Counted(tuple[Fact, ...]):
    """Facts that count how often one of them is looked at."""

    __slots__ = ()
    looks = 0

    def __iter__(self) -> Iterator[Fact]:
        for fact in super().__iter__():
            Counted.looks += 1
            yield fact


@pytest.mark.parametrize("number", [100, 10_000])
def test_each_fact_of_ten_thousand_exceptions_is_read_once_and_nothing_is_kept_but_the_groups(number: int) -> None:
    Counted.looks = 0
    facts = {
        f"E{index}": Counted((Fact(SharedKind.SOURCE, f"s{index % 5}", "usage_repeated"), METER, RULE))
        for index in range(number)
    }
    groups = grouped(facts, Clean(1_000, {RULE: 10}))
    assert Counted.looks == 3 * number
    assert [len(group.exceptions) for group in groups] == [number // 5] * 5


@pytest.mark.parametrize(
    ("lift", "text"),
    [(Fraction(50, 43), "1.16"), (Fraction(2), "2.00"), (Fraction(1, 200), "0.01"), (Fraction(0), "0.00")],
)
def test_a_lift_has_two_decimals_rounded_half_up(lift: Fraction, text: str) -> None:
    assert lift_text(lift) == text
    assert Decimal(text) >= 0


def test_an_incident_says_what_is_shared_by_how_many_and_how_many_clean_accounts_share_it() -> None:
    (group,) = grouped({"A": (SOURCE,), "B": (SOURCE,)}, Clean(8, {SOURCE: 1}))
    assert told(group, Clean(8, {SOURCE: 1}), 2, "2013-02-06T17") == (
        "2 of 2 exceptions share it: events of source eu/gateway are not as in the month before (usage_repeated), "
        "first at 2013-02-06T17. Of 8 accounts without an exception 1 share it: an account that does has one 3.33 "
        "times as often as any."
    )


@pytest.mark.parametrize("thing", ["a.b", "https://x.example/y?z=%2E", "#1", "ü", "a b"])
def test_an_id_reads_itself_back_whatever_it_names(thing: str) -> None:
    identity = IncidentId("e.1", "2013-02", SharedKind.SOURCE, thing, "usage_repeated")
    assert IncidentId.parse(str(identity)) == identity


@pytest.mark.parametrize(
    "text", ["", "a.2013-02.source.x", "a.2013-02.other.x.y", "a.2013-02.source.x.y.z", "a.b.source..c"]
)
def test_other_texts_are_no_id(text: str) -> None:
    with pytest.raises(NotFound):
        IncidentId.parse(text)
