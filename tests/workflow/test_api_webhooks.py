"""Webhooks over HTTP: who may register an endpoint, what the answers hold, and what is sent again."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from billproof.api.webhook_routes import DELIVERIES_A_PAGE
from billproof.audit.model import AuditBlock
from billproof.event_reading import event_sources
from billproof.events.deriving import EventSources
from billproof.events.model import OutboundEvent
from billproof.events.reading import blocks_after
from billproof.store_keys import ChainName
from billproof.webhooks import replaying
from billproof.webhooks.model import WebhookAttempt, WebhookDelivery
from billproof.webhooks.signing import secret_of
from tests.support.verifying import verified
from tests.support.webhook_world import WorldWithWebhooks, ask
from tests.support.webhooks import KEY, URL
from tests.support.world import EUROPE, INC, JANUARY, flight

ENDPOINTS = "/v1/webhook-endpoints"
ONE = f"{ENDPOINTS}/{{endpoint}}"


@pytest.fixture
def world() -> WorldWithWebhooks:
    return WorldWithWebhooks()


def registered(world: WorldWithWebhooks, **more: Any) -> str:
    answer = ask(world, f"POST {ENDPOINTS}", {"legal_entity": INC, "url": URL, **more})
    endpoint: str = answer["endpoint"]["id"]
    assert answer["secret"] == secret_of(KEY, endpoint, answer["endpoint"]["generation"])
    return endpoint


def test_an_endpoint_is_registered_listed_rotated_and_removed_and_the_chain_says_by_whom(
    world: WorldWithWebhooks,
) -> None:
    endpoint = registered(world)
    assert registered(world) == endpoint
    listed = ask(world, f"GET {ENDPOINTS}", query={"legal_entity": INC})["endpoints"]
    assert [(known["id"], known["url"], known["is_enabled"], known["changed_by"]) for known in listed] == [
        (endpoint, URL, True, "hooks")
    ]
    assert "secret" not in json.dumps(listed)
    rotated = ask(world, f"POST {ONE}/secrets", {"generation": 2}, endpoint=endpoint)
    assert rotated == ask(world, f"POST {ONE}/secrets", {"generation": 2}, endpoint=endpoint)
    assert rotated["secret"] == secret_of(KEY, endpoint, 2)
    ask(world, f"DELETE {ONE}", endpoint=endpoint)
    ask(world, f"GET {ONE}", endpoint=endpoint, status=HTTPStatus.NOT_FOUND)
    assert ask(world, f"GET {ENDPOINTS}", query={"legal_entity": INC})["endpoints"] == []
    world.settle()
    assert verified(world).findings == ()
    entries = [
        entry
        for key, block in world.audit.items.items()
        if key.partition.startswith("chain#")
        for entry in block["entries"]
        if entry["place"][0] == f"webhooks#{INC}"
    ]
    assert {entry["by"] for entry in entries} == {"hooks"}
    assert len(entries) == 3


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"legal_entity": INC, "url": "http://hooks.example/"}, 422, "invalid_input"),
        ({"legal_entity": INC, "url": "https://user@hooks.example/"}, 422, "invalid_input"),
        ({"legal_entity": INC, "url": URL, "types": ["billproof.invoice.forgotten.v1"]}, 400, "invalid_input"),
        ({"legal_entity": EUROPE, "url": URL}, 404, "not_found"),
        ({"url": URL}, 400, "invalid_input"),
    ],
)
def test_what_is_no_endpoint_of_the_callers_is_refused(
    world: WorldWithWebhooks, asked: dict[str, Any], status: int, code: str
) -> None:
    assert ask(world, f"POST {ENDPOINTS}", asked, status=status)["code"] == code
    assert world.webhook_endpoints.of_entity(INC) == []


def test_a_person_reads_and_only_a_client_with_the_scope_writes(world: WorldWithWebhooks) -> None:
    endpoint = registered(world)
    assert ask(world, f"GET {ONE}", by="ana", endpoint=endpoint)["id"] == endpoint
    body = {"legal_entity": INC, "url": URL}
    assert ask(world, f"POST {ENDPOINTS}", body, by="ana", status=403)["code"] == "not_allowed"
    assert ask(world, f"POST {ENDPOINTS}", body, by=None, status=401)["code"] == "no_caller"
    assert ask(world, f"DELETE {ONE}", by="ana", endpoint=endpoint, status=403)["code"] == "not_allowed"


def queued(world: WorldWithWebhooks) -> list[WebhookDelivery]:
    deliveries = [WebhookDelivery.model_validate_json(body) for _, body in world.webhook_deliveries.waiting]
    world.webhook_deliveries.waiting.clear()
    return deliveries


def test_a_window_and_one_event_of_it_are_sent_again(world: WorldWithWebhooks) -> None:
    world.ingest([flight(1)])
    world.bill(INC)
    world.settle()
    released = "billproof.invoice.released.v1"
    endpoint = registered(world, types=[released])
    window = {"since": "2013-02-01T00:00:00Z", "until": "2013-02-03T00:00:00Z"}
    assert ask(world, f"POST {ONE}/replays", window, endpoint=endpoint, status=202) == {"events": 1}
    (delivery,) = queued(world)
    assert (delivery.endpoint, delivery.attempt) == (endpoint, 1)
    assert (delivery.event.type, delivery.event.subject) == (released, f"{INC}.{JANUARY}.UA")
    again = {"event": delivery.event.id}
    assert ask(world, f"POST {ONE}/replays", again, endpoint=endpoint, status=202) == {"events": 1}
    assert [known.event for known in queued(world)] == [delivery.event]
    before = {"since": "2013-01-01T00:00:00Z", "until": "2013-02-01T00:00:00Z"}
    assert ask(world, f"POST {ONE}/replays", before, endpoint=endpoint, status=202) == {"events": 0}


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 400),
        ({"event": "evt_x", "since": "2013-01-01T00:00:00Z"}, 400),
        ({"since": "2013-01-01T00:00:00", "until": "2013-02-01T00:00:00"}, 400),
        ({"since": "2013-01-01T00:00:00Z"}, 400),
        ({"event": "evt_x"}, 404),
        ({"event": f"evt_{INC}_0_1_0_0"}, 404),
        ({"since": "0001-01-01T00:00:00+14:00", "until": "2013-02-01T00:00:00Z"}, 400),
        ({"since": "2013-01-01T00:00:00Z", "until": "9999-12-31T23:59:59-12:00"}, 400),
        ({"since": "2013-01-01T00:00:00Z", "until": "2013-02-01T00:00:00+05:60"}, 400),
        ({"since": "1356998400", "until": "2013-02-01T00:00:00Z"}, 400),
    ],
)
def test_what_names_no_event_of_the_endpoint_is_refused(
    world: WorldWithWebhooks, asked: dict[str, str], status: int
) -> None:
    endpoint = registered(world, types=["billproof.run.closed.v1"])
    ask(world, f"POST {ONE}/replays", asked, endpoint=endpoint, status=status)
    assert queued(world) == []


def test_events_of_another_company_are_answered_as_events_that_there_are_not(world: WorldWithWebhooks) -> None:
    world.bill(EUROPE)
    world.settle()
    endpoint, sources = registered(world), event_sources(world)  # type: ignore[arg-type]
    chains = (name for name in sources.chain.names() if ChainName.parse(name).owner != INC)
    blocks = [block for name in chains for block in blocks_after(sources.chain, name, 0)]
    foreign = [event for block in blocks for event in sources.of_block(block) if event.legal_entity == EUROPE]
    assert foreign
    nobody = {"event": f"evt_{EUROPE}_0_999999_0_0"}
    expected = ask(world, f"POST {ONE}/replays", nobody, endpoint=endpoint, status=404)
    for event in foreign:
        asked = {"event": event.id}
        assert ask(world, f"POST {ONE}/replays", asked, endpoint=endpoint, status=404) == expected


def test_a_window_with_too_many_events_is_read_no_further_than_to_know_it(
    world: WorldWithWebhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bill(INC)
    world.settle()
    endpoint, told = registered(world), []
    of_block = EventSources.of_block

    def noted(sources: EventSources, block: AuditBlock) -> list[OutboundEvent]:
        events = of_block(sources, block)
        told.extend(events)
        return events

    monkeypatch.setattr(replaying, "MOST_REPLAYED", 0)
    monkeypatch.setattr(EventSources, "of_block", noted)
    window = {"since": "2013-02-01T00:00:00Z", "until": "2013-02-03T00:00:00Z"}
    ask(world, f"POST {ONE}/replays", window, endpoint=endpoint, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    assert len(told) == 1


def test_pages_of_attempts_hold_each_once_though_many_are_of_one_instant(world: WorldWithWebhooks) -> None:
    endpoint, at = registered(world), "2013-02-02T12:00:00.000000Z"
    for number in range(2 * DELIVERIES_A_PAGE + 1):
        of = {"event": f"evt_{INC}_0_{number}_0_0", "type": "billproof.run.closed.v1", "attempt": 1}
        world.delivery_log.add(endpoint, WebhookAttempt.model_validate({"at": at, "outcome": "sent", **of}))
    events, before = [], ""
    while before is not None:
        page = ask(world, f"GET {ONE}/deliveries", query={"before": before} if before else None, endpoint=endpoint)
        events += [attempt["event"] for attempt in page["attempts"]]
        before = page["before"]
    assert len(events) == len(set(events)) == 2 * DELIVERIES_A_PAGE + 1
