"""Documents in electronic forms: their PDF is kept, and another function makes the form and mails both."""

import json

from billproof.adapters.einvoice.making import make_electronic
from billproof.adapters.typst.pdf import render_invoice
from billproof.invoicing.delivery import Delivery, HandedOn, deliver_invoice
from billproof.invoicing.electronic import ElectronicMaker
from billproof.invoicing.electronic_delivery import deliver_electronic
from billproof.invoicing.resending import WantedResending, resend_invoice
from tests.support.histories import History, Step
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
        render=render_invoice,
        mailer=world.mailer,
        sender=SENDER,
        electronic=world.einvoices,
    )


def send(world: World, document: str = GERMAN, make: ElectronicMaker = make_electronic) -> Delivery:
    return deliver_electronic(
        invoice_id=document,
        register=world.register,
        objects=world.objects,
        make=make,
        mailer=world.mailer,
        sender=SENDER,
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
        )


ELECTRONIC = History(
    "electronic",
    billed,
    (
        Step(("deliver_invoice",), "hand-on", handed_on),
        Step(("deliver_einvoice",), "send", sent),
        Step(("deliver_invoice",), "send-again", sent_again),
    ),
)
