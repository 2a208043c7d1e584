"""A month whose ERP does not answer: the queue is not read, nothing becomes a dead letter, and all of it is posted."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

from billproof.adapters.sap.erp import NAME, SapErp
from billproof.adapters.sap.rest import SapRest
from billproof.masterdata.charts import ErpBooks
from tests.support.invoking import Context, handler
from tests.support.mock_sap import ACCESS, Sap, mock_sap
from tests.support.world import INC, World, flight

MOST_RECEIVES = 5
MINUTE = timedelta(minutes=1)
INVISIBLE = 6 * MINUTE
"""How long a message that failed is not received again, as the template says."""
ERP_POSTINGS = "mapping of erp-postings"


class Queue:
    """The erp-postings queue: who receives what, when it is visible again, and what is given up."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.waiting = dict.fromkeys(range(len(world.postings.bodies)), world.moment)
        self.received: Counter[int] = Counter()

    def deliver(self) -> None:
        """Let the function take each message that may be received now, one at a time."""
        for number, visible_from in list(self.waiting.items()):
            if ERP_POSTINGS in self.world.consumers.off or visible_from > self.world.moment:
                continue
            self.received[number] += 1
            answer = handler("post_to_erp")(self._event(number), Context(), self.world)
            if answer["batchItemFailures"]:
                self.waiting[number] = self.world.moment + INVISIBLE
            else:
                del self.waiting[number]

    def _event(self, number: int) -> dict[str, Any]:
        record = {
            "messageId": f"{number}",
            "receiptHandle": f"{number}",
            "body": self.world.postings.bodies[number],
            "attributes": {"ApproximateReceiveCount": f"{self.received[number]}", "SenderId": "AROA:release"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:erp-postings",
            "awsRegion": "us-east-1",
        }
        return json.loads(json.dumps({"Records": [record]}))  # type: ignore[no-any-return]


def billed(sap: Sap) -> World:
    world = World()
    rest = SapRest(ACCESS, sap)
    world.erps[NAME] = SapErp(lambda: rest, entities=world.directory.legal_entity)
    world.probes["sap"] = rest.probe
    books = ErpBooks(company="1710", journal="ZB", party_prefix="C-")
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": 2, "erp": NAME, "erp_books": {NAME: books}}))
    world.ingest([flight(1)])
    world.bill()
    return world


def watch(world: World) -> Any:
    return handler("watch_adapters")({}, Context(), world)


def test_an_erp_that_is_down_for_hours_costs_no_message() -> None:
    with mock_sap() as sap:
        world = billed(sap)
        queue = Queue(world)
        sap.fail("error", match="/sap/", count=0)
        for minute in range(3 * 60):
            queue.deliver()
            watched = watch(world)
            assert (minute < 1) or watched["open"] == ["sap"]
            world.moment += MINUTE
        assert max(queue.received.values()) < MOST_RECEIVES
        assert sap.documents() == 0
        sap.mock.faults.clear()
        for _ in range(10):
            queue.deliver()
            watch(world)
            world.moment += MINUTE
        assert queue.waiting == {}
        assert world.consumers.off == set()
        assert max(queue.received.values()) <= MOST_RECEIVES
        assert world.reconcile().outcome == "balanced"


def test_an_erp_that_asks_for_a_pause_gets_it() -> None:
    with mock_sap() as sap:
        world = billed(sap)
        queue = Queue(world)
        sap.fail("busy", match="A_JournalEntry", count=3)
        queue.deliver()
        breaker = world.breakers.items["sap"]
        assert (breaker.is_open, breaker.retry_after) == (True, 30)
        assert watch(world) == {"open": ["sap"], "closed": []}
        world.moment += MINUTE
        assert watch(world) == {"open": [], "closed": ["sap"]}
        world.moment += INVISIBLE
        queue.deliver()
        assert queue.waiting == {}
