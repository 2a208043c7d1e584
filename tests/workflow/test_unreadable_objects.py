"""An object that is spoilt is its own trouble: a finding that names it, and neither a run nor an account stops."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from billproof.approvals.dismissing import dismiss_event
from billproof.pipeline.artefacts import REFUSED, RUN_PLAN, Artefacts
from billproof.pipeline.refusals import Quarantine, refused_of_month
from billproof.proof.model import DifferenceKind
from billproof.proof.service import prove_run
from billproof.usage.buckets import Buckets
from billproof.usage.compacting import CompactionRequest, RoundOutcome, plan_compaction
from billproof.usage.compaction import compact_day
from billproof_ops import cli
from billproof_ops.local.people import local_identity
from billproof_ops.target import Target
from tests.support.completeness import read_completeness
from tests.support.late_usage import FEB, JAN
from tests.support.refused_usage import RUN, TOTAL, bill, unreadable, world_with_refusals
from tests.support.spoilt import SPOILT
from tests.support.verifying import verified
from tests.support.world import INC, World, flight


def quarantined(world: World, day: str = "2013-01-05") -> str:
    (key,) = world.objects.keys(f"quarantine/day={day}/")
    return key


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_object_of_the_quarantine_is_named_and_everything_beside_it_is_billed_and_stated(how: str) -> None:
    world = world_with_refusals()
    key = quarantined(world)
    world.objects.items[key] = SPOILT[how](world.objects.items[key])
    statement = bill(world)
    assert unreadable(statement) == [key]
    assert {place.place: place.events for place in statement.quarantine} == {"B6": 1}
    assert all(world.register.released(f"{INC}.{JAN}.{account}") for account in ("UA", "B6"))
    (difference,) = prove_run(RUN, stores=world.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.QUARANTINE, key)


def test_once_it_is_restored_the_proof_holds_and_a_later_run_states_its_events_as_late() -> None:
    world = world_with_refusals()
    key = quarantined(world)
    intact = world.objects.items[key]
    world.objects.items[key] = b""
    bill(world)
    world.objects.items[key] = intact
    assert prove_run(RUN, stores=world.stores()).holds
    february = bill(world, FEB)
    assert unreadable(february) == []
    assert {place.place: (place.events, place.late) for place in february.quarantine} == {"UA": (1, 1)}
    assert prove_run(f"{INC}-{FEB}-001", stores=world.stores()).holds


def test_where_nothing_is_spoilt_nothing_is_said_of_it_in_the_list_of_a_run() -> None:
    world = world_with_refusals()
    assert unreadable(bill(world)) == []
    assert b"unreadable" not in world.objects.get(REFUSED.key(RUN))
    assert Artefacts(world.objects).read(REFUSED, RUN).unreadable == ()


def test_a_spoilt_dismissal_counts_for_nothing_and_is_named() -> None:
    world = world_with_refusals()
    events = refused_of_month(INC, JAN, directory=world.directory, quarantine=Quarantine(world.objects))
    for event in events:
        dismiss_event(
            event.id,
            reason="a test of the source",
            caller=local_identity("ben"),
            policies=world.policies,
            directory=world.directory,
            objects=world.objects,
            now=world.now(),
        )
    (key,) = world.objects.keys("dismissals/day=2013-01-05/")
    world.objects.items[key] = world.objects.items[key][:-1]
    statement = bill(world)
    assert unreadable(statement) == [key]
    assert {place.place: (place.open, place.dismissed) for place in statement.quarantine} == {
        "UA": (1, 0),
        "B6": (0, 1),
    }
    (difference,) = prove_run(RUN, stores=world.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.DISMISSAL, key)


def test_a_spoilt_control_total_is_named_by_the_check_of_completeness_and_holds_nobody() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1), flight(2) | TOTAL])
    (key,) = world.objects.keys("control-totals/")
    world.objects.items[key] = world.objects.items[key][:-1]
    bill(world)
    assert [finding.path for finding in read_completeness(world.objects, RUN).findings] == [key]
    assert world.register.released(f"{INC}.{JAN}.UA") is not None


def test_a_key_that_is_no_mark_of_late_usage_stops_no_plan() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1)])
    world.objects.items["late/bucket=0000/UA"] = b""
    bill(world)
    assert world.register.released(f"{INC}.{JAN}.UA") is not None


def test_a_segment_that_came_after_a_run_and_is_spoilt_is_named_by_the_proof() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1)])
    bill(world)
    seen = set(world.objects.keys("usage/"))
    world.ingest([flight(2)])
    (key,) = set(world.objects.keys("usage/")) - seen
    world.objects.items[key] = b"?"
    (difference,) = prove_run(RUN, stores=world.stores()).differences
    assert (difference.kind, difference.where) == (DifferenceKind.SEGMENT, key)


def test_the_list_of_refused_events_goes_on_and_names_what_it_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_with_refusals()
    key = quarantined(world)
    world.objects.items[key] = b""
    monkeypatch.setattr(Target, "find", lambda: SimpleNamespace(ports=world))
    answer = CliRunner().invoke(cli.app, ["quarantine", "list", "-e", INC, "-p", JAN, "--json"])
    assert (answer.exit_code, [row["place"] for row in json.loads(answer.stdout)]) == (0, ["B6"]), answer.output
    assert f"{key} cannot be read" in answer.stderr


@pytest.mark.parametrize("artefact", [REFUSED, RUN_PLAN], ids=["refused", "plan"])
def test_a_spoilt_list_of_an_earlier_run_stops_no_later_run_and_states_nothing_twice(artefact: Any) -> None:
    world = world_with_refusals()
    bill(world)
    key = artefact.key(RUN)
    world.objects.items[key] += b"?"
    world.ingest([flight(5, data={"distance": "-1"})])
    february = bill(world, FEB)
    assert unreadable(february) == [key]
    assert {place.place: (place.events, place.late) for place in february.quarantine} == {"UA": (1, 1)}


def test_a_spoilt_note_of_when_segments_were_written_stops_no_message() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1)])
    world.moment = datetime(2013, 3, 20, tzinfo=UTC)
    world.ingest([flight(2)])
    for key in world.objects.keys("late-written/"):
        world.objects.items[key] = b"yesterday"
    marks = set(world.objects.keys("late/"))
    world._sent -= 1
    world.ingest([flight(2)])  # delivered again
    assert set(world.objects.keys("late/")) >= marks != set()


@pytest.mark.parametrize("of", ["ids/0000.parquet", "tally/0000.json", "run/plan.json", "run/refused.json"])
def test_what_no_longer_reads_of_an_earlier_run_is_named_and_everybody_is_billed(of: str) -> None:
    world = world_with_refusals()
    bill(world)
    key = f"runs/{RUN}/{of}"
    assert key in world.objects.items
    world.objects.items[key] = b"?"
    statement = bill(world, FEB)
    assert all(world.register.released(f"{INC}.{FEB}.{account}") for account in ("UA", "B6"))
    checked = read_completeness(world.objects, f"{INC}-{FEB}-001").findings
    named = {*unreadable(statement), *(finding.path for finding in checked if finding.code == "object_unreadable")}
    assert named & {key, f"runs/{RUN}/"}


@pytest.mark.parametrize(
    "key",
    [
        "usage/bucket=0000/day=2013-01-05/folder/x.ndjson.zst",
        "usage/bucket=0000/a",
        "compactions/bucket=0000/day=2013-01-05/copy of it",
        "compactions/bucket=0000/day=2013-01-05/1/2/3",
    ],
)
def test_a_key_that_is_none_of_the_usage_log_stops_no_run_and_no_compaction(key: str) -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1)])
    world.objects.memory.put(key, b"?")
    compacted = compact_day(0, "2013-01-05", objects=world.objects, meters=world.directory.meters())
    assert compacted.segments == 1
    request = CompactionRequest(months=(JAN,))
    planned = plan_compaction(request, objects=world.objects, buckets=Buckets((1,)), now=world.now())
    assert planned.outcome is RoundOutcome.NOTHING
    bill(world)
    assert world.register.released(f"{INC}.{JAN}.UA") is not None
    assert [finding.where.endswith(key) for finding in verified(world).findings] == [True]
