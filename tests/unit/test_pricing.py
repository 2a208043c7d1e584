from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.errors import UnpriceableCharge
from billproof.masterdata.meters import Meter
from billproof.model import decimal_text
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pricing.lines import Basis, charge_lines
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.models import Price
from billproof.pricing.models.base import Used, price_steps
from billproof.pricing.owed import contract_lines
from billproof.pricing.service_periods import dues
from billproof.readings import Quantity
from billproof_ops.demo import story

PRICE: TypeAdapter[Any] = TypeAdapter(Price)
JANUARY = Period.month("2013-01")
METERS = {meter.id: meter for meter in story.master_data().meters}
TIERS = [{"up_to": "5", "unit_price": "2", "flat_fee": "10"}, {"up_to": None, "unit_price": "1", "flat_fee": "20"}]


def price(quantity: str, **terms: Any) -> str:
    steps = price_steps(PRICE.validate_python(terms), Used(Decimal(quantity)))
    return decimal_text(sum((step.amount for step in steps), Decimal(0)))


@pytest.mark.parametrize(
    ("quantity", "terms", "amount"),
    [
        ("7", {"model": "flat", "amount": "12.5"}, "12.5"),
        ("0", {"model": "seats", "seats": 3, "unit_price": "49"}, "147"),
        ("1", {"model": "one_off", "amount": "4800", "due_on": "2013-01-10"}, "4800"),
        ("1000000", {"model": "per_unit", "unit_price": "0.0125"}, "12500"),
        ("0.5", {"model": "per_unit", "unit_price": "0.000000000000001"}, "0.0000000000000005"),
        ("0", {"model": "package", "package_size": "100", "package_price": "7"}, "0"),
        ("1", {"model": "package", "package_size": "100", "package_price": "7"}, "7"),
        ("100", {"model": "package", "package_size": "100", "package_price": "7"}, "7"),
        ("100.000000000000001", {"model": "package", "package_size": "100", "package_price": "7"}, "14"),
        ("0", {"model": "graduated", "tiers": TIERS}, "10"),
        ("5", {"model": "graduated", "tiers": TIERS}, "20"),
        ("5.001", {"model": "graduated", "tiers": TIERS}, "40.001"),
        ("8", {"model": "graduated", "tiers": TIERS}, "43"),
        ("5", {"model": "volume", "tiers": TIERS}, "20"),
        ("5.001", {"model": "volume", "tiers": TIERS}, "25.001"),
        ("0", {"model": "volume", "tiers": TIERS}, "10"),
    ],
)
def test_every_price_model(quantity: str, terms: dict[str, Any], amount: str) -> None:
    assert price(quantity, **terms) == amount


def contract(*charges: dict[str, Any], **terms: Any) -> Contract:
    base = {"product": "p", "revenue_category": "usage", "timing": "in_arrears", "effective": {"start": "2013-01-01"}}
    return Contract.model_validate(
        {
            "id": "K",
            "account": "UA",
            "version": 1,
            "signed_by": "s",
            "effective": {"start": "2013-01-01"},
            "currency": "USD",
            "time_zone": "America/New_York",
            "charges": [{**base, "name": charge["id"], **charge} for charge in charges],
            **terms,
        }
    )


FLAT = {"id": "fee", "price": {"model": "flat", "amount": "31"}}
USED = {"id": "used", "price": {"model": "per_unit", "unit_price": "0.01"}, "meter": "miles_tracked"}


def basis(*quantities: Quantity, period: Period = JANUARY) -> Basis:
    return Basis(period=period, meters=METERS, quantities=quantities, rounding=Rounding.HALF_UP)


def lines_of(terms: Contract, *quantities: Quantity, period: Period = JANUARY) -> list[PricedLine]:
    (timeline,) = timelines([terms], period)
    priced = charge_lines(timeline, basis(*quantities, period=period), dues(timeline, period))
    return [line for _, line in priced]


def due_in(terms: Contract, period: Period) -> list[str]:
    (timeline,) = timelines([terms], period)
    return [due.period.name for due in dues(timeline, period)]


def miles(quantity: str, events: int = 1) -> Quantity:
    return Quantity(meter="miles_tracked", group_by=(), dimension={}, quantity=Decimal(quantity), events=events)


def test_an_arrears_charge_pays_for_the_period_itself() -> None:
    (line,) = lines_of(contract(FLAT))
    assert (line.net.text, line.service_period) == ("31.00", JANUARY)


def test_a_charge_in_advance_pays_for_the_next_period_and_at_its_start_for_both() -> None:
    terms = contract({**FLAT, "timing": "in_advance"})
    assert [line.service_period.name for line in lines_of(terms)] == ["2013-01", "2013-02"]
    assert [line.service_period.name for line in lines_of(terms, period=JANUARY.next())] == ["2013-03"]


def test_a_charge_in_advance_that_has_ended_owes_nothing_for_the_next_period() -> None:
    terms = contract({**FLAT, "timing": "in_advance", "effective": {"start": "2012-01-01", "end": "2013-02-01"}})
    terms = terms.model_copy(update={"effective": terms.effective.model_copy(update={"start": date(2012, 1, 1)})})
    assert lines_of(terms) == []


def test_a_part_of_a_period_is_shared_by_days_and_rounded_once() -> None:
    terms = contract({**FLAT, "price": {"model": "flat", "amount": "199"}, "effective": {"start": "2013-01-10"}})
    (line,) = lines_of(terms)
    assert line.net.text == "141.23"  # 199 x 22 / 31 = 141.2258...
    assert line.explanation.proration is not None
    assert (line.explanation.proration.days_covered, line.explanation.proration.days_in_period) == (22, 31)
    assert f"{line.explanation.exact_amount:f}".startswith("141.225806451612903225806451612")


def test_seats_show_their_number() -> None:
    terms = contract({"id": "seats", "price": {"model": "seats", "seats": 8, "unit_price": "39.99"}})
    (line,) = lines_of(terms)
    assert (line.quantity, line.net.text) == (Decimal(8), "319.92")


def test_a_one_off_is_due_once() -> None:
    terms = contract({"id": "setup", "price": {"model": "one_off", "amount": "4800", "due_on": "2013-01-10"}})
    assert lines_of(terms)[0].net.text == "4800.00"
    assert due_in(terms, JANUARY) == ["2013-01"]
    assert due_in(terms, JANUARY.next()) == []


def test_a_charge_and_its_contract_must_both_be_in_force() -> None:
    terms = contract(FLAT, effective={"start": "2012-01-01", "end": "2012-12-01"})
    assert due_in(terms, JANUARY) == []


def test_usage_says_how_many_events_made_it() -> None:
    (line,) = lines_of(contract(USED), miles("12345.678", 9))
    assert (line.net.text, line.quantity, line.unit) == ("123.46", Decimal("12345.678"), "miles")
    assert line.explanation.note == "9 events"


def test_no_usage_keeps_a_zero_line() -> None:
    (line,) = lines_of(contract(USED))
    assert line.net.is_zero
    assert line.explanation.note == "no usage"


@pytest.mark.parametrize(
    ("used", "included", "billed", "net"), [("80", "80", "0", "0.00"), ("150", "100", "50", "0.50")]
)
def test_an_allowance_comes_first(used: str, included: str, billed: str, net: str) -> None:
    (line,) = lines_of(contract({**USED, "included_quantity": "100"}), miles(used))
    assert (line.included_quantity, line.billed_quantity, line.net.text) == (Decimal(included), Decimal(billed), net)


def test_a_line_for_each_group() -> None:
    terms = contract({**USED, "group_by": ["origin"]})
    found = [
        Quantity(
            meter="miles_tracked", group_by=("origin",), dimension={"origin": origin}, quantity=Decimal(100), events=1
        )
        for origin in ("EWR", "JFK")
    ]
    assert [line.id for line in lines_of(terms, *found, miles("999"))] == ["used:2013-01:EWR", "used:2013-01:JFK"]


def test_a_charge_on_an_unknown_meter_is_not_guessed() -> None:
    with pytest.raises(UnpriceableCharge, match="nobody published"):
        lines_of(contract({**USED, "meter": "unheard_of"}))


def discounted(*charges: dict[str, Any], **discount: Any) -> list[PricedLine]:
    terms = contract(
        *charges,
        discounts=[
            {
                "id": "d",
                "name": "D",
                "percent": "20",
                "charges": ["fee"],
                "effective": {"start": "2013-01-01"},
                **discount,
            }
        ],
    )
    (timeline,) = timelines([terms], JANUARY)
    return [line for line in contract_lines(timeline, basis()) if line.kind is LineKind.DISCOUNT]


def test_a_discount_takes_its_percentage() -> None:
    (line,) = discounted(FLAT, USED)
    assert (line.net.text, line.charge, line.kind.value) == ("-6.20", "fee", "discount")


def test_a_discount_that_ends_on_the_15th_covers_15_of_31_days() -> None:
    (line,) = discounted(FLAT, effective={"start": "2013-01-01", "end": "2013-01-16"})
    assert line.net.text == "-3.00"  # 31 x 20 % x 15 / 31
    assert line.explanation.proration is not None
    assert line.explanation.proration.days_covered == 15


def test_a_discount_counts_the_days_of_the_charge_not_of_the_month() -> None:
    fee = {**FLAT, "effective": {"start": "2013-01-11", "end": "2013-01-21"}}
    (line,) = discounted(fee, effective={"start": "2013-01-16", "end": "2013-02-01"})
    assert line.net.text == "-1.00"  # the fee is 10.00 for ten days, five of them discounted


def test_a_discount_outside_the_period_makes_no_line() -> None:
    assert discounted(FLAT, effective={"start": "2013-02-01"}) == []
    assert discounted(FLAT, effective={"start": "2012-01-01", "end": "2013-01-01"}) == []


@pytest.mark.parametrize(("amount", "net", "note"), [("100", "69.00", "shortfall"), ("31", "0.00", "met")])
def test_a_commitment_bills_what_is_missing_and_says_when_it_is_met(amount: str, net: str, note: str) -> None:
    terms = contract(
        {**FLAT, "timing": "in_advance"},
        commitments=[
            {
                "id": "min",
                "name": "Minimum",
                "amount": amount,
                "charges": ["fee"],
                "revenue_category": "usage",
                "effective": {"start": "2013-01-01"},
            }
        ],
    )
    (timeline,) = timelines([terms], JANUARY)
    *_, line = contract_lines(timeline, basis())  # January and February: only January's fee counts
    assert line.net.text == net
    assert note in line.explanation.note


def test_meters_of_the_story_are_what_charges_read() -> None:
    assert isinstance(METERS["miles_tracked"], Meter)
    assert isinstance(contract(FLAT).charges[0], Charge)
