"""Documents in electronic forms: their PDF is kept, and another function makes the form and mails both."""

import json
from typing import Any
from urllib.parse import urlencode

from billproof.adapters.einvoice.making import make_electronic
from billproof.adapters.typst.pdf import render_invoice
from billproof.invoicing.delivery import Delivery, HandedOn, deliver_invoice
from billproof.invoicing.electronic import ElectronicMaker
from billproof.invoicing.electronic_delivery import deliver_electronic
from billproof.invoicing.links import CustomerPages
from billproof.invoicing.resending import WantedResending, resend_invoice
from tests.support.histories import History, Step
from tests.support.invoking import Context, handler
from tests.support.world import EUROPE, JANUARY, World, flight

GERMAN = f"{EUROPE}.{JANUARY}.US"
SPANISH = f"{EUROPE}.{JANUARY}.AA"
SENDER = "billing@skymeter.example"


def billed() -> World:
    """A customer who takes XRechnung, and one who takes Factur-X."""
    world = World()
    world.ingest([flight(1, account="US"), flight(1, account="AA")])
    world.bill(EUROPE)
    world.approve_all(EUROPE)
    return world


def hand_on(world: World, document: str = GERMAN) -> Delivery | HandedOn:
    return deliver_invoice(
        invoice_id=document,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        render=render_invoice,
        mailer=world.mailer,
        sender=SENDER,
        electronic=world.einvoices,
        pages=pages_of(world),
    )


def send(world: World, document: str = GERMAN, make: ElectronicMaker = make_electronic) -> Delivery:
    return deliver_electronic(
        invoice_id=document,
        register=world.register,
        objects=world.objects,
        archive=world.archive,
        make=make,
        mailer=world.mailer,
        sender=SENDER,
        pages=pages_of(world),
    )


def handed_on(world: World) -> None:
    for document in (GERMAN, SPANISH):
        hand_on(world, document)
    assert {json.loads(body)["invoice"] for body in world.einvoices.bodies} >= {GERMAN, SPANISH}


def sent(world: World) -> None:
    for document in (GERMAN, SPANISH):
        assert send(world, document).electronic_key is not None


def sent_again(world: World) -> None:
    wanted = WantedResending(to="new@us.example", ordinal=1)
    for document in (GERMAN, SPANISH):
        resend_invoice(
            wanted,
            invoice_id=document,
            register=world.register,
            objects=world.objects,
            mailer=world.mailer,
            sender=SENDER,
            pages=pages_of(world),
        )


def pages_of(world: World) -> CustomerPages:
    """Return what gives links, each of the same token for a document: what is tried again can be compared."""
    return CustomerPages("https://pages.example", world.now, lambda _: "A" * 32)


def disputed_on_the_page(world: World) -> None:
    """Open the page of the German document, and dispute it there, twice."""
    released = world.register.released(GERMAN)
    assert released is not None
    token = pages_of(world).give_link(released, world.register)
    form = {"line": "", "cause": "price", "reason": "another price was agreed"}
    for event in (page_event(token), page_event(token, form), page_event(token, form)):
        assert handler("serve_customer_page")(event, Context(), world)["statusCode"] in {200, 303}


def page_event(token: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a call of a page as API Gateway sends it: of the page itself, or of a form."""
    method, path = ("GET", f"/p/{token}") if form is None else ("POST", f"/p/{token}/disputes")
    return {"routeKey": f"{method} {path}", "rawPath": path, "body": urlencode(form or {})}


ELECTRONIC = History(
    "electronic",
    billed,
    (
        Step(("deliver_invoice",), "hand-on", handed_on),
        Step(("deliver_einvoice",), "send", sent),
        Step(("deliver_invoice",), "send-again", sent_again),
        Step(("serve_customer_page",), "dispute-on-the-page", disputed_on_the_page),
    ),
)
