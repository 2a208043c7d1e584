"""Contracts of one account, for the rules that look at nothing but their terms."""

from typing import Any

from billproof.contracts.model import Contract


def contract(version: int = 1, start: str = "2012-01-01", *, end: str | None = None, **terms: Any) -> Contract:
    """A contract with a flat fee of 100 a month; `charges` are changes of that charge, one for each charge."""
    charge = {
        "id": "fee",
        "name": "Fee",
        "product": "p",
        "revenue_category": "r",
        "timing": "in_arrears",
        "price": {"model": "flat", "amount": "100"},
        "effective": {"start": "2012-01-01"},
    }
    base = {
        "id": "K",
        "account": "A",
        "version": version,
        "signed_by": "s",
        "effective": {"start": start, "end": end},
        "currency": "USD",
        "time_zone": "UTC",
    }
    charges = [{**charge, **changes} for changes in terms.pop("charges", [{}])]
    return Contract.model_validate({**base, "charges": charges, **terms})
