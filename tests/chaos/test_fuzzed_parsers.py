"""Hostile input to every parser: it is refused by a named error or a reason, and nothing else is raised.

A sound document is damaged: values are replaced by hostile ones, parts are removed, added and moved, bytes are changed.
`make chaos N=...` damages more of them.
"""

import ast
import base64
import json
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from billproof.adapters.aws.ses import read_ses_event
from billproof.adapters.stripe.events import messages_of, partner_event, read_event
from billproof.approvals.model import Verdict
from billproof.crm.hints import read_crm_message
from billproof.handlers import InvoiceMessage, read_message
from billproof.invoicing.credit_requests import CreditRequest
from billproof.masterdata.service import sync_contract
from billproof.nets import begin
from billproof.opening.packing import unpacked
from billproof.payments.gateway_balance import read_balance_change
from billproof.payments.service import read_payment_event
from billproof.pricing.quoting import PriceRequest, quote
from billproof.usage.buckets import Buckets
from billproof.usage.ingestion import Message, ingest_usage
from billproof_ops.demo import story
from billproof_ops.paths import ROOT
from tests.support.cash import with_cash
from tests.support.crm import change_event, mapping
from tests.support.crosswalks import crosswalk, merger
from tests.support.damaging import damaged
from tests.support.exchange_rates import rate
from tests.support.fuzzing import fuzz
from tests.support.openings import opening_of
from tests.support.stripe_account import FakeAccount
from tests.support.stripe_world import at_stripe
from tests.support.world import ACCEPTANCE, INC, JANUARY, NOW, World, flight

UA = f"{INC}.{JANUARY}.UA"


@cache
def world() -> World:
    return World(accounts={"UA"})


def events() -> list[Any]:
    return [[flight(1), flight(2), flight(3, corrects="2013-01-05:UA:1")], flight(4), control_total()]


def control_total() -> dict[str, Any]:
    data = {"count": "3", "sum": "3000"}
    return flight(type="billproof.control-total", subject="miles_tracked", time="2013-01-05T12:00:00Z") | {"data": data}


def ingest(text: str) -> None:
    """Every event is in one place; none is an internal error, and no message comes back.

    A neighbour is accepted, in another message, and in the same array where its end can be told.
    """
    call, neighbour = begin("fuzz"), json.dumps(flight(9))
    bodies = (text, neighbour, f"[{text}, {neighbour}]")
    counts, failed = ingest_usage(
        [Message(id=str(place), body=body, sent_at=NOW) for place, body in enumerate(bodies)],
        objects=world().objects,
        reference_data=world().reference_data,
        buckets=Buckets((1,)),
        acceptance=ACCEPTANCE,
    )
    assert failed == {}
    assert counts.accepted >= 1 + _is_read(text)
    assert (counts.internal_errors, call.caught) == (0, [])


def _is_read(text: str) -> bool:
    """Say whether a lenient parser reads a text, half surrogate pairs and NaN included."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def masters() -> list[Any]:
    demo = story.master_data()
    return [
        model.model_dump(mode="json")
        for model in (demo.legal_entities[0], demo.meters[0], demo.accounts[0], demo.policies[0], rate())
    ]


def contracts() -> list[Any]:
    terms = json.loads((ROOT / "examples" / "terms.json").read_text())
    return [terms, *(contract.model_dump(mode="json") for contract in story.master_data().contracts[:4])]


def publish(text: str) -> None:
    sync_contract(text, directory=World(master_data=False).directory)


def price_requests() -> list[Any]:
    return [json.loads((ROOT / "examples" / "price-request.json").read_text())]


def price(text: str) -> None:
    quote(PriceRequest.model_validate_json(text))


def credits_asked() -> list[Any]:
    asked = {
        "id": "C-1",
        "invoice": f"{INC}.{JANUARY}.UA",
        "reason": "billing_error",
        "note": "n",
        "requested_by": "ana",
    }
    return [asked, asked | {"lines": [{"line": "miles", "amount": "1.00"}]}]


def ask(text: str) -> None:
    request = CreditRequest.model_validate_json(text)
    world().credit(request.invoice, request.id, note=request.note)


def decisions() -> list[Any]:
    return [{"exception": f"{UA}.001", "verdict": "approved", "decided_by": "ben", "reason": "agreed"}]


def decide(text: str) -> None:
    asked = json.loads(text)
    is_text = isinstance(asked, dict) and all(isinstance(asked.get(name), str) for name in decisions()[0])
    if is_text and asked["verdict"] in set(Verdict):
        world().decide(asked["exception"], Verdict(asked["verdict"]), asked["decided_by"], asked["reason"])


def messages() -> list[Any]:
    return [{"invoice": UA, "correlation_id": "r"}]


def take(text: str) -> None:
    world().post(read_message(text, InvoiceMessage).invoice)


def crm_mappings() -> list[Any]:
    return [mapping(name).model_dump(mode="json") for name in ("salesforce", "hubspot")]


def crosswalks() -> list[Any]:
    published = [merger("VX", "UA", day="2013-01-01"), crosswalk(("UA", "2013-01-01", "2013-02-01"), ids=("A", "B"))]
    return [data.model_dump(mode="json") for data in published]


@cache
def two_accounts() -> World:
    return World(accounts={"UA", "VX"})


def publish_among_accounts(text: str) -> None:
    sync_contract(text, directory=two_accounts().directory)


def crm_hints() -> list[Any]:
    hints = [json.loads(change_event("8015g00000ORD01AA1", kind=kind)) for kind in ("Order", "OrderItem")]
    return [*hints, {"kind": "hint", "system": "hubspot", "object": "deal", "records": ["1"]}]


def stripe_events() -> list[Any]:
    account = FakeAccount()
    told = [account.charge("ch_1", 3000), account.refund("re_1", "ch_1", 1000), account.dispute("dp_1", "ch_1", 2000)]
    return [*told, *account.wins("dp_1"), *account.payout("po_1")]


def tell_of_stripe(text: str) -> None:
    """Take an event as the webhook does, and as the partner event bus brings it."""
    entity = gateways().directory.legal_entity(INC)
    messages_of(read_event(text), entity, entity.gateways[0])
    envelope = f'{{"source": "aws.partner/stripe.com/ed_test_skymeter", "detail": {text}}}'
    partner_event(envelope, gateways().directory)


@cache
def gateways() -> World:
    world = World(accounts={"UA"})
    world.publish(with_cash(world.directory.legal_entity(INC)))
    world.publish(at_stripe(world.directory.legal_entity(INC)))
    return world


def payment_events() -> list[Any]:
    files = (ROOT / "events" / "apply_payment").glob("*.json")
    bodies = [record["body"] for file in files for record in json.loads(file.read_text())["Records"]]
    return [json.loads(body) for body in bodies if _is_read(body)]


def take_payment(text: str) -> None:
    read_balance_change(text)
    read_payment_event(text)


def delivery_events() -> list[Any]:
    files = (ROOT / "events" / "record_delivery_event").glob("good*.json")
    return [json.loads(record["body"]) for file in files for record in json.loads(file.read_text())["Records"]]


def openings() -> list[Any]:
    return [opening_of(INC, "UA").model_dump(mode="json")]


def unpack(text: str) -> None:
    unpacked(base64.b64encode(zlib.compress(text.encode(errors="surrogatepass"))).decode())
    unpacked(text)


PARSERS: dict[str, tuple[Callable[[], list[Any]], Callable[[str], object]]] = {
    "events and control totals": (events, ingest),
    "contracts": (contracts, publish),
    "other master data": (masters, publish),
    "price requests": (price_requests, price),
    "credit requests": (credits_asked, ask),
    "decisions": (decisions, decide),
    "messages of queues": (messages, take),
    "mappings of CRMs": (crm_mappings, publish),
    "crosswalks": (crosswalks, publish_among_accounts),
    "hints of CRMs": (crm_hints, read_crm_message),
    "events of Stripe": (stripe_events, tell_of_stripe),
    "payment events": (payment_events, take_payment),
    "delivery events": (delivery_events, read_ses_event),
    "openings": (openings, unpack),
}


@pytest.mark.parametrize("parser", PARSERS)
def test_hostile_input_is_refused_by_name_and_raises_nothing_else(parser: str) -> None:
    sound, parse = PARSERS[parser]
    fuzz(parser, sound(), damaged, parse)


WITHIN_OTHERS = {
    "read_day": "days within documents",
    "read_master_data": "sync_contract reads by it",
    "read_numbers": "texts of receipts, of which nothing is refused: tests/matching",
    "read_put_object": "messages of take_statement: test_fuzzed_functions.py",
    "read_xml": "parse_statement reads CAMT by it",
}
"""Readers that are not fuzzed by their own names, and by what they are."""


def test_every_reader_of_text_from_outside_is_fuzzed() -> None:
    """Every function is, by its sample events: test_fuzzed_functions.py. What reads files and bodies has a name."""
    readers = {
        node.name
        for folder in (ROOT / "shared" / "billproof", ROOT / "ops" / "billproof_ops")
        for path in folder.rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith(("read_", "parse_")) and node.args.args
        if _is_of_outside(path, node.args.args[0])
    }
    fuzzed = "".join(path.read_text() for path in Path(__file__).parent.glob("test_fuzzed_*.py"))
    assert {name for name in readers if f"{name}(" not in fuzzed and f"{name})" not in fuzzed} == WITHIN_OTHERS.keys()


def _is_of_outside(path: Path, first: ast.arg) -> bool:
    """Say whether a reader's first parameter is a text or bytes, or a file that an operator names."""
    given = ast.unparse(first.annotation) if first.annotation else ""
    return (given in {"str", "bytes", "str | bytes"} and "ops" not in path.parts) or path.stem.endswith("_files")
