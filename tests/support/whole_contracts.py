"""Whole contracts in all their versions, with discounts, credits, caps, commitments and allowances side by side."""

from decimal import Decimal
from typing import Any

from billproof.contracts.model import Contract
from billproof.readings import Quantity

ALWAYS = {"start": "2012-01-01"}


def charge(name: str, price: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    model = {"model": "flat", "amount": price} if isinstance(price, str) else price
    base = {"id": name, "name": name.title(), "product": "core", "revenue_category": "fees", "timing": "in_arrears"}
    return {**base, "price": model, "effective": ALWAYS, **more}


def version(number: int, start: str, *charges: dict[str, Any], **terms: Any) -> Contract:
    base = {"id": "K", "account": "A", "version": number, "signed_by": "s", "effective": {"start": start}}
    return Contract.model_validate({**base, "currency": "USD", "time_zone": "UTC", "charges": charges, **terms})


def used(meter: str, quantity: str, **more: Any) -> Quantity:
    fields = {"meter": meter, "group_by": (), "dimension": {}, "quantity": Decimal(quantity), "events": 2, **more}
    return Quantity(**fields)


def tiers(*bounds: tuple[str | None, str, str]) -> dict[str, Any]:
    return {
        "model": "graduated",
        "tiers": [{"up_to": top, "unit_price": price, "flat_fee": fee} for top, price, fee in bounds],
    }


def off(name: str, *, days: dict[str, str] | None = None, **terms: Any) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "effective": days or ALWAYS, **terms}


THREE = (charge("base", "100"), charge("free", "0"), charge("extra", "50", product="more"), charge("tiny", "0.40"))

LEAST = {"charges": ["base", "extra"], "revenue_category": "fees"}

ADVANCE = charge("ahead", "80", timing="in_advance")

STEPPED = tiers(("5", "10", "20"), (None, "5", "40"))

CALLS_BY_DAY = (*[None] * 11, Decimal(6), *[Decimal(2)] * 19)
"""The most calls at a time of each day of January."""
SEATS_BY_DAY = (None, Decimal(4), None, *[Decimal(3)] * 8, Decimal(5), *[Decimal(3)] * 19)
"""The seats of each day of January."""

CASES: dict[str, dict[str, Any]] = {
    "discounts by charge, product and all": {
        "versions": [
            version(
                1,
                "2012-01-01",
                *THREE,
                discounts=[
                    off("all", percent="10"),
                    off("product", percent="20", products=["more"]),
                    off("one", percent="50", charges=["base"]),
                    off("late", percent="5", charges=["base"], days={"start": "2013-02-01"}),
                ],
            )
        ]
    },
    "an amount off everything, and one off a product": {
        "versions": [
            version(
                1,
                "2012-01-01",
                *THREE,
                discounts=[
                    off("wide", amount="100.40"),
                    off("narrow", amount="10", products=["more"]),
                    off("part", amount="31", charges=["base"], days={"start": "2013-01-17"}),
                ],
            )
        ]
    },
    "credits over several lines": {
        "versions": [
            version(
                1,
                "2012-01-01",
                *THREE,
                credits=[
                    off("open", amount="30"),
                    off("dated", amount="120", days={"start": "2012-01-01", "end": "2013-06-01"}),
                    off("sooner", amount="5", days={"start": "2012-01-01", "end": "2013-03-01"}, charges=["extra"]),
                    off("gone", amount="9", days={"start": "2012-01-01", "end": "2013-01-01"}),
                    off("first", amount="1.50", priority=1, charges=["tiny", "base"]),
                ],
            )
        ],
        "drawn": {("K", "dated"): Decimal("7.25")},
    },
    "a cap over everything, filled by what was billed in advance": {
        "versions": [version(1, "2012-01-01", *THREE, ADVANCE, caps=[off("cap", amount="190")])]
    },
    "a cap over some charges, counted by thirty days": {
        "versions": [
            version(
                1,
                "2012-01-01",
                *THREE,
                proration={"method": "thirty_day_months"},
                caps=[off("cap", amount="60", charges=["base", "tiny"], days={"start": "2013-01-16"})],
            )
        ]
    },
    "a commitment over some charges, counted by thirty days": {
        "versions": [
            version(
                1,
                "2012-01-01",
                *THREE,
                ADVANCE,
                proration={"method": "thirty_day_months"},
                prices_include_tax=True,
                commitments=[
                    {**off("least", amount="600", days={"start": "2013-01-16"}), **LEAST},
                    {**off("met", amount="80"), **LEAST, "charges": ["ahead"]},
                ],
            )
        ]
    },
    "stated quantities over tiers, up and down within the month": {
        "versions": [
            version(1, "2012-01-01", charge("units", STEPPED, quantity="3"), charge("others", STEPPED, quantity="9")),
            version(2, "2013-01-11", charge("units", STEPPED, quantity="8"), charge("others", STEPPED, quantity="2")),
            version(3, "2013-01-21", charge("units", STEPPED, quantity="4"), charge("others", STEPPED, quantity="7")),
        ]
    },
    "an upgrade with a discount on both, and a discount that changes": {
        "versions": [
            version(1, "2012-01-01", charge("base", "310"), discounts=[off("d", percent="10")]),
            version(2, "2013-01-11", charge("base", "620"), discounts=[off("d", percent="20")]),
        ]
    },
    "a discount for some days of an upgrade": {
        "versions": [
            version(
                1,
                "2012-01-01",
                charge("base", "310"),
                discounts=[off("d", percent="10", days={"start": "2013-01-06", "end": "2013-01-16"})],
            ),
            version(
                2,
                "2013-01-11",
                charge("base", "620"),
                discounts=[off("d", percent="10", days={"start": "2013-01-06", "end": "2013-01-16"})],
            ),
        ]
    },
    "an allowance that rolls over, some of it carried": {
        "versions": [
            version(
                1,
                "2012-01-01",
                charge(
                    "calls",
                    {"model": "per_unit", "unit_price": "2"},
                    meter="calls",
                    included_quantity="10",
                    rollover=True,
                ),
                charge("bytes", {"model": "per_unit", "unit_price": "3"}, meter="bytes", included_quantity="10"),
            )
        ],
        "quantities": [used("calls", "9"), used("bytes", "9")],
        "carried": {("K", "calls"): Decimal(4), ("K", "bytes"): Decimal(4)},
    },
    "an allowance in parts, by thirty days": {
        "versions": [
            version(
                1,
                "2012-01-01",
                charge(
                    "calls",
                    {"model": "per_unit", "unit_price": "2"},
                    meter="calls",
                    included_quantity="10",
                    rollover=True,
                ),
                proration={"method": "thirty_day_months"},
            ),
            version(
                2,
                "2013-01-11",
                charge(
                    "calls",
                    {"model": "per_unit", "unit_price": "3"},
                    meter="calls",
                    included_quantity="10",
                    rollover=True,
                ),
                proration={"method": "thirty_day_months"},
            ),
        ],
        "quantities": [
            used("calls", "5", part="2013-01-01_2013-01-11"),
            used("calls", "1", part="2013-01-11_2013-02-01"),
        ],
        "carried": {("K", "calls"): Decimal(1)},
    },
    "an amount in parts, metered by nobody": {
        "versions": [
            version(1, "2012-01-01", charge("calls", {"model": "per_unit", "unit_price": "2"}, meter="calls")),
            version(2, "2013-01-11", charge("calls", {"model": "per_unit", "unit_price": "3"}, meter="calls")),
        ]
    },
    "capacity and seats that change within the month": {
        "versions": [
            version(
                1,
                "2012-01-01",
                charge(
                    "room",
                    {
                        "model": "capacity",
                        "tiers": [{"limits": {"bytes": "5"}, "amount": "31"}, {"limits": {}, "amount": "62"}],
                    },
                ),
                charge(
                    "seats",
                    {"model": "seats", "seats": 2, "unit_price": "31", "true_up": "daily"},
                    seats_meter="people",
                ),
                charge(
                    "most",
                    {"model": "seats", "seats": 2, "unit_price": "31", "true_up": "high_water_mark"},
                    seats_meter="calls",
                ),
            ),
            version(
                2,
                "2013-01-11",
                charge("room", {"model": "capacity", "tiers": [{"limits": {"bytes": "9"}, "amount": "93"}]}),
                charge(
                    "seats",
                    {"model": "seats", "seats": 3, "unit_price": "31", "true_up": "daily"},
                    seats_meter="people",
                ),
                charge(
                    "most",
                    {"model": "seats", "seats": 3, "unit_price": "31", "true_up": "high_water_mark"},
                    seats_meter="calls",
                ),
            ),
        ],
        "quantities": [
            used("bytes", "7"),
            used("bytes", "6", part="2013-01-01_2013-01-11"),
            used("bytes", "8", part="2013-01-11_2013-02-01"),
            used("people", "9", variant="by day", days=SEATS_BY_DAY),
            used("calls", "6", variant="by day", days=CALLS_BY_DAY),
        ],
    },
    "in advance by quarters, with a year and weeks beside it": {
        "versions": [
            version(
                1,
                "2012-01-01",
                charge("quarter", "300", timing="in_advance", cadence={"interval": "quarter", "anchor": "2012-02-01"}),
                charge("year", "1200", cadence={"interval": "year", "anchor": "2012-01-16"}),
                charge("week", "7", cadence={"interval": "week"}),
            )
        ]
    },
    "waivers for one charge and for all": {
        "versions": [
            version(
                1,
                "2012-01-01",
                *THREE,
                waivers=[
                    {
                        "id": "trial",
                        "reason": "trial",
                        "days": {"start": "2013-01-01", "end": "2013-01-11"},
                        "charges": ["base"],
                    },
                    {"id": "pause", "reason": "pause", "days": {"start": "2013-01-06", "end": "2013-01-16"}},
                ],
            )
        ]
    },
}
