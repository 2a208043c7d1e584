"""Which lives are drawn: of an account, of a family, with months run late; and what is asked of them besides."""

import copy
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.reference import builders
from tests.reference.builders import credit_note, days, flat, version
from tests.reference.days import add_months, day_of
from tests.reference.figures import Document
from tests.reference.lives import is_of_whole_months, leave_out_what_goes_by_some_lines, lives
from tests.reference.lives_charges import Drawn


@st.composite
def shuffled(draw: Drawn) -> Document:
    """Draw a life whose months are run late, and so in another order than that of the calendar."""
    life: Document = copy.deepcopy(draw(lives()))
    for number, run in enumerate(life["runs"][:-1]):
        due = day_of(run["at"][:10])
        late = add_months(due, draw(st.sampled_from((0, 1, 2))))
        run["at"] = f"{late}T12:{number:02d}:00Z"
    return life


PERIODS = {"quarter": "2013-04-01", "half_year": "2013-07-01", "year": "2014-01-01"}
"""When the first service period of a cadence ends."""
NEW_YEAR = date(2013, 1, 1)


@st.composite
def conceded(draw: Drawn) -> Document:
    """Draw a fee in advance whose terms change after it was billed, and a credit note of it before or after that.

    It is drawn alone since random lives hardly ever have it: its revenue moves between parts of its service period.
    """
    interval = draw(st.sampled_from(sorted(PERIODS)))
    percent = draw(st.sampled_from((None, "10", "33.3")))
    discount = {"id": "off", "name": "off", "percent": percent, "charges": [], "effective": days()}
    discounts = [discount] if percent else []

    def fee(amount: str) -> Document:
        return builders.charge(flat(amount), cadence={"interval": interval}, timing="in_advance")

    versions = [version(fee(str(draw(st.integers(50, 500)))), discounts=discounts)]
    known = date(2013, 2, 4)
    for number in range(2, 2 + draw(st.integers(1, 2))):
        known += timedelta(days=draw(st.integers(1, 40)))
        since = NEW_YEAR + timedelta(days=draw(st.sampled_from((0, 0, 20, 31, 45, 51, 59, 75))))
        until = since + timedelta(days=draw(st.sampled_from((11, 31, 45, 60)))) if draw(st.booleans()) else None
        amount = draw(st.sampled_from(("0", "30", "300", "600")))
        end = None if until is None else str(until)
        versions.append(
            version(fee(amount), number=number, since=str(since), until=end, known=str(known), discounts=discounts)
        )
    issued = date(2013, 2, 4) + timedelta(days=draw(st.integers(0, 70)))
    amount = draw(st.sampled_from((None, "10.00", "55.55", "120.00")))
    note = credit_note(str(issued), "fee", (str(NEW_YEAR), PERIODS[interval]), amount=amount)
    return builders.life(versions, months=("2013-01", "2013-05"), credit_notes=[note], meters=[])


def without_notes(life: Document) -> Document:
    return {**copy.deepcopy(life), "credit_notes": []}


def billed(life: Document, timing: str) -> Document:
    """Return a life with every fee in advance or in arrears, up to the end of its longest service period.

    Which line an amount or a cap comes off depends on what other invoices bill, so what goes by some lines is left out.
    """
    other = without_notes(life)
    for entry in other["contracts"]:
        leave_out_what_goes_by_some_lines(entry["terms"])
        for charge in entry["terms"]["charges"]:
            charge.pop("refund", None)
            if charge["price"]["model"] in ("flat", "seats") or "quantity" in charge:
                charge["timing"] = timing
    other["runs"] += _years_end(day_of(other["runs"][-1]["month"] + "-01"), other["runs"][-1]["at"])
    return other


def _years_end(after: date, at: str) -> list[Document]:
    """Return a run of the month in which the longest service period has ended, whose fee in arrears it bills."""
    month = add_months(after, 13)
    return [{"month": f"{month:%Y-%m}", "at": f"{add_months(month, 1).replace(day=3)}{at[10:]}"}]


def priced_at_once(life: Document) -> Document | None:
    """Return a life's first month under one version, its usage in time, without seats that telemetry sees.

    None where nothing else is charged.
    """
    first = without_notes(life)
    entry = first["contracts"][0]
    entry["published"] = None
    terms = entry["terms"]
    terms["charges"] = [charge for charge in terms["charges"] if charge.get("seats_meter") is None]
    if not terms["charges"]:
        return None
    names = {charge["id"] for charge in terms["charges"]}
    for kind in ("discounts", "caps", "commitments", "credits", "waivers"):
        terms[kind] = [term for term in terms.get(kind, ()) if set(term["charges"]) <= names]
    if any(charge.get("meter") for charge in terms["charges"]):  # a request does not say on which days it was used
        terms["commitments"] = [term for term in terms["commitments"] if is_of_whole_months(term["effective"])]
    meters = {charge.get("meter") for charge in terms["charges"]}
    first["meters"] = [meter for meter in first["meters"] if meter["id"] in meters]
    types = {meter["event_type"] for meter in first["meters"]}
    first["usage"] = [{**event, "received": event["time"]} for event in first["usage"] if event["type"] in types]
    first["contracts"] = [entry]
    first["runs"] = first["runs"][:1]
    return first
