"""Contracts of the generated company: one archetype for each kind of term that a contract may have."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from lab.scene import Terms

ALWAYS = {"start": "2013-01-01"}
type MakeTerms = Callable[[Decimal], Terms]


class Archetype(NamedTuple):
    """A kind of contract; its terms are made for a price level, so that no two accounts pay the same."""

    name: str
    terms: MakeTerms


def charge(name: str, price: Terms, **more: Any) -> Terms:
    """Return a charge in arrears; `more` changes it."""
    base = {"id": name, "name": name.title(), "product": "core", "revenue_category": "usage", "timing": "in_arrears"}
    return {**base, "price": price, "effective": ALWAYS, **more}


def fee(name: str, amount: Decimal, **more: Any) -> Terms:
    """Return a flat fee of a subscription."""
    price = {"model": "flat", "amount": str(amount.quantize(Decimal("0.01")))}
    return charge(name, price, revenue_category="subscription", **more)


def per_unit(name: str, price: Decimal, meter: str, **more: Any) -> Terms:
    """Return a charge of so much a unit."""
    return charge(name, {"model": "per_unit", "unit_price": str(price)}, meter=meter, **more)


def _tiers(model: str, level: Decimal) -> Terms:
    tiers = [("20000", "0.020"), ("60000", "0.015"), (None, "0.011")]
    return {
        "model": model,
        "tiers": [{"up_to": top, "unit_price": str(Decimal(price) * level)} for top, price in tiers],
    }


def _calls(level: Decimal, **more: Any) -> Terms:
    return per_unit("calls", Decimal("0.02") * level, "api_calls", **more)


def _subscription(level: Decimal) -> Terms:
    return {"charges": [fee("platform", 900 * level, timing="in_advance"), _calls(level)]}


def _graduated(level: Decimal) -> Terms:
    seats = charge(
        "seats",
        {"model": "seats", "seats": 10, "unit_price": "39"},
        seats_meter="people",
        revenue_category="subscription",
    )
    return {"charges": [charge("calls", _tiers("graduated", level), meter="api_calls"), seats]}


def _volume(level: Decimal) -> Terms:
    jobs = per_unit("jobs", Decimal("0.004") * level, "job_seconds", included_quantity="10000")
    return {"charges": [charge("calls", _tiers("volume", level), meter="api_calls"), jobs]}


def _committed(level: Decimal) -> Terms:
    package = {"model": "package", "package_size": "1000", "package_price": str((18 * level).quantize(Decimal("0.01")))}
    least = {"id": "least", "name": "Minimum", "amount": "4000", "charges": ["calls"], "revenue_category": "usage"}
    return {
        "charges": [charge("calls", package, meter="api_calls")],
        "commitments": [{**least, "effective": ALWAYS}],
    }


def _discounted(level: Decimal) -> Terms:
    launch = {"id": "launch", "name": "Launch 20 %", "percent": "20", "charges": ["platform"]}
    return {
        "charges": [fee("platform", 1500 * level), per_unit("storage", Decimal("0.05") * level, "storage_gb")],
        "discounts": [{**launch, "effective": {"start": "2013-01-01", "end": "2013-02-01"}}],
    }


def _yearly(level: Decimal) -> Terms:
    year = {"timing": "in_advance", "cadence": {"interval": "year"}}
    return {"charges": [fee("platform", 12000 * level, **year), _calls(level)]}


def _capped(level: Decimal) -> Terms:
    return {
        "charges": [_calls(level, included_quantity="5000", rollover=True), fee("support", 400 * level)],
        "caps": [{"id": "cap", "name": "Cap", "amount": "50000", "effective": ALWAYS}],
    }


def _prepaid(level: Decimal) -> Terms:
    credit = {"id": "prepaid", "name": "Prepaid", "amount": "600", "charges": ["jobs"], "effective": ALWAYS}
    jobs = per_unit("jobs", Decimal("0.02") * level, "job_seconds")
    return {"charges": [jobs, fee("platform", 2500 * level)], "credits": [credit]}


def _renewing(level: Decimal) -> Terms:
    renewal = {"renews_on": "2013-02-01", "uplift_percent": "8", "automatic": True}
    return {"charges": [fee("platform", 2000 * level), _calls(level)], "renewal": renewal}


def _seated(level: Decimal) -> Terms:
    seats = charge(
        "seats",
        {"model": "seats", "seats": 12, "unit_price": str((45 * level).quantize(Decimal("0.01")))},
        seats_meter="people",
        revenue_category="subscription",
    )
    return {"charges": [seats, per_unit("storage", Decimal("0.04") * level, "storage_gb")]}


def _milestone(level: Decimal) -> Terms:
    setup = {"model": "one_off", "amount": str((3000 * level).quantize(Decimal("0.01"))), "due_on": "2013-02-10"}
    return {
        "charges": [
            charge("setup", setup, revenue_category="services"),
            _calls(level),
            per_unit("jobs", Decimal("0.003") * level, "job_seconds"),
        ]
    }


def _grouped(level: Decimal) -> Terms:
    return {"charges": [_calls(level, group_by=["region"]), per_unit("storage", Decimal("0.06") * level, "storage_gb")]}


def _ramped(level: Decimal) -> Terms:
    step = {"start": "2013-03-01", "price": {"model": "flat", "amount": "1800"}}
    return {"charges": [fee("platform", Decimal(1200), ramp=[step]), _calls(level)]}


def _floored(level: Decimal) -> Terms:
    return {"charges": [_calls(level, floor_unit_price="0.012"), fee("support", 300 * level, timing="in_advance")]}


ARCHETYPES = (
    Archetype("subscription", _subscription),
    Archetype("graduated", _graduated),
    Archetype("volume", _volume),
    Archetype("committed", _committed),
    Archetype("discounted", _discounted),
    Archetype("yearly", _yearly),
    Archetype("capped", _capped),
    Archetype("prepaid", _prepaid),
    Archetype("renewing", _renewing),
    Archetype("seated", _seated),
    Archetype("milestone", _milestone),
    Archetype("grouped", _grouped),
    Archetype("ramped", _ramped),
    Archetype("floored", _floored),
)
"""Every kind of contract."""
