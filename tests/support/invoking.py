"""What a handler is invoked with: sample events, a Lambda context, and a world whose month is billed."""

import importlib
import json
from typing import Any

from billproof.contracts.history import Receipt
from billproof.crm.syncing import CrmSources
from billproof.crm.waiting import CrmExceptions
from billproof.invoicing.delivery import pdf_key
from billproof.invoicing.links import CustomerPages
from billproof.ports import Key
from billproof.settings import Settings
from billproof_ops.paths import ROOT
from tests.support.events import event_ports
from tests.support.stripe_world import SECRET, at_stripe, secrets
from tests.support.webhooks import Hooks, ScriptedSender, webhook_ports
from tests.support.world import INC, World, flight

EVENTS = ROOT / "events"
FILES = sorted(EVENTS.glob("*/*.json"))
REFUSED_EVENTS = json.loads((EVENTS / "ingest_usage" / "good-with-bad-events-to-quarantine.json").read_text())
"""A sample whose refused events other samples name."""
UNKNOWN_PAYER = EVENTS / "apply_payment" / "good-of-an-unknown-payer.json"
"""A receipt that another sample decides about."""
BANK_FILE = (ROOT / "examples" / "payments" / "2013-02-05.xml").read_bytes()
BANK_FILES = {
    "bank-statements/skymeter-europe/2013-02-05.xml": BANK_FILE,
    "bank-statements/skymeter-europe/does not add up.xml": BANK_FILE.replace(b"1033.00", b"1034.00"),
    "bank-statements/stray.xml": BANK_FILE,
}
"""Files that samples say a bank put, by their keys."""
SPOILT = "QX"
IN_SAMPLES = {"UA", "EV", "B6", "WN", "FL", "DL", "US"}
"""Accounts that samples name, and those of the other legal entity."""
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/app.py"))


class Context:
    function_name = "function"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id = "request"
    log_group_name = log_stream_name = "log"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def handler(function: str) -> Any:
    return importlib.import_module(f"functions.{function}.app").handler


HANDED_ON = ("skymeter-europe.2013-01.DL", "skymeter-europe.2013-01.US")
"""Documents of customers that take an electronic form: their PDF is kept, and the form is to be made."""


def billed_world() -> World:
    """A world whose month is planned, aggregated and billed, so that every step can be taken again."""
    world = World(accounts=IN_SAMPLES)
    world.settings = Settings({**world.settings.environ, "SENDER_ADDRESS": "billing@skymeter.example"})
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    handler("ingest_usage")(REFUSED_EVENTS, Context(), world)
    world.ingest([flight(1, account="EV", type="flight.cancelled")])  # nobody says what it costs: EV is held
    world.bill()
    world.bill("skymeter-europe")
    world.decide("skymeter-inc.2013-01.EV.001", "approved", "ben", "usage confirmed by the customer on the phone")
    handler("apply_payment")(json.loads(UNKNOWN_PAYER.read_text()), Context(), world)
    for key, data in BANK_FILES.items():
        world.objects.memory.put(key, data)
    world.publish(at_stripe(world.directory.legal_entity(INC)))
    world.stripe_webhook_secrets = secrets(SECRET)
    spoil(world)
    _link(world)
    _read_by_the_api(world)
    return world


def _link(world: World) -> None:
    """Give the link that sample events of the customer's page open; its text is no secret there."""
    released = world.register.released("skymeter-inc.2013-01.UA")
    assert released is not None
    CustomerPages("https://pages.example", world.now, lambda _: "A" * 32).give_link(released, world.register)


def _read_by_the_api(world: World) -> None:
    """Reconcile the month and keep a PDF, and give the world what webhooks go through."""
    world.reconcile()
    first = world.register.invoice_numbered(INC, 2013, 1)
    assert first is not None
    for document in (first, *HANDED_ON):
        released = world.register.released(document)
        assert released is not None
        world.objects.put(pdf_key(released), b"%PDF-1.7")
    world.call_limits.burst = 1_000_000
    ports: dict[str, Any] = {"delivery_ports": lambda: _deliveries(world), "crm_sources": lambda **_: _no_crm(world)}
    ports |= {"hubspot_client_secret": "client", "crm_events": world.usage_events}
    for name, port in {**webhook_ports(world), **event_ports(), **ports}.items():
        setattr(world, name, port)


def _no_crm(world: World) -> Any:
    exceptions = CrmExceptions(world.exception_store, world.exceptions, world.now())
    receipt = Receipt(received_at="2013-02-02T12:00:00.000000Z", sender="AIDAEXAMPLE")
    return CrmSources(world.directory, lambda _: None, exceptions, lambda: world.usage_events, receipt)


def _deliveries(world: World) -> Any:
    mine = webhook_ports(world)
    return Hooks(ScriptedSender(200), book=mine["webhook_endpoints"], log=mine["delivery_log"]).ports


def spoil(world: World) -> None:
    """Store an account whose profile does not read: an event of it raises what no rule expects."""
    items, sort = world.records["contracts"].items, "profile#v000001"
    items[Key(f"account#{SPOILT}", sort)] = {**items[Key("account#UA", sort)], "surprise": "?"}
