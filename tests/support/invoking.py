"""What a handler is invoked with: sample events, a Lambda context, and a world whose month is billed."""

import importlib
import json
from typing import Any

from billproof.ports import Key
from billproof_ops.paths import ROOT
from tests.support.world import World, flight

EVENTS = ROOT / "events"
FILES = sorted(EVENTS.glob("*/*.json"))
REFUSED_EVENTS = json.loads((EVENTS / "ingest_usage" / "good-with-bad-events-to-quarantine.json").read_text())
"""A sample whose refused events other samples name."""
SPOILT = "QX"
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


def billed_world() -> World:
    """A world whose month is planned, aggregated and billed, so that every step can be taken again."""
    world = World()
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    handler("ingest_usage")(REFUSED_EVENTS, Context(), world)
    world.ingest([flight(1, account="EV", type="flight.cancelled")])  # nobody says what it costs: EV is held
    world.bill()
    world.bill("skymeter-europe")
    world.decide("skymeter-inc.2013-01.EV.001", "approved", "ben", "usage confirmed by the customer on the phone")
    spoil(world)
    return world


def spoil(world: World) -> None:
    """Store an account whose profile does not read: an event of it raises what no rule expects."""
    items, sort = world.records["contracts"].items, "profile#v000001"
    items[Key(f"account#{SPOILT}", sort)] = {**items[Key("account#UA", sort)], "surprise": "?"}
