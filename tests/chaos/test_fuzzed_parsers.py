"""Hostile input to every parser: it is refused by a named error or a reason, and nothing else is raised.

A sound document is damaged: values are replaced by hostile ones, parts are removed, added and moved, bytes are changed.
`make chaos N=...` damages more of them.
"""

import copy
import json
import random
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.approvals.model import Verdict
from billproof.errors import BillproofError
from billproof.handlers import InvoiceMessage, read_message
from billproof.invoicing.credit_requests import CreditRequest
from billproof.masterdata.service import sync_contract
from billproof.nets import begin
from billproof.pricing.quoting import PriceRequest, quote
from billproof.usage.buckets import Buckets
from billproof.usage.ingestion import Message, ingest_usage
from billproof_ops.demo import story
from billproof_ops.paths import ROOT
from tests.support.exchange_rates import rate
from tests.support.levels import LEVEL
from tests.support.world import ACCEPTANCE, INC, JANUARY, NOW, World, flight

ROUNDS = 2_000 * LEVEL
SECONDS = 4 * LEVEL
"""For each parser; a slow machine does fewer rounds."""

UA = f"{INC}.{JANUARY}.UA"
HOSTILE: list[Any] = [
    *(None, True, False, 0, -1, 1e-7, 1e308, 9e22, 2**70, -(2**70), "", " ", "\n", "12\n", "\u0665", "+5", "1_000"),
    *("NaN", "Infinity", "-0", "1e5", "9" * 23, "9" * 24, "0." + "1" * 15, "0." + "1" * 16, "0" * 400),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2013-02-30T00:00:00Z", "2013-01-05T12:00:00+24:00"),
    *("0001-01-01", "9999-12-31", "2013-02-29", "0000-00-00", "../../etc", "a" * 5_000, "\x00", "\u2028", "\ud800"),
    *("=cmd()", "'; drop table", "${jndi:x}", "🦄", [], {}, [[]], [{}], {"": ""}, {"a": {"b": {"c": []}}}, [None] * 50),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every place in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from places(item, (*path, name))


def damaged(document: Any, chance: random.Random) -> str:
    """Damage a document once to three times, and perhaps its bytes."""
    document = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        *before, last = chance.choice(list(places(document))[1:] or [("x",)])
        holder = document
        for name in before:
            holder = holder[name]
        match chance.randrange(6):
            case 0:
                del holder[last]
            case 1 if isinstance(holder, dict):
                holder[chance.choice(["surprise", "", "\n", "kind"])] = copy.deepcopy(chance.choice(HOSTILE))
            case 2 if isinstance(holder, list):
                holder += [copy.deepcopy(holder[last])] * chance.choice([1, 600])
            case _:
                holder[last] = copy.deepcopy(chance.choice(HOSTILE))
        if not document:
            break
    text = json.dumps(document)
    if chance.random() < 0.1:
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice(['"', "{", "\ud800", "\\ud800", "\x00", "[" * 2_000]) + text[place + 1 :]
    return text


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


PARSERS: dict[str, tuple[Callable[[], list[Any]], Callable[[str], None]]] = {
    "events and control totals": (events, ingest),
    "contracts": (contracts, publish),
    "other master data": (masters, publish),
    "price requests": (price_requests, price),
    "credit requests": (credits_asked, ask),
    "decisions": (decisions, decide),
    "messages of queues": (messages, take),
}
EXPECTED = (BillproofError, ValidationError, json.JSONDecodeError)
"""Refusals: what is wrong is for the sender to correct."""


@pytest.mark.parametrize("parser", PARSERS)
def test_hostile_input_is_refused_by_name_and_raises_nothing_else(parser: str) -> None:
    sound, parse = PARSERS[parser]
    documents, until = sound(), time.process_time() + SECONDS
    rounds = 0
    for seed in range(ROUNDS):
        if time.process_time() > until:
            break
        chance = random.Random(f"{parser} {seed}")
        text = damaged(chance.choice(documents), chance)
        try:
            parse(text)
        except EXPECTED:
            pass
        except Exception as error:
            error.add_note(f"{parser}, seed {seed}: {text[:500]!r}")
            raise
        rounds += 1
    assert rounds > 20
