"""The first month of a life as a request of `billproof price`."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from billproof.contracts.model import Contract
from billproof.periods import Period
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.quoting import PriceRequest
from billproof.pricing.reading import Read
from tests.reference.figures import Document
from tests.reference.lives_charges import ADD_UP
from tests.reference.usage import instant


def price_request(life: Document, lines: list[PricedLine]) -> PriceRequest:
    """Return the request that says the charges, terms and usage of a life's first month, which `lines` billed."""
    terms = dict(life["contracts"][0]["terms"])
    contract, month = Contract.model_validate(terms), Period.month(life["runs"][0]["month"])
    given = []
    for charge in terms.pop("charges"):
        alone = [each for each in contract.charges if each.id == charge["id"]]
        read = Read.of([contract.model_copy(update={"charges": tuple(alone)})], month)
        usage = _usage_given(life, charge, read, [line for line in lines if line.charge == charge["id"]])
        price = {name: value for name, value in charge.items() if name != "price"}
        given.append({"price": charge["price"], "charge": price, "usage": usage})
    return PriceRequest.model_validate(
        {
            **given[0],
            "others": given[1:],
            "currency": terms.pop("currency"),
            "rounding": life["rounding"],
            "period": month.name,
            "terms": terms,
        }
    )


def _usage_given(life: Document, charge: Document, read: Read, lines: list[PricedLine]) -> Document:
    """Say what was used of a charge: added up here, event by event; what does not add up as the lines have it."""
    if charge.get("meter") is None:
        return {}
    meter = next(meter for meter in life["meters"] if meter["id"] == charge["meter"])
    month = Period.month(life["runs"][0]["month"])
    zone = ZoneInfo(life["contracts"][0]["terms"]["time_zone"])
    events = [
        (datetime.fromisoformat(event["time"]).astimezone(zone).date(), event["data"])
        for event in sorted(life["usage"], key=lambda event: instant(event["time"]))
        if event["type"] == meter["event_type"]
    ]
    if charge["price"]["model"] == "percentage":
        mine = [(day, data) for day, data in events if month.start <= day < month.end]
        return {"dated_transactions": [{"day": str(day), "amount": data["value"]} for day, data in mine]}
    measured = [line for line in lines if line.kind is LineKind.CHARGE]
    if not measured:
        return {}
    groups = []
    for dimension in [dict(pairs) for pairs in dict.fromkeys(tuple(line.dimension.items()) for line in measured)]:
        mine = [(day, data) for day, data in events if dimension.items() <= data.items()]
        if meter["aggregation"] not in ADD_UP:
            mine_lines = [line for line in measured if line.dimension == dimension]
            groups.append({"dimension": dimension, "quantity": str(mine_lines[0].quantity)})
            continue
        parts = {name: _added(mine, meter, ranges) for name, ranges in {**read.parts, **read.prefixes}.items()}
        groups.append({"dimension": dimension, "quantity": _added(mine, meter, [month]), "parts": parts})
    if charge.get("group_by"):
        return {"groups": groups, "aggregation": meter["aggregation"]}
    return {
        **{name: groups[0][name] for name in ("quantity", "parts") if name in groups[0]},
        "aggregation": meter["aggregation"],
    }


def _added(events: list[tuple[date, Document]], meter: Document, ranges: Iterable[Period]) -> str:
    inside = [data for day, data in events if any(days.start <= day < days.end for days in ranges)]
    return str(len(inside) if meter["aggregation"] == "count" else sum(Decimal(data["value"]) for data in inside))
