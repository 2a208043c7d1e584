"""Telling other systems what happened, played over moto: events whose objects were lost meanwhile, and webhooks."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from billproof.access.scopes import Client, Scope
from billproof.ids import digest
from billproof_ops.demo import story
from billproof_ops.local.people import local_identity
from tests.support.api_events import route_event
from tests.support.aws_chain import Chain
from tests.support.webhooks import ScriptedSender, event
from tests.support.world import INC

DRAFTED = f"runs/{INC}-2013-02-001/drafts/lost.json"
DELIVERY = {
    "endpoint": "",
    "legal_entity": INC,
    "event": event().model_dump(mode="json"),
    "first_at": "2013-05-05T00:00:00Z",
    "due_at": "2013-05-05T00:00:00Z",
}
ENDPOINT = "/v1/webhook-endpoints/{endpoint}"


def tell(chain: Chain) -> None:
    """Register an endpoint, lose what was drafted and refused, publish, and deliver; what is gone tells nothing."""
    policy = story.master_data().policies[0]
    hooks = Client(
        id="hooks", identities=(local_identity("hooks"),), scopes=(Scope.WEBHOOKS_WRITE, Scope.WEBHOOKS_READ)
    )
    told = {"clients": (*policy.clients, hooks), "low_credit_percent": Decimal(20)}
    chain.adopt(policy.model_copy(update={"version": 99, **told}))
    chain.now += timedelta(hours=1)
    drafting = chain.ports("draft_invoices")
    drafting.objects.put(DRAFTED, b"{}")
    drafting.settle()
    endpoint = register(chain)
    for folder in ("invoices/", "runs/", "quarantine/"):
        chain.lose(folder)
    chain.call("publish_events", {})
    window = {"since": (chain.now - timedelta(days=90)).isoformat(), "until": chain.now.isoformat()}
    for replay in (window, {"event": f"evt_{INC}_0_1_0_0"}):
        ask(chain, f"POST {ENDPOINT}/replays", json.dumps(replay), endpoint=endpoint)
    chain.ports("deliver_webhooks").__dict__["webhook_sender"] = ScriptedSender(500, 200, 410)
    for attempt in range(4):  # one fails, one is sent, one is gone, one finds the endpoint disabled
        delivery = DELIVERY | {"endpoint": endpoint, "attempt": attempt + 1}
        chain.messages(
            "deliver_webhooks", [json.dumps(delivery), json.dumps(delivery | {"due_at": "2099-01-01T00:00:00Z"})]
        )
    ask(chain, f"GET {ENDPOINT}/deliveries", endpoint=endpoint)
    ask(chain, f"POST {ENDPOINT}/enablings", "{}", endpoint=endpoint)
    ask(chain, f"DELETE {ENDPOINT}", endpoint=endpoint)


def register(chain: Chain) -> str:
    asked = {"legal_entity": INC, "url": "https://hooks.example/billproof"}
    answer = ask(chain, "POST /v1/webhook-endpoints", json.dumps(asked))
    endpoint: str = answer["endpoint"]["id"]
    ask(chain, f"POST {ENDPOINT}/secrets", '{"generation": 2}', endpoint=endpoint)
    return endpoint


def ask(chain: Chain, route: str, body: str = "", **in_path: str) -> Any:
    """Call a route of webhooks, with an Idempotency-Key."""
    sent = route_event(route, "hooks", body=body)
    sent["pathParameters"] = in_path or None
    sent["headers"]["idempotency-key"] = digest([route, body])
    return json.loads(chain.call("api_webhooks", sent)["body"])
