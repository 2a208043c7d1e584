"""What other systems tell and are told, what people publish, and what is taken over, step by step."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from billproof.adapters.salesforce.reading import order_of
from billproof.approvals.policy import Policy
from billproof.approvals.publishing import confirm_policy, publish_policy
from billproof.contracts.history import Receipt
from billproof.crm.orders import CrmOrder
from billproof.crm.port import ListedOrder
from billproof.masterdata.service import sync_contract
from billproof.webhooks.delivering import deliver
from billproof.webhooks.endpoints import endpoint_id
from billproof.webhooks.model import WebhookDelivery
from billproof.webhooks.queueing import WebhookSink
from billproof_ops.demo import story
from billproof_ops.local.people import local_identity
from tests.support.api_events import route_event
from tests.support.balances import JAN, bill
from tests.support.crm import ORDER, CrmWorld, change_event, document
from tests.support.events import MemorySink, published
from tests.support.exchange_rates import rate
from tests.support.fakes import MemoryQueue
from tests.support.histories import History, Step
from tests.support.hubspot_webhooks import event, signed, url_event
from tests.support.invoking import FILES, Context, billed_world, handler
from tests.support.taken_over import confirm, opening, propose, running_business
from tests.support.webhook_world import WorldWithWebhooks, ask
from tests.support.webhooks import URL, Hooks, ScriptedSender
from tests.support.world import INC, World, flight

RECEIPT = Receipt(received_at="2013-02-02T12:00:00.000000Z", sender="AIDAEXAMPLE")
OTHER = f"{URL}/other"
ENDPOINTS = "/v1/webhook-endpoints"


def version(number: int) -> Policy:
    """The demo's policy as another version, in which a manager has other limits."""
    policy = story.master_data().policies[0].model_dump(mode="json")
    roles = [role | ({"limits": {"USD": "10"}} if role["id"] == "manager" else {}) for role in policy["roles"]]
    return Policy.model_validate(policy | {"version": number, "roles": roles})


def policy_published(world: World) -> None:
    publish_policy(version(2), caller=local_identity("carla"), directory=world.directory, now=world.now())


def policy_confirmed(world: World) -> None:
    caller = local_identity("ben")
    confirm_policy(legal_entity=INC, version=2, caller=caller, policies=world.policies, now=world.now())


POLICIES = History(
    "policies",
    lambda: World(accounts={"UA"}),
    (
        Step(("publish_policy",), "publish-a-policy", policy_published),
        Step(("confirm_policy",), "confirm-a-policy", policy_confirmed),
    ),
)


def masters_taken(world: World) -> None:
    """A legal entity, a meter, an account with a parent, a rate and contracts, each as a message brings it."""
    demo = story.master_data()
    mine = [account for account in demo.accounts if account.legal_entity == INC][:2]
    parent, child = mine[0], mine[1].model_copy(update={"parent": mine[0].id})
    contracts = [contract for contract in demo.contracts if contract.account in {parent.id, child.id}]
    for data in (demo.legal_entities[0], *demo.meters, parent, child, rate(), *contracts):
        sync_contract(data.model_dump_json(), directory=world.directory, receipt=RECEIPT)


MASTER_DATA = History(
    "master-data",
    lambda: World(master_data=False),
    (Step(("sync_contract",), "sync-contracts", masters_taken),),
)


class OneOrder:
    """A CRM with one order."""

    def __init__(self) -> None:
        self.said = json.loads(json.dumps(document()), parse_float=str)

    def order(self, order: str) -> CrmOrder | None:
        products = {product["Id"]: product for product in self.said["products"]}
        return order_of(self.said["order"], self.said["items"], products) if order == ORDER else None

    def orders_of(self, _kind: str, records: tuple[str, ...]) -> tuple[str, ...]:
        return records

    def probe(self) -> None: ...

    def listed(self) -> Iterator[ListedOrder]:
        yield ListedOrder(ORDER, "00000100")


def with_a_crm() -> CrmWorld:
    world = CrmWorld(OneOrder())
    vars(world).update({"hubspot_client_secret": "client"})
    return world


def order_taken(world: World) -> None:
    assert isinstance(world, CrmWorld)
    world.take(change_event(ORDER))
    assert world.versions()


def order_that_fits_no_mapping(world: World) -> None:
    """Nobody knows its customer any more: a person looks."""
    assert isinstance(world, CrmWorld)
    crm = world.crms["salesforce"]
    assert isinstance(crm, OneOrder)
    known = crm.said["order"]["AccountId"]
    crm.said["order"]["AccountId"] = "0015g00000NOBODYA1"
    world.take(change_event(ORDER, number=2))
    crm.said["order"]["AccountId"] = known


def hinted(world: World) -> None:
    answer = handler("receive_crm_webhook")(url_event(signed(event(), at=world.now())), Context(), world)
    assert answer["statusCode"] == 202, answer


CRM = History(
    "crm",
    with_a_crm,
    (
        Step(("sync_crm",), "sync-an-order", order_taken),
        Step(("sync_crm",), "an-order-waits", order_that_fits_no_mapping),
        Step(("receive_crm_webhook",), "crm-webhook", hinted),
    ),
)


def with_webhooks() -> WorldWithWebhooks:
    world = WorldWithWebhooks()
    world.call_limits.burst = 1_000_000
    vars(world).update(event_bus=MemorySink(), taking=ScriptedSender(200), failing=ScriptedSender(500))
    vars(world)["given_up"] = MemoryQueue()
    return world


def registered(world: World, url: str = URL) -> str:
    assert isinstance(world, WorldWithWebhooks)
    endpoint: str = ask(world, f"POST {ENDPOINTS}", {"legal_entity": INC, "url": url})["endpoint"]["id"]
    return endpoint


def rotated(world: World) -> None:
    assert isinstance(world, WorldWithWebhooks)
    ask(world, f"POST {ENDPOINTS}/{{endpoint}}/secrets", {"generation": 2}, endpoint=endpoint_id(INC, URL))


def removed(world: World) -> None:
    called = route_event(f"DELETE {ENDPOINTS}/{{endpoint}}", "hooks", endpoint=endpoint_id(INC, OTHER))
    answer = handler("api_webhooks")(called, Context(), world)
    assert answer["statusCode"] in {200, 404}  # it is gone, whoever removed it


def billed(world: World) -> None:
    world.ingest([flight(1), flight(2, data={"distance": "-1"})])
    world.bill()


def told(world: World) -> None:
    assert isinstance(world, WorldWithWebhooks)
    sink = WebhookSink(world.webhook_endpoints, world.webhook_deliveries, world.now)
    bus: Any = vars(world)["event_bus"]
    published(world, bus, sink, positions=world.positions)  # type: ignore[arg-type]


def a_day_later(world: World) -> None:
    world.moment += timedelta(days=1)


def measured(world: World) -> None:
    handler("publish_metrics")({}, Context(), world)


def _delivered(world: World, sender: str) -> None:
    assert isinstance(world, WorldWithWebhooks)
    known, queue = vars(world), world.webhook_deliveries
    hooks = Hooks(known[sender], world.webhook_endpoints, world.delivery_log, queue, known["given_up"])
    for _, body in sorted(queue.waiting)[:3]:
        deliver(WebhookDelivery.model_validate_json(body), hooks.ports, world.now())


def events_sent(world: World) -> None:
    _delivered(world, "taking")


def events_refused(world: World) -> None:
    _delivered(world, "failing")


EVENTS = History(
    "events",
    with_webhooks,
    (
        Step(("api_webhooks",), "register-an-endpoint", registered),
        Step(("api_webhooks",), "register-another", lambda world: registered(world, OTHER)),
        Step(("api_webhooks",), "rotate-the-secret", rotated),
        Step(("api_webhooks",), "remove-an-endpoint", removed),
        Step((), "bill", billed),
        Step(("publish_events",), "publish-events", told),
        Step(("deliver_webhooks",), "deliver-webhooks", events_sent),
        Step(("deliver_webhooks",), "webhooks-refused", events_refused),
        Step((), "a-day-later", a_day_later),
        Step(("publish_metrics",), "publish-metrics", measured),
    ),
)


def proposed(world: World) -> None:
    propose(world, opening())


def taken_over(world: World) -> None:
    (proposal,) = world.opening_decisions.proposals(INC)
    confirm(world, proposal.digest)


def billed_after(world: World) -> None:
    world.moment += timedelta(hours=1)
    bill(world, JAN)


OPENING = History(
    "opening",
    running_business,
    (
        Step(("take_over_business",), "propose-an-opening", proposed),
        Step(("take_over_business",), "confirm-an-opening", taken_over),
        Step((), "bill", billed_after),
    ),
)


def _sample(function: str, case: str, text: str) -> Step:
    """The work of a function on a sample event, which is answered well."""
    called = json.loads(text)

    def work(world: World) -> None:
        result = handler(function)(called, Context(), world)
        assert result.get("batchItemFailures", []) == []
        assert result.get("statusCode", 200) in {200, 202}, result

    return Step((function,), f"{function}/{case}", work)


SAMPLES = History(
    "samples",
    billed_world,
    tuple(
        _sample(path.parent.name, path.stem, path.read_text())
        for path in sorted(FILES, key=lambda path: path.parent.name == "deliver_einvoice")  # it needs the PDF
        if path.name.startswith("good")
    ),
)
"""Every function on its sample events."""
