"""What contracts read of the usage log: which meters, how, and over which parts of the month."""

from datetime import date
from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.periods import Period
from billproof.pricing.pooling import covered_days, part_name, pool_parts, pooled_days
from billproof.pricing.reading import Read
from billproof.readings import Reading
from tests.support.priced_accounts import meter
from tests.support.whole_contracts import charge, off, version

JANUARY = Period.month("2013-01")
UNIT = {"model": "per_unit", "unit_price": "1"}
SEATS = {"model": "seats", "seats": 2, "unit_price": "31"}
ROOM = {"model": "capacity", "tiers": [{"limits": {"bytes": "5"}, "amount": "1"}, {"limits": {}, "amount": "2"}]}


def calls(**more: Any) -> dict[str, Any]:
    return charge("calls", UNIT, meter="calls", **more)


def read(*charges: dict[str, Any], account: str | None = None, **terms: Any) -> Read:
    return Read.of([version(1, "2012-01-01", *charges, **terms)], JANUARY, account=account)


def days(start: int, end: int) -> Period:
    """Days of January; from the 32nd on, the first of February."""
    return Period(start=date(2013, 1, start), end=date(2013, 2, 1) if end > 31 else date(2013, 1, end))


def test_a_charge_reads_its_meters_as_its_price_needs_them() -> None:
    everything = read(
        calls(),
        charge("by", UNIT, meter="bytes", group_by=["region"]),
        charge("room", ROOM),
        charge("plain", SEATS, seats_meter="people"),
        charge("trued", {**SEATS, "true_up": "daily"}, seats_meter="staff"),
        charge("fee", "5"),
    )
    assert everything.readings == {
        Reading(meter="calls"),
        Reading(meter="bytes", group_by=("region",)),
        Reading(meter="bytes"),
        Reading(meter="people"),
        Reading(meter="staff"),
        Reading(meter="staff", by_day=True),
    }
    assert everything.by_day
    assert not read(calls()).by_day
    assert (everything.parts, everything.prefixes) == ({}, {})


def test_levels_go_on_from_before_the_month() -> None:
    meters = {
        "calls": meter("calls"),
        "people": meter("people", "max"),
        "staff": meter("staff"),
        "rates": meter("rates", "latest"),
    }
    everything = read(
        calls(),
        charge("people", UNIT, meter="people"),
        charge("staff", {**SEATS, "true_up": "daily"}, seats_meter="staff"),
        charge("rates", {"model": "percentage", "percent": "1"}, meter="rates"),
        charge("unknown", UNIT, meter="unknown"),
    )
    assert set(everything.levels(meters)) == {Reading(meter="people"), Reading(meter="staff", by_day=True)}


def test_the_conditions_of_all_meters_of_a_type_are_read() -> None:
    us, eu = {"region": ("us",)}, {"region": ("eu",)}
    meters = {
        "calls": meter("calls", where=us),
        "b": meter("b", event_type="used.calls", where=eu),
        "c": meter("c", event_type="used.calls", where=us),
        "a": meter("a", event_type="another"),
        "unread": meter("unread"),
    }
    everything = read(calls(), *(charge(name, UNIT, meter=name) for name in ("b", "c", "a", "unknown")))
    conditions = everything.conditions(meters)
    assert conditions == {"another": ("{}",), "used.calls": ('{"region":["eu"]}', '{"region":["us"]}')}
    assert list(conditions) == ["another", "used.calls"]


DEARER = {"ramp": [{"start": "2013-01-11", "price": {**UNIT, "unit_price": "2"}}]}
FIRST, SECOND = "2013-01-01_2013-01-11", "2013-01-11_2013-02-01"
CAP = {"caps": [off("cap", amount="9", days={"start": "2013-01-05", "end": "2013-01-21"})]}
WHOLE, FROM_FIFTH = {"start": "2013-01-01", "end": "2013-02-01"}, {"start": "2013-01-05"}
LEAST = {"charges": ["calls"], "revenue_category": "fees", "months": 3}

PARTS: list[tuple[str, dict[str, Any], set[str], set[str]]] = [
    ("the whole month", {}, set(), set()),
    ("terms that change", DEARER, {FIRST, SECOND}, set()),
    ("a charge that begins in it", {"effective": {"start": "2013-01-11"}}, {SECOND}, set()),
    ("a cap of some days", CAP, set(), {"2013-01-01_2013-01-05", "2013-01-01_2013-01-21"}),
    (
        "a cap of some days of terms that change",
        {**DEARER, **CAP},
        {FIRST, SECOND},
        {"2013-01-01_2013-01-05", "2013-01-11_2013-01-21"},
    ),
    ("a cap of the whole month", {"caps": [off("cap", amount="9", days=WHOLE)]}, set(), set()),
    ("a percentage", {"discounts": [off("d", percent="9", days=FROM_FIFTH)]}, set(), set()),
    ("an amount", {"discounts": [off("d", amount="9", days=FROM_FIFTH)]}, set(), {"2013-01-01_2013-01-05"}),
    (
        "a term of a commitment that ends in it",
        {"commitments": [{**off("c", amount="9", days={"start": "2012-10-15"}), **LEAST}]},
        set(),
        {"2013-01-01_2013-01-15"},
    ),
]


@pytest.mark.parametrize(("more", "parts", "prefixes"), [case[1:] for case in PARTS], ids=[case[0] for case in PARTS])
def test_the_parts_of_a_month_are_read_where_terms_change_within_it(
    more: dict[str, Any], parts: set[str], prefixes: set[str]
) -> None:
    terms = {name: value for name, value in more.items() if name in {"caps", "discounts", "commitments"}}
    found = read(calls(**{name: value for name, value in more.items() if name not in terms}), **terms)
    assert (set(found.parts), set(found.prefixes)) == (parts, prefixes)
    for name, ranges in (*found.parts.items(), *found.prefixes.items()):
        assert name == "+".join(f"{one.start}_{one.end}" for one in ranges)


def test_a_part_may_have_several_ranges_of_days_and_a_month_of_a_pause_is_read_as_its_days() -> None:
    versions = [
        version(1, "2012-01-01", calls()),
        version(2, "2013-01-11", charge("calls", {**UNIT, "unit_price": "2"}, meter="calls")),
        version(3, "2013-01-21", calls()),
    ]
    found = Read.of(versions, JANUARY)
    assert found.parts == {
        "2013-01-01_2013-01-11+2013-01-21_2013-02-01": (days(1, 11), days(21, 32)),
        "2013-01-11_2013-01-21": (days(11, 21),),
    }
    paused = Read.of([versions[0], version(2, "2013-01-11", charge("fee", "1")), versions[2]], JANUARY)
    assert set(paused.parts) == {"2013-01-01_2013-01-11+2013-01-21_2013-02-01"}


def of_family(name: str, start: str, *charges: dict[str, Any], end: str | None = None) -> Contract:
    contract = version(1, start, *charges)
    changes = {"id": name, "account": name, "effective": {"start": start, "end": end}}
    return Contract.model_validate({**contract.model_dump(), **changes})


def test_a_pool_reads_what_each_account_used_on_the_days_of_its_contracts() -> None:
    parent = of_family("A", "2012-01-01", calls(pooled=True), charge("own", UNIT, meter="bytes"))
    child = of_family("B", "2013-01-11", charge("fee", "0"), end="2013-01-21")
    family = [parent, child]
    of_parent, of_child = (Read.of(family, JANUARY, account=name) for name in "AB")
    assert of_parent.readings == {Reading(meter="calls"), Reading(meter="bytes")}
    assert of_parent.parts == {}
    assert of_child.readings == {Reading(meter="calls")}
    assert of_child.parts == {"2013-01-11_2013-01-21": (days(11, 21),)}
    assert Read.of(family, JANUARY, account="C").readings == frozenset()
    capped = version(1, "2012-01-01", calls(pooled=True), caps=[off("cap", amount="9", days={"start": "2013-01-16"})])
    cut = Read.of([capped, child], JANUARY, account="B")
    assert set(cut.parts) == {"2013-01-11_2013-01-21", "2013-01-11_2013-01-16"}
    assert set(cut.prefixes) == {"2013-01-01_2013-01-16"}


def test_the_days_of_an_accounts_contracts_are_put_together() -> None:
    contracts = [
        of_family("A", "2012-01-01", charge("fee", "1"), end="2013-01-11"),
        of_family("B", "2013-01-21", charge("fee", "1")),
        of_family("C", "2013-02-01", charge("fee", "1")),
    ]
    second = [
        contracts[0].model_copy(update={"id": name, "effective": days(start, end)})
        for name, start, end in (("K", 11, 13), ("L", 12, 15), ("M", 20, 22))
    ]
    covered = covered_days(timelines([*contracts, *second], JANUARY), JANUARY)
    assert covered == {"A": [days(1, 15), days(20, 22)], "B": [days(21, 32)]}


def test_a_pool_counts_the_days_that_are_its_own_and_the_accounts() -> None:
    own, theirs = [days(1, 11), days(21, 32)], [days(5, 25)]
    assert pooled_days(own, theirs) == [days(5, 11), days(21, 25)]
    assert pooled_days(own, [days(11, 21)]) == pooled_days([], theirs) == pooled_days(own, []) == []
    assert (part_name(JANUARY, JANUARY), part_name(days(5, 11), JANUARY)) == ("", "2013-01-05_2013-01-11")
    assert pool_parts(iter(own), JANUARY, {"A": theirs, "B": [JANUARY], "C": []}) == {
        "A": ["2013-01-05_2013-01-11", "2013-01-21_2013-01-25"],
        "B": ["2013-01-01_2013-01-11", "2013-01-21_2013-02-01"],
        "C": [],
    }
    assert pool_parts([JANUARY], JANUARY, {"A": [JANUARY]}) == {"A": [""]}
