"""Random lives of a family: a parent's life with a pooled charge, and a child under a contract of its own."""

import copy
from datetime import date

from hypothesis import strategies as st

from tests.reference.days import day_of, days_between
from tests.reference.figures import Document
from tests.reference.lives import lives
from tests.reference.lives_charges import QUANTITY_PRICES, Drawn, charge_of, covered, meter_of, usage_of

POOLED, CHILD = "pooled", "child"


@st.composite
def families(draw: Drawn) -> Document:
    """Draw a parent's life, put a pooled charge into each version, and add a child that joins on a day of it."""
    document: Document = copy.deepcopy(draw(lives()))
    first = document["contracts"][0]["terms"]
    start, end = day_of(first["effective"]["start"]), day_of(first["effective"]["end"])
    meter = meter_of(f"{draw(st.sampled_from(('count', 'sum')))}-{POOLED}")
    price = draw(st.sampled_from(QUANTITY_PRICES))
    for entry in document["contracts"]:
        entry["terms"]["charges"].append(charge_of(POOLED, price, start, meter=meter["id"], pooled=True))
    days = covered(meter["id"], document["contracts"], end)
    joins = draw(st.sampled_from(days_between(start, end)))
    document["contracts"].append(_contract_of_child(first, joins))
    document["meters"].append(meter)
    document["usage"] += usage_of(draw, {meter["id"]: days}, [meter], first["time_zone"])
    theirs = usage_of(draw, {meter["id"]: [day for day in days if joins <= day]}, [meter], first["time_zone"])
    document["usage"] += [{**event, "id": f"{CHILD}-{event['id']}", "subject": CHILD} for event in theirs]
    for place, event in enumerate(document["usage"]):
        event["id"] = f"{event['id']}-{place}"
    document["accounts"] = [
        {"id": "account", "parent": None, "member": {"start": str(start), "end": None}},
        {"id": CHILD, "parent": "account", "member": {"start": str(joins), "end": None}},
    ]
    return document


def _contract_of_child(parents: Document, joins: date) -> Document:
    effective = {"start": str(joins), "end": parents["effective"]["end"]}
    fee = charge_of("seat", {"model": "flat", "amount": "31"}, joins)
    terms = {name: parents[name] for name in ("kind", "version", "signed_by", "currency", "time_zone")}
    return {
        "published": None,
        "terms": {**terms, "id": CHILD, "account": CHILD, "effective": effective, "charges": [fee]},
    }
