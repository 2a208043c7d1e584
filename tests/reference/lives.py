"""Random lives of an account: hypothesis strategies that make documents of the form that the package describes.

Lives are small: a few months, one to three charges, a few events, so that one costs some milliseconds to evaluate. They
keep to what a contract may say, to terms of the published schemas, and to usage on days that the contract covers. Every
life ends with a run after all that arrives late, so that what is billed can be compared with what is owed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.reference.days import add_months, month_start
from tests.reference.figures import Document, in_currency
from tests.reference.lives_charges import (
    ZONES,
    Drawn,
    begun,
    charges,
    covered,
    meters_of,
    usage_of,
    with_other_timing,
)
from tests.reference.lives_notes import credit_notes

STARTS = (date(2013, 1, 1), date(2013, 1, 17), date(2013, 12, 10), date(2016, 1, 31))
"""The first day of a contract: of a month and within one, in a leap year and not."""
SETTLED = 4
"""How many months after the last one its late usage has come at the latest."""
REDUCTIONS = ("discounts", "caps", "commitments", "credits", "waivers")
REASONS = ("trial", "free_period", "pause")
CURRENCIES = ("USD", "USD", "JPY", "KWD")
"""Two decimals in half of the lives, none and three in the others."""
TAKES: tuple[Document, ...] = (
    {"percent": "20"},
    {"percent": "33.3"},
    {"percent": "100"},
    {"percent": "12.5", "rounding": "per_document"},
    {"amount": "25.50"},
    {"amount": "40.01", "spread": "in_order"},
)
PRORATIONS: tuple[Document, ...] = (
    {},
    {"method": "thirty_day_months"},
    {"method": "actual_days_inclusive"},
    {"ratio_decimals": 4},
)


@dataclass(frozen=True)
class Frame:
    """When a life takes place: the contract's days, and the months that are run."""

    start: date
    end: date
    months: tuple[date, ...]

    def day(self, drawn: Drawn) -> date:
        return self.start + timedelta(days=drawn(st.integers(0, (self.end - self.start).days - 1)))


@st.composite
def lives(draw: Drawn, *, timing: str | None = None) -> Document:
    """Draw a life; with a timing, every charge that can be billed so is (nothing else is drawn otherwise)."""
    frame = _frame(draw)
    first = charges(draw, frame.start, timing)
    terms = {"currency": draw(st.sampled_from(CURRENCIES)), "time_zone": draw(st.sampled_from(ZONES))}
    terms |= _terms(draw, frame, first, terms["currency"])
    versions = [_version(1, first, terms, (frame.start, frame.end))]
    for number in range(2, 2 + draw(st.integers(0, 2))):
        versions.append(_amended(draw, frame, versions[-1], number))
    meters = meters_of(first)
    days = {meter["id"]: covered(meter["id"], versions, frame.end) for meter in meters}
    usage = usage_of(draw, days, meters, terms["time_zone"])
    life = {
        "rounding": draw(st.sampled_from(("half_up", "half_even"))),
        "contracts": versions,
        "meters": meters,
        "usage": usage,
        "runs": _runs(frame),
    }
    return {**life, "credit_notes": credit_notes(draw, frame.months, life)}


def _frame(draw: Drawn) -> Frame:
    start = draw(st.sampled_from(STARTS))
    months = tuple(add_months(month_start(start), number) for number in range(draw(st.integers(2, 4))))
    after = add_months(months[-1], 1)
    return Frame(start, after - timedelta(days=draw(st.sampled_from((0, 0, 1, 12)))), months)


def _runs(frame: Frame) -> list[Document]:
    """Return a run of each month on the third of the next one, and one of the next month once all usage has come."""
    runs = [
        {"month": f"{month:%Y-%m}", "at": f"{add_months(month, 1).replace(day=3)}T12:00:00Z"} for month in frame.months
    ]
    after = add_months(frame.months[-1], 1)
    return [*runs, {"month": f"{after:%Y-%m}", "at": f"{add_months(after, SETTLED)}T12:00:00Z"}]


def _version(number: int, charges_: list[Document], terms: Document, days: tuple[date, date]) -> Document:
    contract = {
        "kind": "contract",
        "id": "contract",
        "account": "account",
        "version": number,
        "signed_by": "sales@example.com",
        "effective": {"start": str(days[0]), "end": str(days[1])},
        "charges": charges_,
        **terms,
    }
    return {"published": None, "terms": contract}


def _terms(draw: Drawn, frame: Frame, charges_: list[Document], currency: str) -> Document:
    """Draw what comes off and what is added: each kind in about a third of the lives."""
    names = [charge["id"] for charge in charges_]
    terms: Document = {}
    makers = {
        "discounts": _discount,
        "caps": _cap,
        "commitments": _commitment,
        "credits": _credit,
        "waivers": _waiver,
    }
    for kind, make in makers.items():
        count = draw(st.sampled_from((0, 0, 1, 2)))
        made = [make(draw, frame, names, f"{kind}-{number}") for number in range(count)]
        if made:
            terms[kind] = made
    for discount in terms.get("discounts", ()):
        if "amount" in discount:
            discount["amount"] = in_currency(discount["amount"], currency)
    if "credits" in terms:
        _roll_over(draw, terms["credits"])
    proration = draw(st.sampled_from(PRORATIONS))
    if proration:
        terms["proration"] = proration
    if draw(st.integers(0, 3)) == 0:
        renews_on = str(add_months(frame.months[0], 1))
        terms["renewal"] = {"renews_on": renews_on, "uplift_percent": "10", "automatic": True, "term_months": 2}
    return terms


def _some(draw: Drawn, names: list[str]) -> list[str]:
    chosen: list[str] = draw(st.sampled_from(([], names[:1], names)))
    return chosen


def _range(draw: Drawn, frame: Frame) -> Document:
    start = draw(st.sampled_from((frame.start, month_start(frame.start), frame.day(draw))))
    end = draw(st.sampled_from((None, start + timedelta(days=draw(st.integers(1, 70))))))
    return {"start": str(start), "end": None if end is None else str(end)}


def _discount(draw: Drawn, frame: Frame, names: list[str], name: str) -> Document:
    takes = draw(st.sampled_from(TAKES))
    return {"id": name, "name": name, **takes, "charges": _some(draw, names), "effective": _range(draw, frame)}


def _cap(draw: Drawn, frame: Frame, names: list[str], name: str) -> Document:
    amount = str(draw(st.integers(0, 300)))
    return {
        "id": name,
        "name": name,
        "amount": amount,
        "charges": _some(draw, names),
        "effective": _range(draw, frame),
    }


def _commitment(draw: Drawn, frame: Frame, names: list[str], name: str) -> Document:
    return {
        "id": name,
        "name": name,
        "amount": str(draw(st.integers(0, 900))),
        "charges": _some(draw, names) or names,
        "revenue_category": "revenue",
        "effective": _range(draw, frame),
        "months": draw(st.sampled_from((1, 1, 2, 3))),
    }


def _credit(draw: Drawn, frame: Frame, names: list[str], name: str) -> Document:
    return {
        "id": name,
        "name": name,
        "amount": str(draw(st.integers(1, 600))),
        "priority": draw(st.integers(0, 2)),
        "shortfalls": draw(st.sampled_from((True, True, False))),
        "charges": _some(draw, names),
        "effective": _range(draw, frame),
    }


def _roll_over(draw: Drawn, credits_: list[Document]) -> None:
    """Let the first credit roll over to the second one, where that begins once the first has expired."""
    if len(credits_) < 2 or not draw(st.booleans()):
        return
    end = credits_[0]["effective"]["end"]
    if end is not None and credits_[1]["effective"]["start"] >= end:
        credits_[0]["rolls_over_to"] = credits_[1]["id"]


def _waiver(draw: Drawn, frame: Frame, names: list[str], name: str) -> Document:
    reason = draw(st.sampled_from(REASONS))
    return {"id": name, "reason": reason, "charges": _some(draw, names), "days": _range(draw, frame)}


def _amended(draw: Drawn, frame: Frame, before: Document, number: int) -> Document:
    """Draw the next version: another price, seats, name or timing, an earlier end, or a charge that is dropped.

    What is restated is another timing or first day of the charges, or a later end, from the contract's first day on.
    """
    terms = before["terms"]
    start, end = frame.day(draw), date.fromisoformat(terms["effective"]["end"])
    if start >= end:
        start = end - timedelta(days=1)
    changed = [dict(charge) for charge in terms["charges"]]
    kind = draw(st.sampled_from(("price", "price", "name", "end", "drop", "timing", "restated", "nothing")))
    if kind == "price":
        changed = [{**charge, "price": _dearer(charge["price"])} for charge in changed]
    elif kind == "name":
        changed = [{**charge, "name": f"{charge['name']}, renamed", "revenue_category": "other"} for charge in changed]
    elif kind == "end":
        end = start + timedelta(days=draw(st.integers(1, (end - start).days)))
    elif kind == "timing":
        changed = [with_other_timing(charge) for charge in changed]
    elif kind == "restated":
        start, end = frame.start, draw(st.sampled_from((end, frame.end)))
        changed = draw(st.sampled_from((list(map(with_other_timing, changed)), begun(changed, start))))
    elif kind == "drop" and len(changed) > 1:
        changed = changed[:-1]
    left = {charge["id"] for charge in changed}
    others = {name: _without(terms.get(name), left) for name in REDUCTIONS}
    others["credits"] = _without_lost_targets(others["credits"])
    kept = {name: terms[name] for name in ("currency", "time_zone", "proration", "renewal") if name in terms}
    kept |= {name: value for name, value in others.items() if value}
    version = _version(number, changed, kept, (start, end))
    late = draw(st.sampled_from((None, 0, 20, 45)))
    if late is not None:
        version["published"] = f"{start + timedelta(days=late)}T00:00:00Z"
    return version


def _without(terms: list[Document] | None, charges_: set[str]) -> list[Document]:
    return [term for term in terms or [] if set(term["charges"]) <= charges_]


def _dearer(price: Document) -> Document:
    """Raise a price by half, or, for seats, commit to three more."""
    if price["model"] == "seats":
        return {**price, "seats": price["seats"] + 3}
    changed: dict[str, Any] = {}
    for name, value in price.items():
        if name in ("amount", "unit_price", "package_price", "flat_fee", "percent"):
            changed[name] = str(int(value) * 3 // 2)
        elif name in ("tiers", "cells"):
            changed[name] = [_dearer({"model": "", **each}) for each in value]
            changed[name] = [{key: each[key] for key in each if key != "model"} for each in changed[name]]
        else:
            changed[name] = value
    return changed


def _without_lost_targets(credits_: list[Document]) -> list[Document]:
    """Let no credit roll over to one that is left out."""
    left = {credit["id"] for credit in credits_}
    lost = {credit["id"] for credit in credits_ if credit.get("rolls_over_to", credit["id"]) not in left}
    return [
        {name: value for name, value in credit.items() if name != "rolls_over_to" or credit["id"] not in lost}
        for credit in credits_
    ]


def is_of_whole_months(days: Document) -> bool:
    return all(day is None or day.endswith("-01") for day in (days["start"], days.get("end")))


def leave_out_what_goes_by_some_lines(terms: Document) -> None:
    """Leave out commitments, credits and caps for some of the charges, and what would roll over to one of those.

    And commitments and caps of some days of a month: they count those days of what is left of each line.
    What is rounded once for an invoice is rounded on each line.
    """
    names = {charge["id"] for charge in terms["charges"]}
    for kind in ("commitments", "credits", "caps"):
        terms[kind] = [term for term in terms.get(kind, ()) if not term["charges"] or {*term["charges"]} >= names]
    for discount in terms.get("discounts", ()):
        discount.pop("rounding", None)
    for kind in ("commitments", "caps"):
        terms[kind] = [term for term in terms[kind] if is_of_whole_months(term["effective"])]
    terms["credits"] = _without_lost_targets(terms["credits"])
