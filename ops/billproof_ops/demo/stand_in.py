"""Stand-ins of Stripe and Salesforce while the demo plays: they tell of what happened, and answer what they are asked.

stand-in of Stripe --signed--> POST /v1/gateways/skymeter-inc/stripe/events --> payment-events --> apply_payment
^---------------------------------------- GET /v1/balance_transactions ------------------------------/
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from billproof.adapters.stripe.signatures import signature
from billproof_ops.demo.cards import CardAccount
from billproof_ops.demo.salesforce import PlayedSalesforce
from billproof_ops.errors import OpsError
from billproof_ops.local import salesforce_secrets, stripe_secrets
from billproof_ops.local.emulators import Emulator, recognize
from billproof_ops.target import Target

HOST = "127.0.0.1"
ROUTE = "POST /v1/gateways/{legal_entity}/{gateway}/events"


def card_account(account: CardAccount) -> AbstractContextManager[None]:
    """Answer calls of Stripe's API until the block is left."""

    def answer(_method: str, target: str) -> tuple[int, Any]:
        called = urlsplit(target)
        return account.answer(called.path, parse_qs(called.query))

    return served(answer, last=stripe_secrets.stand_in(), note=stripe_secrets.set_stand_in)


def crm(salesforce: PlayedSalesforce) -> AbstractContextManager[None]:
    """Answer calls of Salesforce's API until the block is left."""
    return served(salesforce.answer, last=salesforce_secrets.stand_in(), note=salesforce_secrets.set_stand_in)


@contextmanager
def served(answer: Callable[[str, str], tuple[int, Any]], *, last: str, note: Callable[[str], None]) -> Iterator[None]:
    """Answer calls by their method and target on a port of the loopback, whose address is noted, until the block ends.

    It is the port of the last time, where that is free: functions that are warm know no other one for five minutes.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the library's
            self._reply("GET")

        def do_POST(self) -> None:  # the name is the library's
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self._reply("POST")

        def _reply(self, method: str) -> None:
            status, document = answer(method, self.path)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = _server(Handler, last)
    note(f"http://{HOST}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _server(handler: type[BaseHTTPRequestHandler], last: str) -> ThreadingHTTPServer:
    port = 0 if last == stripe_secrets.NOWHERE else urlsplit(last).port
    try:
        return ThreadingHTTPServer((HOST, port or 0), handler)
    except OSError:
        return ThreadingHTTPServer((HOST, 0), handler)


def tell(target: Target, account: CardAccount) -> None:
    """Call the webhook for each event; raises OpsError where one is not taken."""
    for event in account.events():
        body = json.dumps(event)
        at = str(int(time.time()))
        signed = f"t={at},v1={signature(body.encode(), at, stripe_secrets.SIGNING_SECRET)}"
        status = _called(target, body, {"content-type": "application/json", "stripe-signature": signed})
        if status != HTTPStatus.OK:
            message = f"the webhook answered {status} to {event['type']}"
            raise OpsError(message)


def _called(target: Target, body: str, headers: dict[str, str]) -> int:
    """Send a call to the webhook and return the status; LocalStack has no such API, its function is called directly."""
    names = {"legal_entity": stripe_secrets.ENTITY, "gateway": stripe_secrets.GATEWAY}
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    if recognize(endpoint) is Emulator.LOCALSTACK:
        event = {"version": "2.0", "routeKey": ROUTE, "headers": headers, "pathParameters": names, "body": body}
        return int(target.call("ReceiveStripeEventName", event)["statusCode"])
    path = ROUTE.removeprefix("POST ").format(**names)
    url = f"{endpoint}/_aws/execute-api/{target.outputs['ApiId']}/$default{path}"
    request = AWSRequest("POST", url, headers=headers, data=body.encode())
    return URLLib3Session().send(request.prepare()).status_code
