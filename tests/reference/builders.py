"""Documents of lives in few words, for tables that a finance person reads. What is not said is a plain default."""

from collections.abc import Iterable
from typing import Any

from tests.reference.days import add_months, day_of
from tests.reference.figures import Document

SINCE = "2013-01-01"


def days(start: str = SINCE, end: str | None = None) -> Document:
    return {"start": start, "end": end}


def flat(amount: str) -> Document:
    return {"model": "flat", "amount": amount}


def per_unit(price: str) -> Document:
    return {"model": "per_unit", "unit_price": price}


def charge(price: Document, name: str = "fee", since: str = SINCE, until: str | None = None, **more: Any) -> Document:
    """Return a charge: in arrears, by calendar months, unless said otherwise."""
    return {
        "id": name,
        "name": name,
        "product": name,
        "revenue_category": "revenue",
        "price": price,
        "timing": "in_arrears",
        "effective": days(since, until),
        **more,
    }


def usage_charge(price: Document, name: str = "usage", meter: str = "units", **more: Any) -> Document:
    return charge(price, name, meter=meter, **more)


def yearly(price: Document, **more: Any) -> Document:
    return charge(price, cadence={"interval": "year"}, timing="in_advance", **more)


def version(
    *charges: Document,
    number: int = 1,
    since: str = SINCE,
    until: str | None = None,
    known: str | None = None,
    **terms: Any,
) -> Document:
    """Return a version of the contract, known from a day on (always, where none is said)."""
    contract = {
        "kind": "contract",
        "id": "contract",
        "account": "account",
        "version": number,
        "signed_by": "sales@example.com",
        "effective": days(since, until),
        "currency": "USD",
        "time_zone": "UTC",
        "charges": list(charges),
        **terms,
    }
    return {"published": None if known is None else f"{known}T00:00:00Z", "terms": contract}


def meter(aggregation: str = "sum", name: str = "units", **more: Any) -> Document:
    value = None if aggregation == "count" else "value"
    return {
        "kind": "meter",
        "id": name,
        "version": 1,
        "name": name,
        "unit": "unit",
        "event_type": f"{name}.used",
        "aggregation": aggregation,
        "value_property": value,
        **more,
    }


def used(day: str, value: str = "1", *, late: str | None = None, meter: str = "units", **more: Any) -> Document:
    """Return an event of a day, or of a time of it, that came in time or on the day that `late` says."""
    time = day if "T" in day else f"{day}T00:00:00Z"
    name = more.pop("id", f"{meter} {time} {value} {late or ''}")
    subject = more.pop("subject", "account")
    changes: Document = {key: more.pop(key) for key in ("corrects", "retracts") if key in more}
    return {
        "source": "source",
        "id": name,
        "subject": subject,
        "type": f"{meter}.used",
        "time": time,
        "received": f"{late}T00:00:00Z" if late else time,
        "data": {"value": value, **more},
        **changes,
    }


def runs(first: str, last: str) -> list[Document]:
    """Return a run for each month, at noon of the third of the month after it."""
    months, month = [], day_of(first + "-01")
    while month <= day_of(last + "-01"):
        at = add_months(month, 1).replace(day=3)
        months.append({"month": f"{month:%Y-%m}", "at": f"{at}T12:00:00Z"})
        month = add_months(month, 1)
    return months


def credit_note(on: str, term: str, period: tuple[str, str], *, amount: str | None = None, **more: Any) -> Document:
    kind = more.pop("kind", "charge")
    line = {"term": term, "kind": kind, "period": list(period), "dimension": more.pop("dimension", {})}
    return {"id": f"note {on} {term}", "issued": f"{on}T00:00:00Z", "line": line, "amount": amount, **more}


def life(
    versions: Document | Iterable[Document], usage: Iterable[Document] = (), *, months: tuple[str, str], **more: Any
) -> Document:
    """Return the life of an account from its first month to its last."""
    contracts = [versions] if isinstance(versions, dict) else list(versions)
    meters = more.pop("meters", [meter()])
    return {
        "rounding": "half_up",
        "contracts": contracts,
        "usage": list(usage),
        "meters": meters,
        "runs": runs(*months),
        "credit_notes": [],
        **more,
    }
