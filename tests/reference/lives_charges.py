"""The charges and the usage of random lives: every price model and aggregation, each in small numbers."""

from datetime import date, datetime, time, timedelta
from itertools import combinations
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.reference.days import days_between
from tests.reference.figures import Document
from tests.reference.terms import Contract

ZONES = ("America/New_York", "America/New_York", "Asia/Kathmandu", "Asia/Beirut", "America/Sao_Paulo")
"""Days of 23 and 25 hours, a quarter of an hour, days that begin at one, and a last hour of a day that comes twice."""
CADENCES: tuple[Document, ...] = (
    {"interval": "month"},
    {"interval": "month"},
    {"interval": "week"},
    {"interval": "month", "anchor": "2012-01-31"},
    {"interval": "quarter"},
    {"interval": "half_year", "anchor": "2012-10-17"},
    {"interval": "year"},
)
AGGREGATIONS = ("count", "sum", "max", "latest", "distinct", "percentile", "weighted_sum")
ADD_UP = ("count", "sum")
TIERS = [
    {"up_to": "5", "unit_price": "10", "flat_fee": "7"},
    {"up_to": "20", "unit_price": "6", "flat_fee": "0"},
    {"up_to": None, "unit_price": "3", "flat_fee": "11"},
]
PERCENT_TIERS = [{"up_to": "20", "percent": "4", "flat_fee": "1"}, {"up_to": None, "percent": "2", "flat_fee": "2"}]
QUANTITY_PRICES: tuple[Document, ...] = (
    {"model": "per_unit", "unit_price": "7"},
    {"model": "package", "package_size": "4", "package_price": "9"},
    {"model": "graduated", "tiers": TIERS},
    {"model": "volume", "tiers": TIERS},
    {"model": "graduated", "tiers": TIERS, "flat_fee_at_zero": False},
)
TRANSACTION_TERMS: tuple[Document, ...] = (
    {},
    {"free_transactions": 1},
    {"free_amount": "15"},
    {"minimum": "2", "maximum": "4"},
)
CELLS = [{"match": {"region": "eu"}, "unit_price": "5"}, {"match": {"region": "us"}, "unit_price": "4"}]
REGIONS = ("eu", "us", "asia")
LATE = ("0", "0", "0", "20", "50", "90")
"""After how many days an event comes; most come at once."""


class Drawn(Protocol):
    """What hypothesis gives a composite strategy to draw with."""

    def __call__(self, strategy: st.SearchStrategy[Any]) -> Any: ...


def charges(draw: Drawn, start: date, timing: str | None) -> list[Document]:
    """Draw one to three charges; the rate of fees follows no calendar, so that shares by days are rounded."""
    makers = (_fee, _fee, _usage, _usage, _seats, _stated, _transactions, _matrix, _once)
    return [draw(st.sampled_from(makers))(draw, start, timing, number) for number in range(draw(st.integers(1, 3)))]


def charge_of(name: str, price: Document, start: date, **more: Any) -> Document:
    return {
        "id": name,
        "name": name,
        "product": name,
        "revenue_category": "revenue",
        "price": price,
        "timing": "in_arrears",
        "effective": {"start": str(start), "end": None},
        "cadence": {"interval": "month"},
        **more,
    }


def _when(draw: Drawn, timing: str | None) -> str:
    drawn = draw(st.sampled_from(("in_advance", "in_arrears")))
    return timing or drawn


def _begin(draw: Drawn, start: date) -> date:
    return start + timedelta(days=draw(st.sampled_from((0, 0, 9, 40))))


def _fee(draw: Drawn, start: date, timing: str | None, number: int) -> Document:
    price = {"model": "flat", "amount": str(draw(st.integers(1, 400)))}
    more: Document = {"timing": _when(draw, timing), "cadence": draw(st.sampled_from(CADENCES))}
    if draw(st.integers(0, 3)) == 0:
        step = start + timedelta(days=draw(st.integers(1, 80)))
        more["ramp"] = [{"start": str(step), "price": {"model": "flat", "amount": "333"}}]
    if draw(st.integers(0, 5)) == 0:
        more["refund"] = "none"
    if draw(st.integers(0, 5)) == 0:
        more["recognition"] = {"method": draw(st.sampled_from(("as_incurred", "straight_line_months")))}
    return charge_of(f"fee-{number}", price, _begin(draw, start), **more)


def _stated(draw: Drawn, start: date, timing: str | None, number: int) -> Document:
    price = draw(st.sampled_from(QUANTITY_PRICES))
    quantity = str(draw(st.integers(0, 30)))
    return charge_of(f"stated-{number}", price, _begin(draw, start), quantity=quantity, timing=_when(draw, timing))


def _seats(draw: Drawn, start: date, timing: str | None, number: int) -> Document:
    price: Document = {"model": "seats", "seats": draw(st.integers(0, 9)), "unit_price": "13"}
    price["true_up"] = draw(st.sampled_from(("none", "high_water_mark", "daily")))
    more: Document = {"timing": _when(draw, timing)}
    if price["true_up"] != "none":
        more["seats_meter"] = f"seats-{number}"
    return charge_of(f"seats-{number}", price, _begin(draw, start), **more)


def _usage(draw: Drawn, start: date, timing: str | None, number: int) -> Document:
    aggregation = draw(st.sampled_from(AGGREGATIONS))
    price = draw(st.sampled_from((*QUANTITY_PRICES, {"model": "graduated_percentage", "tiers": PERCENT_TIERS})))
    more: Document = {"meter": f"{aggregation}-{number}"}
    if aggregation in ADD_UP and draw(st.booleans()):
        more |= {"included_quantity": str(draw(st.integers(0, 12))), "rollover": draw(st.booleans())}
    elif draw(st.integers(0, 3)) == 0:
        more["group_by"] = ["region"]
    return charge_of(f"usage-{number}", price, _begin(draw, start), **more)


def _transactions(draw: Drawn, start: date, timing: str | None, number: int) -> Document:
    price: Document = {"model": "percentage", "percent": "3", "fixed_fee": "1"}
    price |= draw(st.sampled_from(TRANSACTION_TERMS))
    return charge_of(f"sales-{number}", price, _begin(draw, start), meter=f"sum-{number}")


def _matrix(draw: Drawn, start: date, timing: str | None, number: int) -> Document:
    price = {"model": "matrix", "cells": CELLS, "otherwise": "2"}
    return charge_of(f"matrix-{number}", price, _begin(draw, start), meter=f"sum-{number}", group_by=["region"])


def _once(draw: Drawn, start: date, timing: str | None, number: int) -> Document:
    due = start + timedelta(days=draw(st.integers(0, 50)))
    return charge_of(f"once-{number}", {"model": "one_off", "amount": "99", "due_on": str(due)}, start)


def with_other_timing(charge: Document) -> Document:
    """Return a charge in arrears instead of in advance or the other way round, where its kind can be billed so."""
    if charge.get("meter") or charge["price"]["model"] == "one_off":
        return charge
    return {**charge, "timing": "in_advance" if charge["timing"] == "in_arrears" else "in_arrears"}


def begun(charges_: list[Document], start: date) -> list[Document]:
    """Return charges that begin on a day."""
    return [{**charge, "effective": {"start": str(start), "end": None}} for charge in charges_]


def meters_of(charges_: list[Document]) -> list[Document]:
    """Return the meters that charges read; a meter's name begins with how it aggregates."""
    names = {name for each in charges_ for name in (each.get("meter"), each.get("seats_meter")) if name}
    return [meter_of(name) for name in sorted(names)]


def meter_of(name: str) -> Document:
    aggregation = "latest" if name.startswith("seats") else name.rpartition("-")[0]
    meter: Document = {
        "kind": "meter",
        "id": name,
        "version": 1,
        "name": name,
        "unit": "unit",
        "event_type": f"{name}.used",
        "aggregation": aggregation,
        "value_property": None if aggregation == "count" else "value",
    }
    if aggregation == "percentile":
        meter["percentile"] = "80"
    return meter


def covered(meter: str, versions: list[Document], end: date) -> list[date]:
    """Return the days on which a charge that reads a meter is in force, whichever of the later versions are known."""
    first, *later = versions
    known = ([first, *some] for number in range(len(versions)) for some in combinations(later, number))
    return sorted(set.intersection(*(_covered(meter, some, end) for some in known)))


def _covered(meter: str, versions: list[Document], end: date) -> set[date]:
    contract = Contract([version["terms"] for version in versions], end)
    days: set[date] = set()
    for charge in contract.charge_ids:
        for span in contract.spans(charge):
            if meter in (span.charge.get("meter"), span.charge.get("seats_meter")):
                days |= set(days_between(span.start, span.end))
    return days


def usage_of(draw: Drawn, days: dict[str, list[date]], meters: list[Document], time_zone: str) -> list[Document]:
    """Draw up to eight events of each meter, on the days of a time zone given for it; some come late."""
    zone = ZoneInfo(time_zone)
    events: list[Document] = []
    for meter in meters:
        for _ in range(draw(st.integers(1, 8)) if days[meter["id"]] else 0):
            day = draw(st.sampled_from(days[meter["id"]]))
            clock = time(draw(st.sampled_from((0, 0, 9, 23))), draw(st.sampled_from((0, 30))))
            at = datetime.combine(day, clock, tzinfo=zone)
            data = {"value": str(draw(st.integers(0, 15))), "region": draw(st.sampled_from(REGIONS))}
            received = at + timedelta(days=int(draw(st.sampled_from(LATE))), minutes=1)
            events.append(
                {
                    "source": "source",
                    "id": f"event-{len(events)}",
                    "subject": "account",
                    "type": meter["event_type"],
                    "time": at.isoformat(),
                    "received": received.isoformat(),
                    "data": data,
                }
            )
    return events
