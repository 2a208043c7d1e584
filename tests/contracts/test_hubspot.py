"""HubSpot, as its documentation says: it pages, throttles, signs what it sends, twice, late and out of order."""

import copy
import importlib
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from billproof.adapters.crm_calls import CrmCalls
from billproof.adapters.http_calls import HttpSend
from billproof.adapters.hubspot.rest import HubspotCrm, read_access
from billproof.adapters.hubspot.webhooks import WebhookCall, hints_of, signature_of
from billproof.crm.orders import CrmOrder
from billproof.errors import ExternalServiceUnavailable, InvalidInput, NotAllowed, Unreadable
from billproof.money import Money
from tests.support.crm import EXAMPLES, CrmWorld, mapping
from tests.support.fakes import MemoryQueue
from tests.support.hubspot_server import FakeHubspot
from tests.support.hubspot_webhooks import DEAL, URI, event, signed, url_event
from tests.support.invoking import Context

CONTRACT = f"hs-{DEAL}"
NOW = datetime(2013, 1, 2, 12, tzinfo=UTC)


def deal(**properties: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / "deal.hubspot.json").read_text())
    document["deal"]["properties"].update(properties)
    return document


def with_item(number: int, **properties: str) -> dict[str, Any]:
    document = deal()
    document["line_items"][number]["properties"].update(properties)
    return document


def patient(hubspot: FakeHubspot) -> tuple[HubspotCrm, list[float]]:
    waits: list[float] = []
    send = HttpSend(hubspot.address, service="HubSpot", seconds=60)
    return HubspotCrm(read_access(hubspot.secret), CrmCalls("HubSpot", send, wait=waits.append)), waits


@pytest.fixture
def world(hubspot: FakeHubspot) -> CrmWorld:
    hubspot.put(deal())
    return CrmWorld(patient(hubspot)[0], system="hubspot", publish=mapping("hubspot"))


def signed_now(*events: dict[str, Any], **changes: Any) -> WebhookCall:
    return signed(*events, **{"at": NOW, **changes})


def take(world: CrmWorld, *events: dict[str, Any]) -> int:
    """Take a webhook in as both functions do, and return how many versions it stored."""
    hints = hints_of(signed_now(*events), "client", NOW)
    return sum(world.take(hint.model_dump_json()).stored for hint in hints)


def deal_read(crm: HubspotCrm) -> CrmOrder:
    order = crm.order(DEAL)
    assert order is not None
    return order


def test_a_deal_is_read_with_the_items_of_every_page(hubspot: FakeHubspot) -> None:
    hubspot.put(deal())
    order = deal_read(patient(hubspot)[0])
    assert [line.number for line in order.lines] == ["90001", "90002", "90003"]
    assert order.customer == "8801"
    assert hubspot.calls.count(f"GET /crm/v4/objects/deals/{DEAL}/associations/line_items") == 2


def test_a_deal_that_is_gone_is_none(hubspot: FakeHubspot) -> None:
    assert patient(hubspot)[0].order(DEAL) is None


@pytest.mark.parametrize(("troubles", "waited"), [([(429, "2")], [2.0]), ([(429, ""), (503, "1")], [1.0, 1.0])])
def test_hubspot_is_waited_for(hubspot: FakeHubspot, troubles: list[tuple[int, str]], waited: list[float]) -> None:
    hubspot.put(deal())
    crm, waits = patient(hubspot)
    hubspot.troubles = troubles
    assert (deal_read(crm).number, waits) == (DEAL, waited)


@pytest.mark.parametrize("troubles", [[(429, "86400")], [(503, "1")] * 3, [(502, "")], [(401, "")]])
def test_a_message_goes_back_to_its_queue(hubspot: FakeHubspot, troubles: list[tuple[int, str]]) -> None:
    crm, waits = patient(hubspot)
    hubspot.troubles = troubles
    with pytest.raises(ExternalServiceUnavailable):
        crm.order(DEAL)
    assert sum(waits) < 5


@pytest.mark.parametrize("record", ["", "x", "1/2", "１", "1" * 21])
def test_an_id_that_is_none_never_reaches_hubspot(hubspot: FakeHubspot, record: str) -> None:
    with pytest.raises(Unreadable):
        patient(hubspot)[0].orders_of("OrderItem", (record,))
    assert hubspot.calls == []


def test_a_secret_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(InvalidInput, match="must be a JSON document") as refused:
        read_access('{"token": "swordfish"}')
    assert "swordfish" not in str(refused.value)


def test_webhooks_end_in_one_contract_whatever_their_order_and_number(world: CrmWorld, hubspot: FakeHubspot) -> None:
    late = event(occurredAt=1, eventId=1)
    assert take(world, event(), event(attemptNumber=1), event("90001", "line_item"), late) == 1
    assert [(one.id, one.version) for one in world.versions()] == [(CONTRACT, 1)]
    hubspot.put(with_item(0, quantity="2", amount="4500"))
    assert take(world, event("90001", "object", objectTypeId="0-8"), late) == 1
    assert str(world.versions()[-1].charges[0].price.model_dump()["amount"]) == "4500"


def test_what_is_of_no_deal_is_no_hint() -> None:
    assert hints_of(signed_now(event(kind="contact")), "client", NOW) == []


def test_a_property_of_the_account_that_has_a_value_lets_the_deal_wait(world: CrmWorld, hubspot: FakeHubspot) -> None:
    hubspot.put(with_item(1, minimum_fee="900"))
    assert take(world, event()) == 0
    (state,) = world.exception_store.of_period("skymeter-inc", "2012-12")
    (finding,) = state.opened.findings
    assert (finding.code, finding.amount_at_risk) == ("contract_unmapped_field", Money.of("650", "USD"))
    assert "'minimum_fee'" in finding.message
    assert state.opened.amount == Money.of("2900.40", "USD")


WAITING: dict[str, tuple[dict[str, Any], str]] = {
    "a product": (with_item(0, hs_sku="SKY-X"), "contract_unmapped_product"),
    "a currency": (deal(deal_currency_code="EUR"), "contract_unmapped_currency"),
    "a stage": (deal(dealstage="1234"), "contract_unmapped_field"),
    "a frequency": (with_item(0, recurringbillingfrequency="quarterly"), "contract_unmapped_field"),
    "a price": (with_item(0, amount="2500"), "contract_unmapped_price"),
    "a company": ({**deal(), "companies": []}, "contract_unmapped_customer"),
    "one company": (
        {**deal(), "companies": [{"toObjectId": number, "associationTypes": []} for number in (8801, 8802)]},
        "contract_unmapped_customer",
    ),
}


@pytest.mark.parametrize("name", WAITING)
def test_what_the_mapping_does_not_know_lets_the_whole_deal_wait(
    world: CrmWorld, hubspot: FakeHubspot, name: str
) -> None:
    document, code = WAITING[name]
    hubspot.put(copy.deepcopy(document))
    assert take(world, event()) == 0
    (state,) = world.exception_store.of_period("skymeter-inc", "2012-12")
    assert [finding.code for finding in state.opened.findings] == [code]
    assert world.versions() == []


def test_every_deal_is_listed(world: CrmWorld, hubspot: FakeHubspot) -> None:
    for number in range(2, 7):
        other = deal()
        other["deal"]["id"] = f"700000{number}"
        other["line_items"] = [{**item, "id": f"{number}{item['id']}"} for item in other["line_items"]]
        hubspot.put(other)
    assert world.take(json.dumps({"kind": "crm_listing", "system": "hubspot", "adopt": True})).orders == 6
    assert sum(taken.stored for taken in world.take_all()) == 6


def test_the_signature_is_that_of_the_documentation() -> None:
    """Computed apart from the code: with the URI decoded as HubSpot decodes it."""
    decoded = "https://example.com/hook?to=a:b@c"
    call = signed_now(event(), uri=decoded)
    assert signature_of(call, "client") == call.headers["x-hubspot-signature-v3"]
    encoded = WebhookCall("POST", "https://example.com/hook?to=a%3Ab%40c", call.headers, call.body)
    assert len(hints_of(encoded, "client", NOW)) == 1


FORGED: dict[str, WebhookCall] = {
    "another secret": signed_now(event(), secret="other"),  # noqa: S106 - of a test
    "six minutes ago": signed_now(event(), at=NOW.replace(minute=0, hour=11)),
    "from the future": signed_now(event(), at=NOW.replace(hour=13)),
    "another body": WebhookCall("POST", URI, signed_now(event()).headers, json.dumps([event("1")])),
    "another method": WebhookCall("PUT", URI, signed_now(event()).headers, signed_now(event()).body),
    "another address": WebhookCall("POST", f"{URI}other", signed_now(event()).headers, signed_now(event()).body),
    "another time": WebhookCall(
        "POST",
        URI,
        {**signed_now(event()).headers, "x-hubspot-request-timestamp": "1357128000001"},
        signed_now(event()).body,
    ),
    "a time of 5,000 digits": WebhookCall("POST", URI, {"x-hubspot-request-timestamp": "9" * 5_000}, ""),
    "no signature": WebhookCall("POST", URI, {}, signed_now(event()).body),
    "a signature that is none": WebhookCall("POST", URI, {"x-hubspot-signature-v3": "ä"}, ""),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_request_that_hubspot_did_not_sign_now_is_not_believed(name: str) -> None:
    with pytest.raises(NotAllowed):
        hints_of(FORGED[name], "client", NOW)


def called(call: WebhookCall, *, is_down: bool = False) -> tuple[int, list[str]]:
    """Call the function as its URL does; return its status, and what is in the queue."""
    queue = MemoryQueue()
    queue.is_down = is_down
    clock = {"now": lambda: NOW, "settle": lambda: None}
    ports: Any = SimpleNamespace(**clock, hubspot_client_secret="client", crm_events=queue)  # noqa: S106 - of a test
    answer = importlib.import_module("functions.receive_crm_webhook.app").handler(url_event(call), Context(), ports)
    return answer["statusCode"], queue.bodies


def test_the_function_answers_once_the_hints_are_in_the_queue() -> None:
    status, bodies = called(signed_now(event(), event("90001", "line_item")))
    assert (status, [json.loads(body)["record_kind"] for body in bodies]) == (202, ["Order", "OrderItem"])


@pytest.mark.parametrize(
    ("call", "is_down", "status"),
    [
        (FORGED["another secret"], False, 403),
        (signed_now(event(objectId="x")), False, 422),
        (signed_now(event()), True, 503),  # HubSpot sends it again
    ],
)
def test_the_function_refuses_and_sends_nothing(call: WebhookCall, is_down: bool, status: int) -> None:  # noqa: FBT001 - a parameter of the test
    assert called(call, is_down=is_down) == (status, [])
