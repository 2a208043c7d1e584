"""Whatever stands in a record of the chain, in a key or beside the anchors: verification ends, and names it."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from billproof.audit.exporting import export
from billproof.audit.heads import Anchor, anchor_days, anchor_key, content_of, read_anchors
from billproof.audit.keys import key_place
from billproof.audit.model import AuditBlock
from billproof.audit.verifying import verify
from billproof.ports import Key
from tests.support.tampered_chains import _chain
from tests.support.tampered_store import heads
from tests.support.tampering import tampered_with
from tests.support.verifying import audited, verified
from tests.support.world import World, flight

NONSENSE: list[Any] = [None, "", 0, True, [], {}, [None], "9" * 23, "0001-01-01", "\ud800", "NaN", 1.5]


def named(world: World) -> set[str]:
    world.chain.forget()
    return {finding.where for finding in verified(world, heads=heads()).findings}


@pytest.mark.parametrize("field", AuditBlock.__struct_fields__)
@pytest.mark.parametrize("place", [3, -1], ids=["one", "the last one"])
def test_a_record_of_which_a_field_is_anything_at_all_is_named(field: str, place: int) -> None:
    world, _ = tampered_with()
    chain, keys = _chain(world)
    sound = world.audit.items[keys[place]]
    for value in NONSENSE:
        world.audit.items[keys[place]] = {**sound, field: value}
        if value != sound.get(field) or type(value) is not type(sound.get(field)):
            assert any(where.startswith(f"{chain} record") for where in named(world)), value


ENTRIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no place": lambda entry: entry | {"place": []},
    "a place too short": lambda entry: entry | {"place": entry["place"][:-1]},
    "an anchor of no day": lambda entry: entry | {"store": "anchors", "place": ["anchors/x.json"]},
    "an object at a place of a fact": lambda entry: entry | {"store": "objects"},
    "the end of no run": lambda entry: entry | {"store": "runs", "place": ["runs#", "x#closed"]},
    "a subject longer than a key may be": lambda entry: entry | {"subject": "A" * 3_000},
    "half a surrogate pair": lambda entry: entry | {"digest": "\ud800"},
    "more than an entry has": lambda entry: entry | {"surprise": "?"},
}


NOT_HASHED = {"half a surrogate pair", "more than an entry has"}
"""What no block of ours can hold, so that it has no hash."""


@pytest.mark.parametrize("is_hashed_again", [False, True])
@pytest.mark.parametrize("how", ENTRIES)
def test_a_record_whose_entry_is_no_entry_is_named(how: str, *, is_hashed_again: bool) -> None:
    world, _ = tampered_with()
    chain, keys = _chain(world)
    number = next(n for n, key in enumerate(keys) if len(world.audit.items[key].get("entries", ())[0]["place"]) == 2)
    block = dict(world.audit.items[keys[number]])
    block["entries"] = [ENTRIES[how](dict(block["entries"][0])), *block["entries"][1:]]
    if is_hashed_again and how not in NOT_HASHED:
        block = AuditBlock.seal(AuditBlock.read(block)).document()
    world.audit.items[keys[number]] = block
    assert any(where.startswith(f"{chain} record") for where in named(world))


def test_a_record_that_holds_more_than_its_hash_was_made_of_is_named() -> None:
    world, _ = tampered_with()
    chain, keys = _chain(world)
    world.audit.items[keys[2]] = {**world.audit.items[keys[2]], "surprise": "?"}
    assert named(world) == {f"{chain} record 3"}


@pytest.mark.parametrize("key", [{}, {"key": None}, {"key": 1}, {"key": "9" * 23}, {"key": "no key"}], ids=str)
def test_a_key_of_digests_that_is_none_is_told_with_all_that_it_was_for_and_hides_nothing_else(key: Any) -> None:
    world, altered = tampered_with("a_ledger_entry_removed")
    world.audit.items[key_place("WN")] = key
    found = named(world)
    assert any(where.endswith("account#WN profile#v000001") for where in found)
    assert all(any(where.endswith(name) for where in found) for name in altered)


@pytest.mark.parametrize("name", ["", "x", "a/b/c", "skymeter-inc/-1", "skymeter-inc/٣"])
def test_a_chain_that_cannot_be_is_named(name: str) -> None:
    world, _ = tampered_with()
    world.audit.items[Key("chains", name)] = {"chain": name}
    assert named(world) == {f"{name} record 1"}


def test_a_record_at_the_end_of_all_numbers_is_named_and_costs_no_more_than_another() -> None:
    world, _ = tampered_with()
    chain, keys = _chain(world)
    world.audit.items[Key(keys[0].partition, "9" * 12)] = dict(world.audit.items[keys[0]])
    world.chain.forget()
    reads = 0
    everything = world.audit.query

    def query(*args: Any, **kwargs: Any) -> Any:
        nonlocal reads
        reads += 1
        assert reads < 1_000
        return everything(*args, **kwargs)

    world.audit.query = query  # type: ignore[method-assign]
    try:
        found = verify(audited(world)).findings
    finally:
        del world.audit.query
    assert f"{chain} record {len(keys) + 1} to {'9' * 11}8" in {finding.where for finding in found}


def test_an_export_is_written_of_a_chain_whose_last_record_is_none_and_of_keys_that_are_none(tmp_path: Path) -> None:
    world, _ = tampered_with()
    chain, keys = _chain(world)
    world.audit.items[keys[-1]] = {"sequence": "?"}
    world.audit.items[key_place("WN")] = {}
    world.chain.forget()
    export(world.chain, read_anchors(world.anchors), tmp_path, at="2013-02-06T00:00:00Z", with_keys=True)
    exported = {head["chain"]: head["sequence"] for head in json.loads((tmp_path / "heads.json").read_text())}
    assert exported[chain] == len(keys) - 1


def played(until: int) -> World:
    world = World(accounts={"UA"})
    for day in range(3, until + 1):
        world.moment = datetime(2013, 2, day, 12, tzinfo=UTC)
        world.ingest([flight(day)])
        world.settle()
    world.moment = datetime(2013, 2, 6, 1, 15, tzinfo=UTC)
    return world


@pytest.mark.parametrize("key", ["x", "anchors/x.json", "anchors/0000-00-00.json", "anchors/2013-02-05.json/x"])
def test_what_is_put_beside_the_anchors_ends_no_anchoring_and_is_named(key: str) -> None:
    world, today = played(4), date(2013, 2, 6)
    world.anchors.items[key] = b"{}"
    assert anchor_days(world.chain, world.anchors, today=today)[-1] == today - timedelta(days=1)
    assert [finding.where for finding in verified(world, today=today).findings] == [f"anchors {key}"]


@pytest.mark.parametrize("day", [date(2013, 2, 6), date(2099, 1, 1), date(9999, 12, 31)], ids=str)
def test_an_anchor_of_a_day_to_come_ends_no_anchoring(day: date) -> None:
    world, today = played(4), date(2013, 2, 6)
    world.anchors.items[anchor_key(day)] = content_of(Anchor(day=day, chains=()))
    assert anchor_days(world.chain, world.anchors, today=today)[-1] == today - timedelta(days=1)


def test_a_record_that_no_longer_reads_ends_no_anchoring_and_is_named() -> None:
    world = played(5)
    (key, *_) = [key for key in sorted(world.audit.items) if key.partition == "chain#_shared/0"]
    world.audit.items[key] = {**world.audit.items[key], "sequence": "?"}
    world.chain.forget()
    assert anchor_days(world.chain, world.anchors, today=date(2013, 2, 6))
    assert any(where.startswith("_shared/0 record") for where in {one.where for one in verified(world).findings})
