"""Terms in force by day: which version governs, what a charge's terms are on a day, and in which parts they differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from tests.reference.days import DAY, Range, add_months, day_of, days_between, holds, weight
from tests.reference.figures import Document, canonical, number, rounded_to

PRICED = ("meter", "quantity", "group_by", "conversion", "included_quantity", "rollover", "pooled", "seats_meter")
"""What makes two days' terms differ in price, besides the price itself, its cadence and how days are shared."""
DUE_ONCE = ("one_off", "milestone")
MONEY = ("amount", "unit_price", "package_price", "true_up_price", "fixed_fee", "minimum", "maximum", "otherwise")
NESTED = ("tiers", "cells")


@dataclass(frozen=True)
class Span:
    """Days `[start, end)` on which nothing about a charge changes: the charge as written, its price, what is priced."""

    start: date
    end: date
    charge: Document
    price: Document
    priced: str


@dataclass(frozen=True)
class Part:
    """The days of a service period that the same priced terms cover, with the charge as it was last written.

    `own` are its days; `days` those that are counted for it, with the day on which it ends where that counts.
    """

    own: tuple[date, ...]
    days: tuple[date, ...]
    start: date
    end: date
    charge: Document
    price: Document


class Contract:
    """One contract with the versions of it that are known, up to a horizon."""

    def __init__(self, versions: Iterable[Document], horizon: date) -> None:
        self.versions = sorted(versions, key=lambda version: version["version"])
        self.horizon = horizon
        self.account: str = self.versions[-1]["account"]
        self.id: str = self.versions[-1]["id"]
        self.currency: str = self.versions[-1]["currency"]
        self.time_zone: str = self.versions[-1]["time_zone"]
        self._governing: dict[date, Document | None] = {}
        self._named: dict[int, str] = {}

    @cached_property
    def start(self) -> date:
        return min(day_of(version["effective"]["start"]) for version in self.versions)

    def written(self) -> list[Document]:
        """Return every charge as every version writes it."""
        return [charge for version in self.versions for charge in version["charges"]]

    @property
    def charge_ids(self) -> list[str]:
        return list(dict.fromkeys(charge["id"] for charge in self.written()))

    def governing(self, day: date) -> Document | None:
        """Return the highest version that has begun, whether or not it ended the contract since."""
        if day not in self._governing:
            begun = [version for version in self.versions if day_of(version["effective"]["start"]) <= day]
            self._governing[day] = begun[-1] if begun else None
        return self._governing[day]

    def in_force(self, day: date) -> bool:
        version = self.governing(day)
        if version is None:
            return False
        end = version["effective"].get("end")
        return end is None or day < day_of(end)

    def method(self, day: date) -> str:
        version = self.governing(day) or self.versions[0]
        method: str = (version.get("proration") or {}).get("method", "actual_days")
        return method

    def listed(self, kind: str, day: date) -> list[Document]:
        """Return the discounts, caps, commitments, credits or waivers that hold on a day."""
        version = self.governing(day)
        terms: list[Document] = (version or {}).get(kind) or []
        days = "days" if kind == "waivers" else "effective"
        return [term for term in terms if holds(term[days], day)]

    def has(self, kind: str) -> bool:
        return any(version.get(kind) for version in self.versions)

    def what(self, term: Document) -> str:
        """Name a term by what it takes and from what: a new name or other dates alone make it no other term."""
        if id(term) not in self._named:
            said = {name: value for name, value in term.items() if name not in ("name", "effective")}
            self._named[id(term)] = canonical(said)
        return self._named[id(term)]

    def is_waived(self, charge: str, day: date, period: Range) -> bool:
        """Say whether a day is free; counted inclusively, the day on which a waiver or its version ends is, too."""
        if self._waives(charge, day):
            return True
        before = day - DAY
        is_inclusive = self.method(before) == "actual_days_inclusive"
        return is_inclusive and before >= period[0] and self._waives(charge, before)

    def _waives(self, charge: str, day: date) -> bool:
        return any(not term.get("charges") or charge in term["charges"] for term in self.listed("waivers", day))

    def spans(self, charge_id: str) -> list[Span]:
        """Return the spans of days on which a charge is in force, each with its price after ramps and uplifts."""
        edges = sorted(edge for edge in self._edges(charge_id) if edge < self.horizon)
        spans = []
        for start, end in zip(edges, [*edges[1:], self.horizon], strict=True):
            charge = self._charge_on(charge_id, start)
            if charge is not None:
                version = self.governing(start) or {}
                price = price_on(charge, version, start)
                spans.append(Span(start, end, charge, price, _priced(charge, price, version)))
        return spans

    def _edges(self, charge_id: str) -> set[date]:
        edges = set()
        for version in self.versions:
            ranges = [version["effective"]]
            for charge in version["charges"]:
                if charge["id"] == charge_id:
                    ranges.append(charge["effective"])
                    edges |= {day_of(step["start"]) for step in charge.get("ramp") or ()}
            edges |= {day_of(each[edge]) for each in ranges for edge in ("start", "end") if each.get(edge)}
            edges |= set(renewals(version, self.horizon))
        return edges

    def _charge_on(self, charge_id: str, day: date) -> Document | None:
        version = self.governing(day)
        if version is None or not self.in_force(day):
            return None
        for charge in version["charges"]:
            if charge["id"] == charge_id and holds(charge["effective"], day):
                return dict(charge)
        return None

    def parts(self, spans: list[Span], period: Range) -> list[Part]:
        """Cut a service period into the days of equal priced terms; terms that come back are the same part."""
        found: dict[str, list[Span]] = {}
        for span in spans:
            if span.start < period[1] and period[0] < span.end:
                found.setdefault(span.priced, []).append(span)
        return [self._part(same, period) for same in found.values()]

    def _part(self, spans: list[Span], period: Range) -> Part:
        own: list[date] = []
        days: list[date] = []
        for index, span in enumerate(spans):
            start, end = max(span.start, period[0]), min(span.end, period[1])
            own += days_between(start, end)
            goes_on = index + 1 < len(spans) and spans[index + 1].start == span.end
            if self.method(start) == "actual_days_inclusive" and end < period[1] and not goes_on:
                end += DAY
            days += days_between(start, end)
        start, end = max(spans[0].start, period[0]), min(spans[-1].end, period[1])
        return Part(tuple(own), tuple(days), start, end, spans[-1].charge, spans[-1].price)

    def share(self, days: Iterable[date], length: int) -> Fraction:
        """Say which share of a period some of its days are; rounded where the contract says so."""
        days = list(days)
        if not days:
            return Fraction(0)
        terms = (self.governing(days[0]) or {}).get("proration") or {}
        exact = Fraction(sum(weight(day, self.method(days[0])) for day in days), length)
        decimals = terms.get("ratio_decimals")
        return exact if decimals is None else rounded_to(exact, decimals, terms.get("ratio_rounding", "half_up"))


def _priced(charge: Document, price: Document, version: Document) -> str:
    cadence = charge.get("cadence") or {}
    named = {name: charge.get(name) or None for name in PRICED}
    of_days = {name: value for name, value in (version.get("proration") or {}).items() if value != "actual_days"}
    once = {"method": of_days.get("method"), "decimals": of_days.get("ratio_decimals")}
    return canonical({**named, "price": price, "cadence": cadence.get("interval", "month"), "days": once})


def price_on(charge: Document, version: Document, day: date) -> Document:
    """Return a charge's price on a day: the last step of its ramp, raised by every renewal since that was stated."""
    price, stated = charge["price"], day_of(version["effective"]["start"])
    for step in charge.get("ramp") or ():
        if day_of(step["start"]) <= day:
            price, stated = step["price"], max(stated, day_of(step["start"]))
    if price["model"] in DUE_ONCE:
        return dict(price)
    for renewal in renewals(version, day + DAY):
        if renewal > stated:
            price = raised(price, version["renewal"], renewal)
    return dict(price)


def renewals(version: Document, before: date) -> list[date]:
    """Return the days before another on which a version raises its own prices."""
    renewal = version.get("renewal")
    if not renewal or not renewal.get("automatic"):
        return []
    dates, first, count = [], day_of(renewal["renews_on"]), 0
    while (day := add_months(first, count * renewal.get("term_months", 12))) < before:
        dates.append(day)
        count += 1
    return dates


def raised(price: Document, renewal: Document, day: date) -> Document:
    """Raise a price once: by a percentage, by the ratio of an index, or, where it is flat, by an amount."""
    if renewal.get("uplift_amount"):
        if price["model"] != "flat":
            return price
        amount = number(price["amount"]) + number(renewal["uplift_amount"])
        return {**price, "amount": str(_kept(amount, renewal))}
    if renewal.get("uplift_percent"):
        ratio = 1 + number(renewal["uplift_percent"]) / 100
    else:
        before = add_months(day, -renewal.get("term_months", 12))
        ratio = _index(renewal["index"], day) / _index(renewal["index"], before)
    return _scaled(price, ratio, renewal)


def _index(table: list[Document], day: date) -> Fraction:
    return number([entry["value"] for entry in table if day_of(entry["start"]) <= day][-1])


def _kept(amount: Fraction, renewal: Document) -> Fraction:
    return rounded_to(amount, renewal.get("price_decimals", 15), "half_up")


def _scaled(price: Document, ratio: Fraction, renewal: Document) -> Document:
    scaled = dict(price)
    for name, value in price.items():
        if name in NESTED:
            scaled[name] = [_scaled(each, ratio, renewal) for each in value]
        elif name in (*MONEY, "flat_fee") and value is not None:
            scaled[name] = str(_kept(number(value) * ratio, renewal))
    return scaled
