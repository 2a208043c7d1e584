"""Which days of a fee a discount, a cap or a commitment goes by: amounts by hand over fees of 1.00 a day."""

from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pricing.lines import Basis
from billproof.pricing.owed import contract_lines, owed
from billproof.pricing.service_periods import dues
from billproof.pricing.term_lines import days_in
from tests.support.priced_accounts import meter, used
from tests.support.whole_contracts import charge, off, tiers, version

BASE = charge("base", "31")
ONCE = {"model": "one_off", "amount": "100", "due_on": "2013-01-07"}
INCLUSIVE = {"proration": {"method": "actual_days_inclusive"}}
FIRST_TEN, FIRST_FIFTEEN = ({"start": "2013-01-01", "end": f"2013-01-{end}"} for end in (11, 16))
FIVE_DAYS = {"start": "2013-01-05", "end": "2013-01-10"}
WAIVER = {"waivers": [{"id": "trial", "reason": "trial", "days": FIRST_TEN}]}


def least(amount: str, *charges: str, **more: Any) -> dict[str, Any]:
    return {"commitments": [{**off("least", amount=amount, **more), "charges": charges, "revenue_category": "fees"}]}


def plain(*charges: dict[str, Any], **terms: Any) -> tuple[Contract, ...]:
    return (version(1, "2012-01-01", *(charges or (BASE,)), **terms),)


def basis(month: str, **more: Any) -> Basis:
    facts: dict[str, Any] = {"meters": {}, "quantities": (), "rounding": Rounding.HALF_UP, **more}
    return Basis(period=Period.month(month), **facts)


def table(versions: tuple[Contract, ...], month: str = "2013-01", **more: Any) -> dict[str, str]:
    (timeline,) = timelines(versions, Period.month(month))
    return {line.id: line.net.text for line in contract_lines(timeline, basis(month, **more), {})}


CASES: list[tuple[str, tuple[Contract, ...], dict[str, str]]] = [
    (
        "a discount of the days that are billed: 5 of the 21 that a waiver leaves",
        plain(**WAIVER, discounts=[off("d", percent="10", days=FIRST_FIFTEEN)]),
        {"base:2013-01": "21.00", "d:base:2013-01": "-0.50"},
    ),
    (
        "a cap of the days that are billed",
        plain(**WAIVER, caps=[off("c", amount="6.20", days=FIRST_FIFTEEN)]),  # 15 of 31 days: 3.00
        {"base:2013-01": "21.00", "c:base:2013-01": "-2.00"},
    ),
    (
        "a discount of waived days takes nothing",
        plain(**WAIVER, discounts=[off("d", percent="10", days=FIRST_TEN)]),
        {"base:2013-01": "21.00"},
    ),
    (
        "an amount ends as it says, also where fees end inclusively",
        plain(**INCLUSIVE, discounts=[off("d", amount="3.10", days=FIRST_TEN)]),
        {"base:2013-01": "31.00", "d:base:2013-01": "-1.00"},
    ),
    (
        "what is due once is of its day: 5 of 31 days of 62.00 are 10.00",
        plain(charge("once", ONCE), caps=[off("c", amount="62", days=FIVE_DAYS)]),
        {"once:2013-01": "100.00", "c:once:2013-01": "-90.00"},
    ),
    (
        "a cap of other days leaves it alone",
        plain(charge("once", ONCE), caps=[off("c", amount="62", days={"start": "2013-01-08"})]),
        {"once:2013-01": "100.00"},
    ),
    (
        "a commitment of its days counts it whole",
        plain(charge("once", ONCE), **least("744", "once", days=FIVE_DAYS)),  # 5 of 31 days: 120.00
        {"once:2013-01": "100.00", "least:2013-01": "20.00"},
    ),
    (
        "two percentages of other days each take off their own: 1.00, and 10 % of 5.00",
        plain(
            discounts=[
                off("a", percent="10", days=FIRST_TEN, charges=["base"]),
                off("b", percent="10", days={"start": "2013-01-11", "end": "2013-01-16"}),
            ]
        ),
        {"base:2013-01": "31.00", "a:base:2013-01": "-1.00", "b:base:2013-01": "-0.50"},
    ),
    (
        "a percentage on what another one left of the same days: 1.00, and 10 % of 9.00 + 5.00",
        plain(
            discounts=[
                off("a", percent="10", days=FIRST_TEN, charges=["base"]),
                off("b", percent="10", days=FIRST_FIFTEEN),
            ]
        ),
        {"base:2013-01": "31.00", "a:base:2013-01": "-1.00", "b:base:2013-01": "-1.40"},
    ),
    (
        "an amount on what a percentage left: 9.00 of ten days, and no more",
        plain(discounts=[off("a", percent="10"), off("b", amount="310", days=FIRST_TEN)]),
        {"base:2013-01": "31.00", "a:base:2013-01": "-3.10", "b:base:2013-01": "-9.00"},
    ),
    (
        "a product's discount is of that product",
        plain(BASE, charge("extra", "50", product="more"), discounts=[off("d", percent="10", products=["more"])]),
        {"base:2013-01": "31.00", "extra:2013-01": "50.00", "d:extra:2013-01": "-5.00"},
    ),
    (
        "narrow before wide, and by id where they are alike",
        plain(
            discounts=[
                off("z", percent="50"),
                off("b", percent="10", charges=["base"]),
                off("a", percent="20", charges=["base"]),
            ]
        ),
        {"base:2013-01": "31.00", "a:base:2013-01": "-6.20", "b:base:2013-01": "-2.48", "z:base:2013-01": "-11.16"},
    ),
]


@pytest.mark.parametrize(("versions", "lines"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_days_a_reduction_goes_by(versions: tuple[Contract, ...], lines: dict[str, str]) -> None:
    assert table(versions) == lines


def test_an_amount_off_a_month_leaves_the_other_months_of_a_year_alone() -> None:
    """12.00 off each month of a year at 1.00 a day, then at most 16.50: February has 16.00 left, January 19.00."""
    year = charge("year", "365", timing="in_advance", cadence={"interval": "year", "anchor": "2013-01-01"})
    terms = plain(
        {**year, "effective": {"start": "2013-01-01"}},
        discounts=[off("d", amount="12")],
        caps=[off("c", amount="16.50")],
    )
    lines = table(terms)
    above = {31: "-2.50", 30: "-1.50"}
    months = [Period.month(f"2013-{number:02}") for number in range(1, 13)]
    caps = {f"c@{month.start}:year:2013-01-01_2014-01-01": above[month.days] for month in months if month.days > 28}
    assert {name: net for name, net in lines.items() if name.startswith("c")} == caps
    assert {net for name, net in lines.items() if name.startswith("d")} == {"-12.00"}


def test_usage_goes_by_when_it_was_used() -> None:
    """310 calls at 1.00, 100 of them before the 11th: the cap of the rest, 21 of 31 days of 310.00, is met exactly."""
    calls = charge("calls", {"model": "per_unit", "unit_price": "1"}, meter="calls")
    terms = plain(calls, caps=[off("c", amount="279", days={"start": "2013-01-11"})])  # 189.00 of 279.00
    before = used("calls", "100", part="2013-01-01_2013-01-11")
    facts: dict[str, Any] = {"meters": {"calls": meter("calls")}}
    measured = table(terms, quantities=(used("calls", "310"), before), prefixes=frozenset({before.part}), **facts)
    assert measured == {"calls:2013-01": "310.00", "c:calls:2013-01": "-21.00"}
    by_days = table(terms, quantities=(used("calls", "310"),), **facts)
    assert by_days == {"calls:2013-01": "310.00", "c:calls:2013-01": "-21.00"}  # 210.00 of the last 21 days
    uneven = used("calls", "10", part=before.part)
    measured = table(terms, quantities=(used("calls", "310"), uneven), prefixes=frozenset({before.part}), **facts)
    assert measured == {"calls:2013-01": "310.00", "c:calls:2013-01": "-111.00"}
    nothing = table(terms, quantities=(used("calls", "310"),), prefixes=frozenset({before.part}), **facts)
    assert nothing == {"calls:2013-01": "310.00", "c:calls:2013-01": "-121.00"}  # none before the 11th


def test_seats_above_the_committed_ones_go_by_their_days() -> None:
    """One seat above on days 1 to 10 and three on the last day, at 1.00 a day: 13.00, of which a cap counts 3.00."""
    price = {"model": "seats", "seats": 2, "unit_price": "31", "true_up": "daily"}
    days = (*[3] * 10, *[2] * 20, 5)
    seen = used("people", "5", variant="by day", days=days)
    cap = off(
        "c", amount="31", charges=["seats"], days={"start": "2013-01-31"}
    )  # 1.00, of which fees of 2.00 leave none
    facts: dict[str, Any] = {"meters": {"people": meter("people", "max")}, "quantities": (seen,)}
    terms = plain(charge("seats", price, seats_meter="people"), caps=[cap])
    assert table(terms, **facts) == {
        "seats:2013-01": "62.00",
        "seats:2013-01:true_up": "13.00",
        "c:seats:2013-01": "-1.00",
        "c:seats:2013-01:true_up": "-3.00",
    }


def test_an_amount_is_shared_with_what_trues_seats_up() -> None:
    """62.00 of seats and 31.00 of one above them share 9.30; what is billed elsewhere would come first."""
    price = {"model": "seats", "seats": 2, "unit_price": "31", "true_up": "high_water_mark"}
    seen = used("people", "3", variant="by day", days=(*[2] * 30, 3))
    facts: dict[str, Any] = {"meters": {"people": meter("people", "max")}, "quantities": (seen,)}
    terms = plain(charge("seats", price, seats_meter="people"), discounts=[off("d", amount="9.30")])
    assert table(terms, **facts) == {
        "seats:2013-01": "62.00",
        "seats:2013-01:true_up": "31.00",
        "d:seats:2013-01": "-6.20",
        "d:seats:2013-01:true_up": "-3.10",
    }


def test_a_discount_of_a_product_is_of_the_days_on_which_a_charge_is_of_it() -> None:
    """The fee is of the product until the 11th: 10 % of 10.00; no discount that names products, and it is one part."""
    moved = charge("base", "31", product="more")
    tenth = [off("d", percent="10", products=["core"], days=FIRST_TEN)]
    parts = (version(1, "2012-01-01", BASE, discounts=tenth), version(2, "2013-01-11", moved, discounts=tenth))
    assert [line for line in table(parts) if not line.startswith("d")] == ["base:2013-01", "base:2013-01@2013-01-11"]
    plainly = (version(1, "2012-01-01", BASE), version(2, "2013-01-11", moved))
    assert table(plainly) == {"base:2013-01": "31.00"}


def test_terms_of_a_commitment_are_counted_from_the_first_version_that_states_it() -> None:
    """December to February, whatever day a later version states it from: 500.00 less 31.00 of February."""
    more = {"months": 3}
    first = least("500", "base", days={"start": "2012-12-01"})
    again = least("500", "base", days={"start": "2013-01-11"})
    for terms in (first, again):
        terms["commitments"][0] |= more
    versions = [version(1, "2012-01-01", BASE, **first), version(2, "2013-01-11", BASE, **again)]
    (timeline,) = timelines(versions, Period.month("2013-02"))
    (line,) = owed(timeline, basis("2013-02")).lines
    assert line.left_on == ()  # the term ends with February, and cuts no fee
    quarter = charge("quarter", "90", timing="in_advance", cadence={"interval": "quarter", "anchor": "2013-02-01"})
    both = [
        version(number, start, quarter, commitments=[{**terms["commitments"][0], "charges": ["quarter"]}])
        for number, start, terms in ((1, "2012-01-01", first), (2, "2013-01-11", again))
    ]
    (timeline,) = timelines(both, Period.month("2013-01"))
    (cut,) = owed(timeline, basis("2013-01")).lines
    assert [(part.days.name, f"{part.left:.2f}") for part in cut.left_on][:1] == [("2013-02", "28.31")]  # of 89 days


def test_a_line_says_what_is_left_of_it_on_the_days_that_a_term_cuts_off() -> None:
    """The 17th counts for a fee that ends on it, and not for a term that does; what is due once counts on its day."""
    ends = charge("base", "31", effective={"start": "2012-01-01", "end": "2013-01-17"})
    once = charge("once", ONCE)
    for due, days, left in (
        (ends, {"start": "2012-01-01", "end": "2013-01-17"}, [("2013-01-01", "16.00"), ("2013-01-17", "1.00")]),
        (once, {"start": "2013-01-07"}, [("2013-01-07", "100.00")]),
        (once, {"start": "2013-01-08"}, [("2013-01-07", "100.00")]),
    ):
        terms = least("500", due["id"], days=days, months=24)
        (timeline,) = timelines(plain(due, **terms, **INCLUSIVE), Period.month("2013-01"))
        line, *_ = owed(timeline, basis("2013-01")).lines
        assert [(str(part.days.start), f"{part.left:.2f}") for part in line.left_on] == left


def test_a_term_has_the_days_of_a_month_on_which_it_holds_and_maybe_none() -> None:
    (timeline,) = timelines(plain(discounts=[off("d", amount="1", days=FIVE_DAYS)]), Period.month("2013-01"))
    (span,) = timeline.discounts
    for month, days in (
        (("2013-01-01", "2013-02-01"), ("2013-01-05", "2013-01-10")),
        (("2013-01-06", "2013-01-08"), ("2013-01-06", "2013-01-08")),
        (("2013-01-09", "2013-02-09"), ("2013-01-09", "2013-01-10")),
        (("2013-01-10", "2013-02-10"), None),
        (("2012-12-05", "2013-01-05"), None),
    ):
        (start, end), (first, last) = month, days or month
        expected = None if days is None else Period.model_validate({"start": first, "end": last})
        assert days_in(span, Period.model_validate({"start": start, "end": end})) == expected


def test_a_charge_may_be_due_once_and_then_every_month() -> None:
    versions = [
        version(1, "2012-01-01", charge("fee", ONCE)),
        version(2, "2013-02-01", charge("fee", "31")),
    ]
    for month, periods in (("2013-01", ["2013-01"]), ("2013-02", ["2013-02"])):
        (timeline,) = timelines(versions, Period.month(month))
        assert [due.period.name for due in dues(timeline, Period.month(month))] == periods
    assert table(tuple(versions), "2013-02") == {"fee:2013-02": "31.00"}


def test_a_line_is_of_the_version_that_governs_its_last_day() -> None:
    """A version that changes nothing but a name from February on is none of January's."""
    renamed = {**BASE, "name": "Else"}
    for begins, number, name in (("2013-02-01", 1, "Base"), ("2013-01-31", 2, "Else"), ("2012-06-01", 2, "Else")):
        versions = [version(1, "2012-01-01", BASE), version(2, begins, renamed)]
        (timeline,) = timelines(versions, Period.month("2013-01"))
        (line,) = contract_lines(timeline, basis("2013-01"), {})
        assert (line.explanation.contract_version, line.description) == (number, name)


def test_a_part_without_usage_owes_no_flat_fee_beside_the_groups_of_another_part() -> None:
    """Ten days with 3 in the EU, at 2.00 and a flat fee of 20.00; then nothing, and another price."""
    first, then = "2013-01-01_2013-01-11", "2013-01-11_2013-02-01"
    prices = [tiers((None, price, "20")) for price in ("2", "3")]
    grouped = [charge("calls", price, meter="calls", group_by=["region"]) for price in prices]
    versions = (version(1, "2012-01-01", grouped[0]), version(2, "2013-01-11", grouped[1]))
    europe = used("calls", "3", part=first, group_by=("region",), dimension={"region": "eu"})
    facts: dict[str, Any] = {"meters": {"calls": meter("calls")}}
    assert table(versions, quantities=(europe,), **facts) == {
        "calls:2013-01:eu": "26.00",
        "calls:2013-01@2013-01-11": "0.00",
    }
    nothing = table(versions, **facts)
    assert nothing == {"calls:2013-01": "20.00", "calls:2013-01@2013-01-11": "0.00"}
    more = used("calls", "4", part=then, group_by=("region",), dimension={"region": "eu"})
    both = table(versions, quantities=(europe, more), **facts)
    assert both == {"calls:2013-01:eu": "6.00", "calls:2013-01@2013-01-11:eu": "32.00"}  # the larger one owes the fee
