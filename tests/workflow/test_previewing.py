"""Previews and simulations: what invoices would say, without a trace in the books."""

import copy
from decimal import Decimal

import pytest

from billproof.adapters.overlay import OverlayObjects, OverlayRecords
from billproof.contracts.model import Contract
from billproof.errors import Conflict, NotFound
from billproof.masterdata.directory import read_master_data
from billproof.pipeline.previewing import Previewed, preview
from billproof.pipeline.simulating import simulate
from billproof.ports import Key, Record
from billproof_ops.paths import ROOT
from tests.support.fakes import MemoryObjects, MemoryRecords
from tests.support.world import INC, JANUARY, World, flight


def of_ua(world: World) -> Previewed:
    (found,) = preview(
        legal_entity=INC, period=JANUARY, accounts=["UA"], sources=world.preview_sources(), now=world.now()
    )
    return found


def everything(world: World) -> object:
    return copy.deepcopy(({name: records.items for name, records in world.records.items()}, world.objects.items))


def dearer(world: World, version: int = 2) -> Contract:
    contract = world.directory.contracts("UA")[-1]
    document = contract.model_dump(mode="json")
    for charge in document["charges"]:
        if charge["id"] == "miles":
            charge["price"]["unit_price"] = "1"
    return Contract.model_validate({**document, "version": version})


def test_a_preview_is_what_the_run_then_bills_and_leaves_no_trace() -> None:
    world = World(buckets=4)
    world.ingest([flight(1), flight(2)])
    before = everything(world)
    found = of_ua(world)
    assert everything(world) == before
    assert (found.outcome, found.number) == ("clean", None)
    world.bill()
    assert found.invoice == world.invoice(f"{INC}.{JANUARY}.UA")
    assert of_ua(world).number is not None


def test_a_preview_of_everyone_holds_what_could_not_be_priced() -> None:
    world = World(buckets=4)
    world.ingest(flight(number, data={"distance": "9" * 23}) for number in range(2))
    found = preview(legal_entity=INC, period=JANUARY, accounts=[], sources=world.preview_sources(), now=world.now())
    assert len(found) == 13
    held = next(each for each in found if each.account == "UA")
    assert (held.invoice, [finding.code for finding in held.findings]) == (None, ["quantity_out_of_range"])


def test_a_preview_of_nobody_is_refused() -> None:
    world = World()
    with pytest.raises(NotFound, match="does not bill XX"):
        preview(legal_entity=INC, period=JANUARY, accounts=["XX"], sources=world.preview_sources(), now=world.now())


def test_a_simulation_says_line_by_line_what_would_differ() -> None:
    world = World(buckets=4)
    world.ingest([flight(1), flight(2, account="AA")])
    before = everything(world)
    found = simulate(
        legal_entity=INC, period=JANUARY, changes=[dearer(world)], sources=world.preview_sources, now=world.now()
    )
    assert everything(world) == before
    (changed,) = found.changes
    (line,) = changed.lines
    assert (changed.account, line.line) == ("UA", "miles:2013-01")
    assert line.after is not None
    assert line.before is not None
    assert (line.before.text, line.after.text) == ("0.41", "1000.00")
    assert found.difference.amount == Decimal("999.59") == changed.difference.amount
    assert found.after == found.before + found.difference


def test_the_example_of_other_terms_changes_the_miles_alone() -> None:
    world = World()
    world.ingest([flight(number) for number in range(10)])  # of 1,000 miles each
    terms = read_master_data((ROOT / "examples" / "terms.json").read_text())
    found = simulate(legal_entity=INC, period=JANUARY, changes=[terms], sources=world.preview_sources, now=world.now())
    assert [(line.line, str(line.before), str(line.after)) for change in found.changes for line in change.lines] == [
        ("miles:2013-01", "4.13 USD", "3.00 USD")  # 10,000 x 0.0004125 and x 0.0003
    ]


def test_a_simulated_version_that_is_taken_is_a_conflict() -> None:
    world = World()
    with pytest.raises(Conflict, match="exists with other terms"):
        simulate(
            legal_entity=INC, period=JANUARY, changes=[dearer(world, 1)], sources=world.preview_sources, now=world.now()
        )


def test_a_simulated_meter_concerns_everybody() -> None:
    world = World()
    world.ingest([flight(1), flight(2, account="AS")])
    meter = next(each for each in world.directory.meters() if each.id == "miles_tracked")
    doubled = meter.model_copy(update={"version": 2, "value_property": "air_time"})
    found = simulate(
        legal_entity=INC, period=JANUARY, changes=[doubled], sources=world.preview_sources, now=world.now()
    )
    assert found.accounts == 13
    assert {change.account for change in found.changes} >= {"UA", "AS"}


def test_an_overlay_reads_what_is_below_and_writes_above() -> None:
    records, objects = MemoryRecords(), MemoryObjects()
    records.create(Record(Key("p", "b"), {"n": "1"}))
    objects.put("b", b"1")
    over, files = OverlayRecords(records), OverlayObjects(objects)
    assert not over.create(Record(Key("p", "b"), {"n": "2"}))
    assert over.create(Record(Key("p", "a"), {"n": "2"}))
    assert [record.key.sort for record in over.query("p")] == ["a", "b"]
    assert [record.key.sort for record in over.query("p", newest_first=True, limit=1)] == ["b"]
    assert over.get(Key("p", "a")) == {"n": "2"}
    assert not files.create("b", b"2")
    assert files.create("a", b"2")
    assert not files.create("a", b"3")
    assert (list(files.keys("")), files.get("a"), files.get("b")) == (["a", "b"], b"2", b"1")
    assert (list(objects.keys("")), len(records.items)) == (["b"], 1)
