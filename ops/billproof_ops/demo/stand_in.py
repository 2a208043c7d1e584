"""A stand-in of Stripe while the demo plays: it calls the webhook, signed, and answers what it is asked then.

stand-in --signed--> POST /v1/gateways/skymeter-inc/stripe/events --> payment-events --> apply_payment
^------------------------------ GET /v1/balance_transactions ------------------------------/
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from billproof.adapters.stripe.signatures import signature
from billproof_ops.demo.cards import CardAccount
from billproof_ops.errors import OpsError
from billproof_ops.local import stripe_secrets
from billproof_ops.local.emulators import Emulator, recognize
from billproof_ops.target import Target

HOST = "127.0.0.1"
ROUTE = "POST /v1/gateways/{legal_entity}/{gateway}/events"


@contextmanager
def served(account: CardAccount) -> Iterator[None]:
    """Answer calls of Stripe's API on a port of the loopback until the block is left.

    It is the port of the last time, where that is free: functions that are warm know no other one for five minutes.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the library's
            called = urlsplit(self.path)
            status, answer = account.answer(called.path, parse_qs(called.query))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = _server(Handler)
    stripe_secrets.set_stand_in(f"http://{HOST}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _server(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    last = urlsplit(stripe_secrets.stand_in()).port
    try:
        return ThreadingHTTPServer((HOST, last or 0), handler)
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
