"""Usage over HTTP: what one function carries, and what a million events cost beside those of the queue."""

import json
import math
from decimal import Decimal
from itertools import batched

from billproof.access.scopes import Scope
from billproof_ops.costs.prices import Prices, cost_of
from tests.bench import load
from tests.bench.ratios import Measure, side_by_side
from tests.support.api_events import route_event
from tests.support.fakes import MemoryQueue
from tests.support.invoking import Context, handler
from tests.support.one_client import let_one_client_in

A_CALL = 1_000
"""Events of a call, the most that there may be."""
MEMORY_GB = Decimal(1769) / 1024
"""Memory of api_usage and of ingest_usage: one whole CPU."""
METERED_BYTES = 512 * 1024
"""API Gateway counts a request for each so many bytes of a call."""
QUEUE_BYTES = 64 * 1024
"""SQS counts a request for each so many bytes of a call."""
MILLION = 1_000_000


def measure(events: int = 50_000) -> list[Measure]:
    """Send events by calls of 1,000 through the handler of the API, and ingest the same from the queue."""
    world = let_one_client_in(load.world(), "metering", Scope.USAGE_WRITE)
    every = [event for body in load.bodies(events) for event in json.loads(body)]
    bodies = [json.dumps(list(chunk), separators=(",", ":")) for chunk in batched(every, A_CALL, strict=False)]
    calls = [route_event("POST /v1/usage-events", "metering", body=body) for body in bodies]
    batches = load.calls(events)
    send = handler("api_usage")

    def over_http() -> None:
        world.usage_events = MemoryQueue()
        for call in calls:
            assert send(call, Context(), world)["statusCode"] == 202

    def from_the_queue() -> None:
        load.ingest(world, batches)

    ratio, mine, theirs = side_by_side(over_http, from_the_queue)
    dollars = _dollars(bodies, mine / events, events)
    a_second = int(events / mine)
    return [
        Measure(
            name="an event over HTTP / its ingestion",
            value=round(ratio, 2),
            goal="<= 2.0",
            reached=ratio <= 2,
            detail=f"{events:,} events in calls of {A_CALL:,}: {mine:.2f} s of CPU against {theirs:.2f} s; one "
            f"function with one CPU carries {a_second:,} events a second",
        ),
        Measure(
            name="a million events over HTTP, before they are ingested, USD",
            value=round(dollars, 4),
            goal="<= 0.03",
            reached=dollars <= 0.03,
            detail="API Gateway, Lambda by this machine's CPU time, SQS by 64 KB; what is ingested costs the same "
            "however it came",
        ),
    ]


def _dollars(bodies: list[str], cpu_an_event: float, events: int) -> float:
    """Price a million events of the same size by list prices."""
    times = Decimal(MILLION) / events
    units = {
        "http request": times * sum(math.ceil(len(body) / METERED_BYTES) for body in bodies),
        "lambda request": times * len(bodies),
        "lambda GB-second": Decimal(cpu_an_event) * MILLION * MEMORY_GB,
        "sqs request": times * sum(math.ceil(len(body) / QUEUE_BYTES) for body in bodies),
        "dynamodb write": times * len(bodies),
    }
    return float(sum(cost_of(units, Prices.read(), days={}).values()))
