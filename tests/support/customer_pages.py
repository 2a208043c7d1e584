"""A delivered invoice whose mail has a link to its page, and calls of that page as API Gateway sends them."""

import re
from email import message_from_bytes
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from billproof.adapters.typst.pdf import render_invoice
from billproof.invoicing.delivery import Delivery, deliver_invoice
from billproof.invoicing.links import CustomerPages
from functions.serve_customer_page.app import handler
from tests.support.cash import cash_world
from tests.support.world import INC, JANUARY, World

URL = "https://pages.skymeter.example"
SENDER = "billing@skymeter.example"
UA = f"{INC}.{JANUARY}.UA"
CONTEXT = SimpleNamespace(
    function_name="serve_customer_page",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:serve_customer_page",
    aws_request_id="request-1",
)


def with_pages(world: World) -> World:
    world.customer_pages = CustomerPages(URL, world.now)
    return world


def page_world() -> World:
    return with_pages(cash_world(JANUARY))


def deliver(world: World, document: str = UA, **changes: Any) -> Delivery:
    delivered = deliver_invoice(
        **{
            "invoice_id": document,
            "register": world.register,
            "objects": world.objects,
            "archive": world.archive,
            "render": render_invoice,
            "mailer": world.mailer,
            "sender": SENDER,
            "electronic": world.einvoices,
            "pages": world.customer_pages,
            **changes,
        }
    )
    assert isinstance(delivered, Delivery)
    return delivered


def body_of(message: bytes) -> str:
    mail = message_from_bytes(message)
    part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def token_in(message: bytes) -> str:
    found = re.search(rf"{re.escape(URL)}/p/(\S+)", body_of(message))
    assert found is not None
    return found[1]


def linked(world: World, document: str = UA) -> str:
    """Deliver an invoice, and return the token of the link in its mail."""
    deliver(world, document)
    return token_in(world.mailer.sent[-1][1])


def call_event(path: str, method: str = "GET", form: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"{method} /p/{{token}}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "pages.skymeter.example", "content-type": "application/x-www-form-urlencoded"},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "203.0.113.10"}, "requestId": "r"},
        "pathParameters": {"token": path.split("/")[2]},
        "isBase64Encoded": False,
        **({"body": urlencode(form)} if form is not None else {}),
    }


def get(world: World, token: str, rest: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = handler(call_event(f"/p/{token}{rest}"), CONTEXT, world)
    return answer


def post(world: World, token: str, **form: str) -> dict[str, Any]:
    sent = {"line": "", "cause": "quantity", "reason": "we flew less than that", **form}
    answer: dict[str, Any] = handler(call_event(f"/p/{token}/disputes", "POST", sent), CONTEXT, world)
    return answer
