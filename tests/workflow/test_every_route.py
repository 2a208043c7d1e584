"""Every way in of template.yaml: who calls, with which scope, of whose things, and the same request twice.

The routes are those of the deployed resources and the requests the examples of openapi.json, so a route that is added
is walked, too.
"""

import json
from typing import Any

import pytest

from billproof_ops import openapi
from billproof_ops.openapi import camel
from tests.support.api_events import route_event
from tests.support.every_route import (
    ALL,
    CONFIRMED_BY_ANOTHER,
    EUROPEAN,
    FUNCTIONS,
    OPENED_BY_LINK,
    OPENING,
    OTHER_PERSON,
    PERSON,
    PERSON_OF_EUROPE,
    ROUTES,
    SCOPES,
    SIGNED_BY_SENDER,
    STRANGER,
    UNGUARDED,
    call,
    lacking,
    prepared,
    stored,
)
from tests.support.every_route import world as called
from tests.support.invoking import FUNCTIONS as FOLDERS
from tests.support.invoking import Context, handler
from tests.support.route_examples import example
from tests.support.taken_over import running_business
from tests.support.ways_in import ways_in
from tests.support.world import INC, World

OF_EVERY_CALLER = [route.key for route in openapi.described() if route.is_of_every_caller]
"""What describes the API itself."""
OF_PEOPLE = [key for key in ROUTES if SCOPES[key] is None and key not in OF_EVERY_CALLER]
OF_SCOPES = [key for key in ROUTES if SCOPES[key] is not None]
OF_WRITERS = [key for key in OF_SCOPES if not str(SCOPES[key]).endswith(":read")]
SENDS = ("POST /v1/usage-events", "POST /v1/usage-events:dry-run")
SHARED_BY_ALL = {
    *("GET /v1/meters", "GET /v1/meters/{id}", "GET /v1/meters/{id}/versions"),
    *("GET /v1/exchange-rates/{id}/versions", "POST /v1/prices:quote", "GET /v1/me", "GET /v1/integrations"),
}
"""They name nothing of another legal entity: meters, rates and counterparts are those of all, a price is worked out of
what is sent, and who calls is told of its own. With `sources`, sources that only other legal entities declare are left
out (test_arrivals)."""
KEYED = [key for key in ROUTES if key.startswith("POST") and key not in SENDS]


@pytest.fixture
def world() -> World:
    return called()


def test_the_walk_has_every_route_of_the_template() -> None:
    """A signature of AWS opens one API and a token the other: both lead to the function that has the route."""
    behind = {camel(function): function for function in FOLDERS}
    walked = {(way.key, way.lets_in): behind[way.function] for way in ways_in() if way.key not in UNGUARDED}
    assert walked == {
        (key, lets_in): FUNCTIONS[key] for key in ROUTES for lets_in in ("AWS_IAM of Api", "JWT of TokenApi")
    }
    assert set(ROUTES) == FUNCTIONS.keys() == SCOPES.keys()
    assert len(OF_PEOPLE) > 10
    assert len(OF_SCOPES) > 40


def test_no_way_in_is_open_but_those_whose_senders_sign_and_the_pages_that_a_link_opens() -> None:
    assert {way.key for way in ways_in() if way.lets_in.startswith("NONE")} == UNGUARDED


@pytest.mark.parametrize("key", sorted(OPENED_BY_LINK))
@pytest.mark.parametrize("by", [None, ALL, PERSON])
def test_a_page_is_opened_by_its_link_alone_whoever_calls(key: str, by: str | None, world: World) -> None:
    before = stored(world)
    in_path: dict[str, Any] = {"token": "x.y", "file": "pdf"}
    event = route_event(key, by, body="cause=price&reason=no+link", **in_path)
    event["rawPath"] = key.partition(" ")[2].replace("{token}", "x.y").replace("{file}", "pdf")
    event["requestContext"] |= {"http": {"method": key.partition(" ")[0]}}
    assert handler("serve_customer_page")(event, Context(), world)["statusCode"] == 404
    assert stored(world) == before


UNSIGNED = {
    "POST /v1/gateways/{legal_entity}/{gateway}/events": "receive_stripe_event",
    "URL of ReceiveCrmWebhook": "receive_crm_webhook",
}


@pytest.mark.parametrize("key", SIGNED_BY_SENDER)
@pytest.mark.parametrize("by", [None, ALL, PERSON])
def test_what_its_sender_did_not_sign_is_refused_whoever_calls(key: str, by: str | None, world: World) -> None:
    before, sent = stored(world), [*world.payment_events.bodies, *world.usage_events.bodies]
    event = route_event(key, by, body="{}", legal_entity=INC, gateway="cards")
    event["rawPath"] = "/"
    event["requestContext"] |= {"domainName": "x.example", "http": {"method": "POST", "path": "/"}}
    response = handler(UNSIGNED[key])(event, Context(), world)
    assert (response["statusCode"], json.loads(response["body"])["code"]) in {(401, "no_caller"), (403, "not_allowed")}
    assert (stored(world), [*world.payment_events.bodies, *world.usage_events.bodies]) == (before, sent)


@pytest.mark.parametrize("key", OF_EVERY_CALLER)
@pytest.mark.parametrize("by", [ALL, STRANGER, PERSON])
def test_what_describes_the_api_is_answered_to_every_caller(key: str, by: str, world: World) -> None:
    assert call(world, key, by) == (200, json.loads((openapi.FILE.parent / key.rpartition("/")[2]).read_text()))


@pytest.mark.parametrize("key", ROUTES)
def test_a_call_of_nobody_is_refused(key: str, world: World) -> None:
    before = stored(world)
    status, problem = call(world, key, None)
    assert (status, problem["code"]) == (401, "no_caller")
    assert stored(world) == before


@pytest.mark.parametrize("key", sorted({*ROUTES} - {*OF_EVERY_CALLER}))
def test_who_no_policy_names_is_refused(key: str, world: World) -> None:
    before = stored(world)
    assert call(world, key, STRANGER)[0] in {403, 404}
    assert stored(world) == before


@pytest.mark.parametrize("key", OF_SCOPES)
def test_a_client_with_the_scope_is_answered_and_one_without_it_is_refused(key: str, world: World) -> None:
    status, problem = call(world, key, lacking(str(SCOPES[key])))
    assert (status, problem["code"]) == (403, "not_allowed")
    assert call(world, key, ALL)[0] not in {401, 403}


@pytest.mark.parametrize("key", OF_WRITERS)
def test_a_person_has_no_scope_that_writes(key: str, world: World) -> None:
    before = stored(world)
    assert call(world, key, PERSON)[0] == 403
    assert stored(world) == before


@pytest.mark.parametrize("key", OF_PEOPLE)
def test_what_only_a_person_may_is_refused_to_a_client_with_every_scope(key: str, world: World) -> None:
    before = stored(world)
    assert call(world, key, ALL)[0] in {403, 404}
    assert stored(world) == before
    answers = [call(world, key, person) for person in (PERSON, OTHER_PERSON)]
    assert [body for status, body in answers if status == 401 or body.get("code") == "not_allowed"] == []


@pytest.mark.parametrize("key", sorted({*ROUTES} - SHARED_BY_ALL - {*SENDS, *OF_EVERY_CALLER}))
def test_nothing_of_another_company_is_there_for_a_client_or_a_person_of_one(key: str, world: World) -> None:
    before = stored(world)
    for by in (EUROPEAN, PERSON_OF_EUROPE):
        status, problem = call(world, key, by)
        assert status in {403, 404}, (by, problem)
    assert stored(world) == before


@pytest.mark.parametrize("key", SENDS)
def test_no_event_of_an_account_of_another_company_is_taken(key: str, world: World) -> None:
    status, sent = call(world, key, EUROPEAN)
    assert (status, sent["accepted"], sent["events"][0]["code"]) == (200 if "dry" in key else 422, 0, "unknown_account")
    assert call(world, key, ALL)[1]["accepted"] == 1


@pytest.mark.parametrize("key", KEYED)
def test_the_same_request_under_a_key_is_answered_as_it_was_and_another_one_is_refused(key: str, world: World) -> None:
    person = OTHER_PERSON if key.endswith(CONFIRMED_BY_ANOTHER) else PERSON
    if key == OPENING:  # nothing is taken over once runs have billed
        world, person = running_business(), "carla"
    by, of = ALL if SCOPES[key] else person, prepared(world, key)
    status, first = call(world, key, by, under="k-1", changed=of)
    assert status in {200, 201, 202}, first
    after = stored(world)
    assert call(world, key, by, under="k-1", changed=of) == (status, first)
    assert stored(world) == after
    status, problem = call(world, key, by, under="k-1", changed=of | another(key))
    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    assert stored(world) == after


def another(key: str) -> dict[str, Any]:
    """Another request of a route, which it might answer: of its body if that says anything, else of another thing."""
    in_path, _, body = example(key)
    texts: dict[str, Any] = {
        "note": "another",
        "reason": "another",
        "period": "2013-02",
        "url": "https://other.example/",
        "generation": 3,
    }
    wanted = next((name for name in (*texts, "version", "charge") if name in body), None)
    return dict.fromkeys(in_path, "9") if wanted is None else {wanted: texts.get(wanted, 99)}
