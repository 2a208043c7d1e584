"""What anybody may send to the doors that check a signature or a link: it is refused, and is no error of ours."""

import copy
import json
from typing import Any

import pytest

from tests.support.api_events import route_event
from tests.support.invoking import Context, handler
from tests.support.world import INC, World

DOORS = ("receive_stripe_event", "receive_crm_webhook", "serve_customer_page")
PLACES = [
    *(("headers",), ("body",), ("isBase64Encoded",), ("pathParameters",), ("rawPath",), ("rawQueryString",)),
    *(("requestContext",), ("requestContext", "http"), ("requestContext", "domainName")),
    *(("requestContext", "http", "method"), ("pathParameters", "gateway"), ("headers", "stripe-signature")),
    *(("headers", "x-hubspot-signature-v3"), ("headers", "x-hubspot-request-timestamp")),
]
VALUES: list[Any] = [None, "", "x", "\ud800", "é", "&&&", "9" * 400, "٣٣٣", "[" * 50_000, 1, True, [], {}, ["x"]]


@pytest.fixture(scope="module")
def world() -> World:
    known = World()
    known.__dict__.update({"hubspot_client_secret": "client"})
    return known


def unsigned(world: World) -> dict[str, Any]:
    """A request as it comes in, with signatures of now that nobody made."""
    now = world.now().timestamp()
    event = route_event(DOORS[0], None, body="{}", legal_entity=INC, gateway="cards")
    event |= {"rawPath": "/", "isBase64Encoded": False}
    event["requestContext"] |= {"domainName": "x.example", "http": {"method": "POST"}}
    event["headers"] |= {
        "stripe-signature": f"t={int(now)},v1=abc",
        "x-hubspot-signature-v3": "abc",
        "x-hubspot-request-timestamp": str(int(now * 1_000)),
    }
    return event


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("place", PLACES, ids="/".join)
@pytest.mark.parametrize("is_packed", [False, True])
def test_what_is_not_signed_is_refused_whatever_its_shape(
    door: str, place: tuple[str, ...], world: World, *, is_packed: bool
) -> None:
    for value in VALUES:
        event = copy.deepcopy(unsigned(world)) | {"isBase64Encoded": is_packed}
        part = event
        for name in place[:-1]:
            part = part[name]
        part[place[-1]] = value
        response = handler(door)(event, Context(), world)
        assert 400 <= response["statusCode"] < 500, value
        is_page = response["headers"]["content-type"] == "text/html; charset=utf-8"
        assert is_page or json.loads(response["body"])["code"]
    assert (world.payment_events.bodies, world.usage_events.bodies) == ([], [])
