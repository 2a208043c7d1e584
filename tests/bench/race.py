"""A race from the first byte to the last stored invoice, against the peer bframelib: one file, unit price 0.0125."""

import json
import statistics
import subprocess
import tempfile
import time
from decimal import Decimal
from itertools import batched
from pathlib import Path
from typing import Any

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.usage.ingestion import Message
from billproof_ops.paths import ROOT
from tests.bench import load
from tests.bench.ratios import Measure
from tests.support.world import INC, World

EVENTS = 1_000_000
ACCOUNTS = 20
ROUNDS = 3
PEER = ROOT / ".bench" / "bin" / "python"
UNIT_PRICE = Decimal("0.0125")


def race() -> list[Measure]:
    """Race three times, in turns, and compare the medians; both totals are in the detail."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        with path.open("w") as file:
            for number in range(EVENTS):
                event = load.event(number, accounts=ACCOUNTS, days=31, total=EVENTS)
                file.write(json.dumps(event, separators=(",", ":")) + "\n")
        ours, theirs = [], []
        total, peer = Decimal(0), {}
        for _ in range(ROUNDS):
            seconds, total = _ours(path)
            ours.append(seconds)
            peer = _peer(path)
            theirs.append(peer["seconds"])
    expected = _expected()
    times = statistics.median(theirs) / statistics.median(ours)
    detail = (
        f"{EVENTS:,} events: {statistics.median(ours):.1f} s against {statistics.median(theirs):.1f} s; "
        f"right total {expected}, ours {total}, peer's {peer['total']}"
    )
    reached = times >= 1.5 and total == expected
    return [Measure("race: times as fast as bframelib", round(times, 2), ">= 1.5, right total", reached, detail)]


def _peer(path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [PEER, ROOT / "tests" / "bench" / "peer.py", path], check=True, capture_output=True, text=True, env={}
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _ours(path: Path) -> tuple[float, Decimal]:
    world = _world()
    started = time.perf_counter()
    with path.open() as file:
        numbered = enumerate(batched(file, load.EVENTS_PER_MESSAGE * load.MESSAGES_PER_CALL, strict=False))
        for call, lines in numbered:
            bodies = [f"[{','.join(chunk)}]" for chunk in batched(lines, load.EVENTS_PER_MESSAGE, strict=False)]
            messages = [Message(id=f"{call}-{n}", body=body, sent_at=load.SENT) for n, body in enumerate(bodies)]
            load.ingest(world, [messages])
    statement = world.bill()
    seconds = time.perf_counter() - started
    if statement.released != ACCOUNTS:
        raise AssertionError(statement.findings)
    return seconds, statement.totals["USD"].totals.net.amount


def _world() -> World:
    world = load.world(accounts=ACCOUNTS)
    policy = world.directory.policy(INC).model_dump() | {"version": 2, "thresholds": {}}
    world.publish(Policy.model_validate(policy))
    for name in map(load.account_name, range(ACCOUNTS)):
        (contract,) = world.directory.contracts(name)
        terms = contract.model_dump(mode="json")
        (charge,) = [each for each in terms["charges"] if each["id"] == "flights"]
        price = {"model": "per_unit", "unit_price": str(UNIT_PRICE)}
        world.publish(
            Contract.model_validate(
                {**terms, "version": 2, "time_zone": "UTC", "charges": [{**charge, "price": price}]}
            )
        )
    return world


def _expected() -> Decimal:
    """Bill every distinct event at the unit price, rounded once for each account."""
    counts: dict[str, int] = {}
    for number in range(EVENTS):
        if number % 50 != 49:
            name = load.account_name(number * 7919 % ACCOUNTS)
            counts[name] = counts.get(name, 0) + 1
    return sum((round(count * UNIT_PRICE, 2) for count in counts.values()), Decimal(0))
