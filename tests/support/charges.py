"""Charges as a contract's JSON has them, in arrears since January 2013 unless a test says otherwise."""

from typing import Any

NOTHING_COMES_OFF: dict[str, Any] = {"discounts": [], "commitments": [], "credits": [], "caps": [], "waivers": []}


def charge(name: str, price: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"id": name, "name": name.title(), "product": "telemetry", "revenue_category": "usage"}
    return {**base, "timing": "in_arrears", "effective": {"start": "2013-01-01"}, "price": price, **more}


def fee(amount: str, **more: Any) -> dict[str, Any]:
    return charge("fee", {"model": "flat", "amount": amount}, **more)


def miles(price: str, **more: Any) -> dict[str, Any]:
    return charge("miles", {"model": "per_unit", "unit_price": price}, meter="miles_tracked", **more)
