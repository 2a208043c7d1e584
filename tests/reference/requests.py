"""Requests of `billproof price`, as lives: how the reference model reads the worked examples of docs/pricing.md."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.reference.days import DAY, add_months, day_of
from tests.reference.figures import Document, number
from tests.reference.life import Life
from tests.reference.model import owed

UNITS, SEATS = "units", "seats"


def life_of(request: Document) -> Document:
    """Tell a request as the life of an account whose usage came within the month."""
    month = day_of(request["period"] + "-01")
    charge, usage = dict(request.get("charge") or {}), request.get("usage") or {}
    terms = dict(request.get("terms") or {})
    price: Document = request["price"]
    start = add_months(month, -1) if usage.get("carried") else month
    charge = {
        "id": "charge",
        "name": "charge",
        "product": "product",
        "timing": "in_arrears",
        "effective": {"start": str(start)},
        "price": price,
        **charge,
    }
    events = _Events(month, charge)
    events.add(usage)
    if events.meters and price["model"] not in ("seats", "capacity"):
        charge["meter"] = UNITS
    if price["model"] == "seats" and price.get("true_up", "none") != "none":
        charge["seats_meter"] = SEATS
        events.meters.setdefault(SEATS, _meter(SEATS, "latest"))
    if needs_meter(charge):
        charge["meter"] = UNITS
        events.meters.setdefault(UNITS, _meter(UNITS, "sum"))
    contract = {
        "id": "contract",
        "account": "account",
        "version": 1,
        "effective": {"start": min(charge["effective"]["start"], str(month))},
        "currency": request["currency"],
        "time_zone": "UTC",
        "charges": [charge],
        **terms,
    }
    run = datetime.combine(add_months(month, 1), datetime.min.time()) + timedelta(days=2)
    return {
        "rounding": request["rounding"],
        "contracts": [{"terms": contract}],
        "meters": list(events.meters.values()),
        "usage": events.events,
        "runs": [{"month": request["period"], "at": run.isoformat() + "+00:00"}],
    }


def needs_meter(charge: Document) -> bool:
    without = charge["price"]["model"] in ("flat", "seats", "one_off", "milestone", "capacity")
    return not without and charge.get("quantity") is None and charge.get("meter") is None


def _meter(name: str, aggregation: str, **more: Any) -> Document:
    return {"id": name, "event_type": name, "aggregation": aggregation, "value_property": "value", **more}


class _Events:
    """Events that come to the usage of a request."""

    def __init__(self, month: date, charge: Document) -> None:
        self.month, self.charge = month, charge
        self.first = max(month, day_of(charge["effective"]["start"]))
        """The first day of the month on which the charge is in force: usage without a day is of this one."""
        self.events: list[Document] = []
        self.meters: dict[str, Document] = {}

    def add(self, usage: Document) -> None:
        if usage.get("carried"):
            used = number(self.charge["included_quantity"]) - number(usage["carried"])
            self._event(UNITS, add_months(self.month, -1), {"value": str(used)})
        if usage.get("quantity") is not None:
            self._event(UNITS, self.first, {"value": usage["quantity"]})
        for amount in usage.get("transactions") or ():
            day, value = (amount["day"], amount["amount"]) if isinstance(amount, dict) else (str(self.first), amount)
            self._event(UNITS, day_of(day), {"value": value})
        for each in usage.get("prices") or ():
            self._event(UNITS, self.first, {"value": each["quantity"], "price": each["unit_price"]})
            self.meters[UNITS]["price_property"] = "price"
        for each in usage.get("groups") or ():
            self._event(UNITS, self.first, {"value": each["quantity"], **each["dimension"]})
            self.charge["group_by"] = sorted({*self.charge.get("group_by", ()), *each["dimension"]})
        for name, quantity in (usage.get("parts") or {}).items():
            self._event(UNITS, day_of(name.partition("_")[0]), {"value": quantity})
        for name, quantity in (usage.get("meters") or {}).items():
            self._event(name, self.first, {"value": quantity})
        for place, seats in enumerate(usage.get("days") or ()):
            if seats is not None:
                self._event(SEATS, self.month + place * DAY, {"value": seats}, "latest")

    def _event(self, meter: str, day: date, data: Document, aggregation: str = "sum") -> None:
        self.meters.setdefault(meter, _meter(meter, aggregation))
        at = f"{day}T00:00:00+00:00"
        self.events.append(
            {"id": str(len(self.events)), "subject": "account", "type": meter, "time": at, "received": at, "data": data}
        )


def amount_of(request: Document) -> Decimal:
    """Return what a request comes to: what is payable of all that is due on the month's invoice."""
    month = day_of(request["period"] + "-01")
    life = Life(life_of(request))
    answers = owed(life.document)
    due = {each.slot for each in life.owed(month) if each.due == month}
    return sum((answer.payable for slot, answer in answers.items() if slot in due), Decimal("0.00"))
