"""Events and worlds to measure with: the same for the same numbers."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import batched
from typing import Any

from billproof.usage.ingestion import Message, ingest_usage
from billproof.usage.model import AggregationPlan
from billproof_ops.demo import story
from tests.support.world import ACCEPTANCE, NOW, World

SENT = NOW - timedelta(days=1)
"""Before the cut-off: nothing is late."""
EVENTS_PER_MESSAGE = 100
MESSAGES_PER_CALL = 50


def account_name(number: int) -> str:
    """Name an account."""
    return f"C{number:05d}"


def event(number: int, *, accounts: int, days: int, total: int, first: int = 1) -> dict[str, Any]:
    """An API call of a customer, since the first day; calls come in the order of time, every fiftieth twice.

    The first hours of the first of January are December where the accounts are.
    """
    if number % 50 == 49:
        number -= 1
    second = number * days * 86_400 // total
    day, rest = divmod(second, 86_400)
    return {
        "specversion": "1.0",
        "id": f"call-{number:09d}",
        "source": "gateway/eu-1",
        "type": "flight.departed",
        "subject": account_name(number * 7919 % accounts),
        "time": f"2013-01-{day + first:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z",
        "data": {"distance": f"{number % 997}.{number % 89:02d}", "tail_number": f"N{number % 4000}"},
    }


def bodies(total: int, *, accounts: int = 20, days: int = 31, first: int = 1) -> Iterator[str]:
    """Pack events into message bodies."""
    for start in range(0, total, EVENTS_PER_MESSAGE):
        chunk = range(start, min(start + EVENTS_PER_MESSAGE, total))
        found = [event(number, accounts=accounts, days=days, total=total, first=first) for number in chunk]
        yield json.dumps(found, separators=(",", ":"))


def world(*, accounts: int = 20, buckets: int = 1) -> World:
    """A legal entity with so many accounts, each charged by graduated flights and miles, 10 % off."""
    made = World(buckets=buckets, batch_size=25, accounts=())
    fill(made, accounts)
    return made


def fill(made: World, accounts: int) -> None:
    """Publish so many accounts, each with the first contract of the demo's UA."""
    demo = story.master_data()
    account = next(account for account in demo.accounts if account.id == "UA")
    contract = next(terms for terms in demo.contracts if terms.account == "UA")
    for name in map(account_name, range(accounts)):
        made.publish(account.model_copy(update={"id": name}))
        made.publish(contract.model_copy(update={"id": f"{name}-2013", "account": name}))


def calls(total: int, **shape: int) -> list[list[Message]]:
    """Return the messages of each call of ingest_usage."""
    return list(calls_one_by_one(total, **shape))


def calls_one_by_one(total: int, **shape: int) -> Iterator[list[Message]]:
    """Yield the messages of each call of ingest_usage, made when they are wanted."""
    made = (Message(id=f"m{n}", body=body, sent_at=SENT) for n, body in enumerate(bodies(total, **shape)))
    return map(list, batched(made, MESSAGES_PER_CALL, strict=False))


def ingest(made: World, batches: list[list[Message]]) -> None:
    """Write the messages' events to the log."""
    for batch in batches:
        ingest_usage(
            batch,
            objects=made.objects,
            reference_data=made.reference_data,
            buckets=made.buckets(),
            acceptance=ACCEPTANCE,
        )


def aggregation_plan(made: World, run: str) -> AggregationPlan:
    """Plan a run and return the plan of its first bucket."""
    from billproof.pipeline.artefacts import AGGREGATION_PLAN, Artefacts
    from billproof.usage.keys import bucket_name

    plan = made.plan(run)
    return Artefacts(made.objects).read(AGGREGATION_PLAN, run, bucket_name(plan.buckets[0]))
