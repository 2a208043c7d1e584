"""Events whose values ingestion would refuse: they came before the meter was published that now reads them.

    an event with "-5"     meter published     another one
    accepted, not read     measured: unread    refused: quantity_negative, in quarantine

Neither is billed. What an account has of the first kind is counted, and holds it (pricing/service.py).
"""

from typing import Any

from billproof.usage.model import AggregationPlan, AskedAggregate
from billproof.usage.querying import Queries, condition


def unread_values(plan: AggregationPlan, queries: Queries) -> list[dict[str, int]]:
    """Return for each window of a plan how many of its events have no value for a meter that it reads.

    A meter that is read in several ways is counted once.
    """
    meters: dict[str, AskedAggregate] = {}
    for asked_aggregate in plan.asked:
        if queries.unread(asked_aggregate) != "false":
            meters.setdefault(asked_aggregate.meter, asked_aggregate)
    unread: list[dict[str, int]] = [{} for _ in plan.windows]
    if not meters:
        return unread
    clauses: list[str] = []
    parameters: dict[str, Any] = {}
    for number, asked_aggregate in enumerate(meters.values()):
        counted, values = condition(asked_aggregate.where, queries.names, prefix=f"u{number}")
        kind = f"kind{number}"
        clauses.append(f"type = ${kind} and {counted} and {queries.unread(asked_aggregate)}")
        parameters |= {**values, kind: asked_aggregate.event_type}
    for window, *counts in queries.counts(clauses, parameters):
        if window >= len(plan.windows):
            continue  # a part of another one
        for events, asked_aggregate in zip(counts, meters.values(), strict=True):
            if events and asked_aggregate.event_type in plan.windows[window].metered:
                unread[window][asked_aggregate.meter] = events
    return unread
