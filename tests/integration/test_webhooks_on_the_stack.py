"""What happened reaches the bus, and an endpoint on this machine, signed, on the embedded AWS."""

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from billproof.access.scopes import Client, Scope
from billproof.events.model import PREFIX
from billproof.webhooks.signing import signature
from billproof_ops.api import call
from billproof_ops.cli_webhooks import REGISTER, REPLAY
from billproof_ops.local.people import local_identity
from billproof_ops.policies import confirm_policy, publish_policy
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, INC, facts

HOOKS = "hooks"


class Inbox(HTTPServer):
    """Keeps what was sent; the first request is answered with 500."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), InboxHandler)
        self.requests: list[tuple[dict[str, str], bytes]] = []


class InboxHandler(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(500 if len(self.server.requests) == 1 else 204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
        """Say nothing."""


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    server = Inbox()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def let_hooks_in(stack: Target) -> None:
    policy = stack.ports.policies.in_force(INC)
    scopes = (Scope.WEBHOOKS_WRITE, Scope.WEBHOOKS_READ)
    client = Client(id=HOOKS, identities=(local_identity(HOOKS),), scopes=scopes)
    published = max(version.policy.version for version in stack.ports.policies.history(INC).versions)
    later = policy.model_copy(update={"version": published + 1, "clients": (*policy.clients, client)})
    publish_policy(stack, later.model_dump(mode="json"), who="carla")
    confirm_policy(stack, INC, later.version, who="ben")


def test_a_billed_month_is_told_to_an_endpoint_and_told_again(billed: Target, inbox: Inbox) -> None:
    let_hooks_in(billed)
    url = f"http://127.0.0.1:{inbox.server_port}/hook"
    types = [f"{PREFIX}invoice.released.v1"]
    asked = {"legal_entity": INC, "url": url, "types": types}
    answer = call(billed, REGISTER, asked, who=HOOKS)
    published = billed.call("PublishEventsName", {})
    documents = {document.released.invoice for document in facts(billed).values() if document.released}
    assert published["events"] >= len(documents), "they were published before there was an endpoint"
    until(
        lambda: True if _subjects(inbox) >= documents and len(inbox.requests) > len(documents) else None,
        what="the deliveries",
        timeout_seconds=DRAIN_SECONDS,
    )
    for headers, body in inbox.requests:
        expected = signature(
            answer["secret"], message=headers["webhook-id"], timestamp=int(headers["webhook-timestamp"]), body=body
        )
        assert headers["webhook-signature"] == expected
    one = json.loads(inbox.requests[0][1])["id"]
    number = len(inbox.requests)
    call(billed, REPLAY, {"endpoint": answer["endpoint"]["id"], "event": one}, who=HOOKS)
    until(lambda: True if len(inbox.requests) > number else None, what="the replay", timeout_seconds=DRAIN_SECONDS)
    assert json.loads(inbox.requests[-1][1])["id"] == one
    assert billed.call("PublishEventsName", {}) == {"blocks": 0, "events": 0} or os.environ.get("AWS_ENDPOINT_URL")


def _subjects(inbox: Inbox) -> set[str]:
    return {json.loads(body)["subject"] for _, body in inbox.requests}
