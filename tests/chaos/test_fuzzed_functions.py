"""Every function on its sample events, damaged: it refuses or takes them, and raises nothing that nobody expected.

Of a message or a call the body is damaged, and where a route has them its parameters; a webhook is signed as it then
is. `make chaos N=...` damages more of them.
"""

import base64
import contextlib
import copy
import json
import random
import time
import zlib
from functools import cache
from http import HTTPStatus
from typing import Any

import pytest
from pydantic import ValidationError

from billproof import handlers
from billproof.api import problems
from billproof.api.problems import Problem
from billproof.errors import BillproofError, InternalError
from tests.support.damaging import damaged
from tests.support.faults import restore
from tests.support.histories import Played, played
from tests.support.histories_of_systems import SAMPLES
from tests.support.hubspot_webhooks import event as of_hubspot
from tests.support.hubspot_webhooks import signed_text, url_event
from tests.support.invoking import FILES, FUNCTIONS, Context, handler
from tests.support.levels import LEVEL, SEED
from tests.support.stripe_world import signed as signed_by_stripe
from tests.support.world import World

ROUNDS, SECONDS = 150 * LEVEL, 2 * LEVEL
"""For each function; a slow machine does fewer rounds."""
EXPECTED = (BillproofError, ValidationError, json.JSONDecodeError)
"""Refusals: what is wrong is for the sender to correct."""
PARAMETERS = ("pathParameters", "queryStringParameters")
HINT = [of_hubspot(), of_hubspot(kind="line_item")]


@cache
def samples(function: str) -> tuple[dict[str, Any], ...]:
    events = (json.loads(path.read_text()) for path in FILES if path.parent.name == function)
    return tuple(event for event in events if isinstance(event, dict))


def spoilt(function: str, event: dict[str, Any], world: World, chance: random.Random) -> Any:
    """Return an event of a function in which something is damaged."""
    if function == "receive_stripe_event":
        return signed_by_stripe(_damaged_text(event["body"], chance), world.now())
    if function == "receive_crm_webhook":
        return url_event(signed_text(damaged(HINT, chance), at=world.now()))
    event = copy.deepcopy(event)
    holders: list[dict[str, Any]] = event.get("Records") or [event]
    bodies = [holder for holder in holders if isinstance(holder, dict) and isinstance(holder.get("body"), str)]
    named = [name for name in PARAMETERS if event.get(name)]
    if named and chance.random() < (0.2 if bodies else 1):
        name = chance.choice(named)
        with contextlib.suppress(ValueError):
            values = json.loads(damaged(event[name], chance))
            event[name] = {key: str(value) for key, value in values.items()} if isinstance(values, dict) else None
        return event
    if not bodies:
        with contextlib.suppress(ValueError):
            return json.loads(damaged(event or {"surprise": 1}, chance))
        return event
    holder = chance.choice(bodies)
    holder["body"] = _damaged_text(holder["body"], chance)
    return event


def _damaged_text(body: str, chance: random.Random) -> str:
    """Damage a body; of an opening that is packed in it what is packed."""
    try:
        document = json.loads(body)
    except ValueError:
        return chance.choice([body[: len(body) // 2], body + "\ud800", body.replace("\n", "\n\x00"), "[" * 5_000])
    if not isinstance(document, (dict, list)) or not document:
        return chance.choice(["", "null", "[]", "{", "9" * 5_000, "[" * 5_000])
    if isinstance(document, dict) and document.get("packed") and chance.random() < 0.8:
        with contextlib.suppress(ValueError, zlib.error):
            opening = json.loads(zlib.decompress(base64.b64decode(document["packed"])))
            text = damaged(opening, chance).encode(errors="surrogatepass")
            return json.dumps(document | {"packed": base64.b64encode(zlib.compress(text)).decode()})
    return damaged(document, chance)


def is_refusal(error: Exception) -> bool:
    if isinstance(error, ExceptionGroup):  # of several legal entities
        return all(map(is_refusal, error.exceptions))
    if isinstance(error, Problem):
        return error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, EXPECTED) and not isinstance(error, InternalError)


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Keep what functions log of what they, their nets and their answers caught."""
    caught: list[Exception] = []

    def keep(_what: str, error: Exception, **_fields: Any) -> None:
        caught.append(error)

    for module in (handlers, problems):
        monkeypatch.setattr(module, "log_failure", keep)
    return caught


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_damaged_event_is_refused_by_name_and_raises_nothing_else(function: str, failures: list[Exception]) -> None:
    known: Played = played(SAMPLES)
    known.fuse.arm(None)
    call, until, rounds = handler(function), time.process_time() + SECONDS, 0
    for number in range(ROUNDS):
        if time.process_time() > until:
            break
        chance = random.Random(f"{SEED} {function} {number}")
        restore(known.world, known.end)
        failures.clear()
        event = spoilt(function, chance.choice(samples(function)), known.world, chance)
        with contextlib.suppress(BillproofError, KeyError):
            call(event, Context(), known.world)
        for error in failures:
            if not is_refusal(error):
                error.add_note(f"{function}, round {number}, seed {SEED}: {json.dumps(event)[:3_000]}")
                raise error
        rounds += 1
    assert rounds > 5
