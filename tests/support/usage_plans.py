"""What an aggregation is asked for: quantities of January 2013 in New York, of one bucket."""

from typing import Any

from billproof.masterdata.meters import Aggregation
from billproof.readings import Reading
from billproof.usage.model import AccountWindow, AggregationPlan, AskedAggregate

START, END = "2013-01-01T05:00:00.000000Z", "2013-02-01T05:00:00.000000Z"


def ask(aggregation: str, value: str | None = None, group_by: tuple[str, ...] = ()) -> AskedAggregate:
    return AskedAggregate(
        meter=aggregation,
        event_type="flight.departed",
        aggregation=Aggregation(aggregation),
        value_property=value,
        reading=Reading(meter=aggregation, group_by=group_by),
    )


def plan(*asked: AskedAggregate, accounts: tuple[str, ...] = ("UA",), **window: Any) -> AggregationPlan:
    fields: dict[str, Any] = {
        "period": "2013-01",
        "start": START,
        "end": END,
        "after": "",
        "before": "2014",
        "metered": {"flight.departed": ("{}",)},
        "excluded_types": ("flight.cancelled",),
    }
    windows = tuple(AccountWindow(account=account, batch="b", **{**fields, **window}) for account in accounts)
    days = tuple(f"2013-01-{day:02d}" for day in range(1, 32))
    return AggregationPlan(
        run="r",
        bucket=0,
        received_before="2014",
        days=(*days, "2013-02-01"),
        windows=windows,
        asked=asked,
        period="2013-01",
    )
