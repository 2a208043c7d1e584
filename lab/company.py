"""A generated SaaS company: accounts with every contract term, and their usage of some months; the seed is fixed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from billproof.usage.model import CONTROL_TOTAL
from billproof_ops.demo import story
from lab.scene import Event, Scene, Terms
from lab.terms import ALWAYS, ARCHETYPES, charge

SEED = 20
MONTHS = ("2013-01", "2013-02", "2013-03")
ENTITY = "skymeter-inc"
INTERNAL = "internal"
HOURS = ("05:30", "15:00", "21:45")
"""When a source sends first: 05:30 is past midnight in New York."""
REGIONS = ("east", "west", "north")
SOURCES = {
    "lab/gateway": ("api.called", "api_calls"),
    "lab/storage": ("storage.kept", "storage_gb"),
    "lab/jobs": ("job.ran", "job_seconds"),
    "lab/identity": ("seat.used", "people"),
}
METERS = tuple(
    {
        "id": meter,
        "version": 1,
        "name": meter,
        "unit": "units",
        "event_type": kind,
        "accepts_from": "2012-12-01",
        **(
            {"aggregation": "distinct", "value_property": "user"}
            if meter == "people"
            else {"aggregation": "sum", "value_property": "units", "required": True}
        ),
    }
    for kind, meter in SOURCES.values()
)
PLACES = (
    ("New York", "10001", "NY", "US"),
    ("Austin", "78701", "TX", "US"),
    ("Seattle", "98101", "WA", "US"),
    ("Boston", "02116", "MA", "US"),
    ("Atlanta", "30354", "GA", "US"),
    ("Amsterdam", "1118 CL", None, "NL"),
)
VAT_NUMBER = "NL4495445B01"
SEATS_ON_DAY = 5
YEARLY = 5
"""The place of the archetype with the largest invoice."""
LEVELS = {"lab/gateway": 300, "lab/storage": 150, "lab/jobs": 500, "lab/identity": 1}
"""What a usual account uses on a day."""


def company(accounts: int = len(ARCHETYPES), *, months: tuple[str, ...] = MONTHS, seed: int = SEED) -> Scene:
    """Return a company of some accounts, each with the terms of one archetype, and what its sources send."""
    names = [f"acct-{number:04d}" for number in range(accounts)]
    draw = Random(seed)
    documents = [_account(name, number) for number, name in enumerate(names)]
    contracts = [_contract(name, number, draw) for number, name in enumerate(names)]
    documents.append({**_account(INTERNAL, 3), "name": "Internal"})
    free = charge("free", {"model": "per_unit", "unit_price": "0"}, meter="api_calls")
    contracts.append(_terms(INTERNAL, {"charges": [free, *_free()]}))
    by_account = {contract["account"]: _sources_of(contract) for contract in contracts}
    usage = {month: list(_usage(by_account, month, draw)) for month in months}
    priced = [name for name in names if _has(contracts, name, "per_unit")]
    return Scene(
        months=months,
        accounts=documents,
        signed=contracts,
        contracts=[dict(contract) for contract in contracts],
        meters=[dict(meter) for meter in METERS],
        usage=usage,
        totals={month: control_totals(events) for month, events in usage.items()},
        facts={
            "accounts": tuple(names),
            "sources": tuple(SOURCES),
            "metered": priced,
            "per_unit": priced,
            "payers": names,
            "internal": INTERNAL,
            "two_meters": _first(contracts, {"api_calls", "job_seconds"}),
            "largest": names[YEARLY % len(names)],
            "entity": legal_entity(),
            "count": control_totals,
            "archetype": {name: ARCHETYPES[number % len(ARCHETYPES)].name for number, name in enumerate(names)},
        },
    ).copy()


def legal_entity() -> Terms:
    """Return the demo's legal entity in dollars, which relies on the lab's sources and has billed nothing before."""
    (entity,) = (entity for entity in story.master_data().legal_entities if entity.id == ENTITY)
    return {**entity.model_dump(mode="json"), "usage_sources": tuple(SOURCES), "bills_from": f"{MONTHS[0]}-01"}


def control_totals(events: Iterable[Event]) -> list[Event]:
    """Return what sources state of events: for each meter and hour (UTC) their number, and their sum if one is kept."""
    hours: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
    for event in events:
        hour = datetime.fromisoformat(event["time"]).astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")
        meter = SOURCES[event["source"]][1]
        hours[event["source"], meter, hour].append(Decimal(event["data"].get("units", "1")))
    return [
        {
            "specversion": "1.0",
            "id": f"{meter}:{hour}",
            "source": source,
            "type": CONTROL_TOTAL,
            "subject": meter,
            "time": hour,
            "data": {"count": str(len(units))} | ({} if meter == "people" else {"sum": str(sum(units))}),
        }
        for (source, meter, hour), units in sorted(hours.items())
    ]


def _free() -> Iterator[Terms]:
    for meter in ("storage_gb", "job_seconds"):
        yield charge(f"free-{meter}", {"model": "per_unit", "unit_price": "0"}, meter=meter)


def _first(contracts: list[Terms], meters: set[str]) -> str:
    """Return the first account that pays for all of some meters."""
    return next(
        (one["account"] for one in contracts if meters <= {charge.get("meter") for charge in one["charges"]}), INTERNAL
    )


def _has(contracts: list[Terms], account: str, model: str) -> bool:
    return any(
        one["price"]["model"] == model and one.get("meter") == "api_calls"
        for contract in contracts
        if contract["account"] == account
        for one in contract["charges"]
    )


def _account(name: str, number: int) -> Terms:
    city, postal_code, region, country = PLACES[number % len(PLACES)]
    address = {"lines": [f"{number + 1} Main Street"], "city": city, "postal_code": postal_code, "country": country}
    return {
        "id": name,
        "version": 1,
        "name": f"Customer {number:04d} Ltd",
        "legal_entity": ENTITY,
        "address": address if region is None else {**address, "region": region},
        "customer_kind": "business",
        "billing_email": f"ap@{name}.example",
        **({"vat_number": VAT_NUMBER} if country == "NL" else {}),
    }


def _contract(account: str, number: int, draw: Random) -> Terms:
    terms = ARCHETYPES[number % len(ARCHETYPES)].terms(Decimal(draw.randrange(80, 121)) / 100)
    return _terms(account, terms)


def _terms(account: str, terms: Terms) -> Terms:
    base = {
        "id": f"{account}-c",
        "account": account,
        "version": 1,
        "signed_by": "sales@skymeter.example",
        "effective": ALWAYS,
        "currency": "USD",
        "time_zone": "America/New_York",
    }
    return {**base, **terms}


def _sources_of(contract: Terms) -> list[str]:
    meters = {one.get("meter") or one.get("seats_meter") for one in contract["charges"]}
    return [source for source, (_, meter) in SOURCES.items() if meter in meters]


def _usage(by_account: dict[str, list[str]], month: str, draw: Random) -> Iterator[Event]:
    first = date.fromisoformat(f"{month}-01")
    days = [first + timedelta(days=number) for number in range(31)]
    for number, (account, sources) in enumerate(by_account.items()):
        for day in (day for day in days if day.month == first.month):
            for source in sources if account != INTERNAL else ():
                yield from _events(account, number, source, day, draw)


def _events(account: str, number: int, source: str, day: date, draw: Random) -> Iterator[Event]:
    """Yield what a source sends of an account on a day; people come on the fifth, once each, with the same names."""
    users = range(3 + number % 5) if source == "lab/identity" else range(1)
    if source == "lab/identity" and day.day != SEATS_ON_DAY:
        return
    weekend = Decimal("0.6") if day.isoweekday() > 5 else Decimal(1)  # noqa: PLR2004 - Saturday and Sunday
    hours = (HOURS[number % len(HOURS)], "16:10", "17:20")
    for user, hour in [(user, hour) for user in users for hour in (hours if source != "lab/identity" else hours[:1])]:
        data: dict[str, Any] = {"region": REGIONS[(number + day.day) % len(REGIONS)]}
        if source == "lab/identity":
            data |= {"user": f"{account}-user-{user}"}
        else:
            data |= {"units": str(int(LEVELS[source] * (1 + number % 4) * weekend) + draw.randrange(50))}
        yield {
            "specversion": "1.0",
            "id": f"{account}:{day}:{hour}:{user}",
            "source": source,
            "type": SOURCES[source][0],
            "subject": account,
            "time": f"{day}T{hour}:00+00:00",
            "data": data,
        }
