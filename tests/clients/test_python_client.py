"""The Python client over a line that fails in every way: nothing is lost, and nothing counts twice."""

import json
import threading
from typing import Any

import pytest

import billproof_client as bc
from billproof.pipeline.live_usage import running_usage
from tests.support.flaky_api import flaky_api
from tests.support.world import INC, JANUARY, World, flight

EVENTS = 3_000


def sent(world: World) -> list[dict[str, Any]]:
    return [event for body in world.usage_events.bodies for event in json.loads(body)]


def quick(url: str, **more: Any) -> bc.UsageClient:
    """A client that waits for hundredths of a second where others wait for seconds."""
    return bc.UsageClient(url, authorize=bc.bearer("t"), linger_seconds=0.01, most_wait_seconds=0.02, **more)


def send_all(usage: bc.UsageClient, numbers: range) -> None:
    for number in numbers:
        usage.send(flight(number))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_or_counts_twice_on_a_line_that_fails(seed: int, world: World) -> None:
    with flaky_api(world, by="sender", faults=0.4, seed=seed) as (url, api):
        with quick(url, batch_size=100, buffer_size=250) as usage:
            threads = [threading.Thread(target=send_all, args=(usage, range(first, EVENTS, 4))) for first in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert api.faults_made > 5
    events = sent(world)
    assert len(events) > EVENTS, "no batch was sent again"
    assert {event["id"] for event in events} == {flight(n)["id"] for n in range(EVENTS)}
    world.ingest(events)
    sources, now = world.preview_sources(), world.now()
    running = running_usage(legal_entity=INC, account="UA", period=JANUARY, sources=sources, now=now)
    assert (running.counts.distinct, running.counts.copies) == (EVENTS, len(events))


def test_what_is_refused_is_told_with_its_reason_and_holds_nothing_up(world: World) -> None:
    refusals: list[bc.Refusal] = []
    with (
        flaky_api(world, by="sender", faults=0.0, seed=1) as (url, _),
        quick(url, on_refused=refusals.append) as usage,
    ):
        usage.send(flight(1))
        usage.send(flight(2) | {"time": "2013-01-05T12:00:00"})
        usage.flush()
        usage.send(flight(3) | {"type": "nothing"})
    assert [(refusal.event["id"], refusal.code, refusal.field) for refusal in refusals] == [
        (flight(2)["id"], "time_without_zone", "time"),
        (flight(3)["id"], "unknown_meter", "type"),
    ]
    assert [event["id"] for event in sent(world)] == [flight(1)["id"]]


def test_what_cannot_be_delivered_is_given_back(world: World) -> None:
    with flaky_api(world, by="sender", faults=1.0, seed=1) as (url, _):
        usage = quick(url)
        usage.send(flight(1))
        with pytest.raises(bc.Undelivered) as undelivered:
            usage.close(timeout_seconds=0.2)
        assert undelivered.value.events == [flight(1)]
        with pytest.raises(RuntimeError, match="closed"):
            usage.send(flight(2))


def test_what_is_no_event_is_refused_at_once() -> None:
    usage = quick("http://127.0.0.1:9")
    with pytest.raises(ValueError, match="JSON"):
        usage.send({"data": float("nan")})
    with pytest.raises(ValueError, match="900000"):
        usage.send({"data": "x" * 1_000_000})
    usage.close()
