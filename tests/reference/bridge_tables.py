"""A life as a table that a finance person reads: its terms, usage, documents, and where the product differs."""

import json
from collections.abc import Iterable, Mapping

from tests.reference import model
from tests.reference.figures import Document
from tests.reference.lines import Slot

LEFT_OUT = {"kind", "id", "account", "version", "signed_by", "currency", "time_zone", "effective", "charges"}
PLAIN_CHARGE = {"id", "name", "product", "revenue_category", "effective", "price"}
WHOLE_MONTH = {"interval": "month"}


def table_of(life: Document, right: Mapping[str, object], got: Mapping[str, object]) -> str:
    """Return a life, and each row in which what is right and what was got differ."""
    rows = ["", "TERMS", *_terms(life), "USAGE", *_usage(life), "DOCUMENTS (right)", *_documents(life)]
    rows += ["DIFFERENT", *_differences(right, got), "LIFE", json.dumps(life)]
    return "\n".join(rows)


def _differences(right: Mapping[str, object], got: Mapping[str, object]) -> Iterable[str]:
    for name in dict.fromkeys([*right, *got]):
        if right.get(name) != got.get(name):
            yield f"  {name}: right {right.get(name, 'nothing')}, got {got.get(name, 'nothing')}"


def named(slot: Slot) -> str:
    """Write a slot: its term, its days, and what it is besides a charge of no group."""
    kind = "" if slot.kind == "charge" else f" {slot.kind}"
    group = "".join(f" {name} {value}" for name, value in slot.dimension)
    return f"{slot.contract}/{slot.term}{kind}{group} {slot.start} to {slot.end}"


def _terms(life: Document) -> Iterable[str]:
    for entry in life["contracts"]:
        terms, known = entry["terms"], entry.get("published") or "the first"
        yield f"  {terms['id']} version {terms['version']} of {_days(terms['effective'])}, known from {known}"
        for charge in terms["charges"]:
            more = {name: value for name, value in charge.items() if name not in PLAIN_CHARGE}
            if more.get("cadence") == WHOLE_MONTH:
                del more["cadence"]
            yield f"    {charge['id']} from {_days(charge['effective'])}: {_short(charge['price'])} {_short(more)}"
        for name, value in terms.items():
            if name not in LEFT_OUT and value:
                for each in value if isinstance(value, list) else [value]:
                    yield f"    {name}: {_short(each)}"


def _usage(life: Document) -> Iterable[str]:
    for event in life["usage"]:
        whose = f"{event['subject']} " if len({each["subject"] for each in life["usage"]}) > 1 else ""
        yield f"  {event['time']} {whose}{event['type']} {_short(event['data'])}, arrives {event['received']}"


def _documents(life: Document) -> Iterable[str]:
    notes = {note["id"]: note for note in life.get("credit_notes") or ()}
    for issued in model.billed(life):
        asked = notes.get(issued.note or "")
        what = f"credit note {_short(asked)}" if asked else f"invoice of {issued.month}"
        yield f"  {issued.at:%Y-%m-%d} {what}"
        for slot, amounts in issued.amounts.items():
            drawn = f", of it drawn {amounts.drawn}" if amounts.drawn else ""
            yield f"    {named(slot)}: {amounts.net}{drawn}"


def _days(effective: Document) -> str:
    end = effective.get("end")
    return f"{effective['start']} to {end}" if end else f"{effective['start']}"


def _short(value: object) -> str:
    return json.dumps(value).replace('"', "") if value else ""
