"""A race from the first byte to the last stored invoice, against the peer bframelib: one file, unit price 0.0125.

Ours a second time from the compacted log, as the hourly compaction leaves it before a month's end.
"""

import json
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from decimal import Decimal
from itertools import batched
from pathlib import Path
from typing import Any

from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.usage.compaction import compact_day
from billproof.usage.ingestion import Message
from billproof.usage.keys import SegmentKey
from billproof_ops.paths import ROOT
from tests.bench import load
from tests.bench.ratios import Measure
from tests.support.world import INC, World

EVENTS = 1_000_000
ACCOUNTS = 20
ROUNDS = 3
RAW_GOAL, COMPACTED_GOAL = 0.4, 1.0
"""Not slower than two and a half times, with all guards; faster, where the log is compacted."""
PEER = ROOT / ".bench" / "bin" / "python"
UNIT_PRICE = Decimal("0.0125")


def race() -> list[Measure]:
    """Race three times, in turns, and compare the medians; both totals are in the detail."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        with path.open("w") as file:
            for number in range(EVENTS):
                event = load.event(number, accounts=ACCOUNTS, days=30, first=2, total=EVENTS)
                file.write(json.dumps(event, separators=(",", ":")) + "\n")
        turns = [(_ours(path), _peer(path)) for _ in range(ROUNDS)]
    expected = _expected()
    theirs = statistics.median(peer["seconds"] for _, peer in turns)
    total, peer_total = turns[-1][0].total, turns[-1][1]["total"]
    measures = []
    for name, goal, seconds in (
        ("race: times as fast as bframelib", RAW_GOAL, statistics.median(ours.seconds for ours, _ in turns)),
        (
            "race from the compacted log: times as fast as bframelib from its file",
            COMPACTED_GOAL,
            statistics.median(ours.from_compacted for ours, _ in turns),
        ),
    ):
        times = theirs / seconds
        detail = (
            f"{EVENTS:,} events: {seconds:.1f} s against {theirs:.1f} s; "
            f"right total {expected}, ours {total}, peer's {peer_total}"
        )
        reached = times >= goal and all(ours.total == expected for ours, _ in turns)
        measures.append(Measure(name, round(times, 2), f">= {goal:g}, right total", reached, detail, headline=True))
    return measures


@dataclass(frozen=True, slots=True)
class Ours:
    """What we took from the first byte, and from the compacted log; and what we billed both times."""

    seconds: float
    from_compacted: float
    total: Decimal


def _peer(path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [PEER, ROOT / "tests" / "bench" / "peer.py", path], check=True, capture_output=True, text=True, env={}
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _ours(path: Path) -> Ours:
    world = _world()
    started = time.perf_counter()
    with path.open() as file:
        numbered = enumerate(batched(file, load.EVENTS_PER_MESSAGE * load.MESSAGES_PER_CALL, strict=False))
        for call, lines in numbered:
            bodies = [f"[{','.join(chunk)}]" for chunk in batched(lines, load.EVENTS_PER_MESSAGE, strict=False)]
            messages = [Message(id=f"{call}-{n}", body=body, sent_at=load.SENT) for n, body in enumerate(bodies)]
            load.ingest(world, [messages])
    ingested = time.perf_counter() - started
    compacted = World(accounts=())
    compacted.take_after(world)
    started = time.perf_counter()
    total = _billed(world)
    seconds = ingested + time.perf_counter() - started
    for day in sorted({SegmentKey.parse(key).day for key in compacted.objects.keys("usage/")}):
        compact_day(0, day, objects=compacted.objects, meters=compacted.directory.meters())
    started = time.perf_counter()
    again = _billed(compacted)
    if again != total:
        message = f"the compacted log comes to {again}, and its segments to {total}"
        raise AssertionError(message)
    return Ours(seconds, time.perf_counter() - started, total)


def _billed(world: World) -> Decimal:
    statement = world.bill()
    if statement.released != ACCOUNTS:
        raise AssertionError(statement.findings)
    return statement.totals["USD"].totals.net.amount


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
