"""Where an event is, by an id that it came under before its customer had another one."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.access.scopes import Client, Scope
from billproof_ops.local.people import local_identity
from tests.support.api_events import route_event
from tests.support.crosswalks import crosswalk, merger, publish
from tests.support.invoking import Context, handler
from tests.support.world import INC, World, flight

METERING = "metering"


@pytest.fixture
def world() -> World:
    """The company lets `metering` ask."""
    world = World(accounts={"UA", "WN"})
    policy = world.directory.policy(INC)
    client = Client(id=METERING, identities=(local_identity(METERING),), scopes=(Scope.USAGE_READ,), sources=())
    world.adopt(policy.model_copy(update={"version": policy.version + 1, "clients": (client,)}))
    return world


def find(world: World, event: dict[str, Any], **more: str) -> tuple[int, dict[str, Any]]:
    query = {"account": event["subject"], "source": event["source"], "id": event["id"], "time": event["time"]}
    asked_for = route_event("GET /v1/usage-events", METERING, query=query | more)
    response = handler("api_usage")(asked_for, Context(), world)
    return response["statusCode"], json.loads(response["body"])


MARCH_TIME = "2013-03-05T15:00:00Z"
OLD_ID = "A-17"


def test_an_event_is_found_under_its_old_id_with_that_id_and_the_account_that_it_bills_to(world: World) -> None:
    source = flight(1)["source"]
    publish(
        world, crosswalk(("WN", "2013-01-01", "2013-03-01"), ("UA", "2013-03-01", None), ids=(OLD_ID,), system=source)
    )
    january, march = (
        flight(number, account=OLD_ID) | {"time": time}
        for number, time in ((1, "2013-01-05T15:00:00Z"), (2, MARCH_TIME))
    )
    world.moment = datetime(2013, 3, 20, tzinfo=UTC)
    world.ingest([january, march])
    for event, account in ((january, "WN"), (march, "UA")):
        status, place = find(world, event)
        assert (status, place["state"], place["account"]) == (200, "log", account)
        assert [copy["subject"] for copy in place["copies"]] == [OLD_ID]
        assert find(world, event, account=account)[1] == place
    assert find(world, march, account="WN")[1]["state"] == "not_here"  # in March it is UA's
    assert find(world, march, account="B-99")[0] == 404


def test_an_event_of_a_merged_account_is_found_under_that_account_and_bills_to_the_other(world: World) -> None:
    publish(world, merger("WN", "UA", day="2013-01-01"))
    event = flight(1, account="WN")
    world.ingest([event])
    _, place = find(world, event)
    assert (place["state"], place["account"], place["copies"][0]["subject"]) == ("log", "UA", "WN")


def test_an_event_that_was_refused_before_its_id_had_a_crosswalk_is_found_under_the_id(world: World) -> None:
    event = flight(1, account=OLD_ID)
    world.ingest([event])
    assert find(world, event)[0] == 404  # nobody knows whose it is
    publish(world, crosswalk(("UA", "2013-01-01", None), ids=(OLD_ID,), system=event["source"]))
    _, place = find(world, event)
    assert (place["state"], place["account"], place["refused"][0]["reason"]) == ("refused", "UA", "unknown_account")
