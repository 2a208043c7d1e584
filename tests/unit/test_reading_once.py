"""What a proof reads it reads once, and what helps it read writes nothing."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from billproof.errors import NotFound
from billproof.invoicing.series import BLOCK_LIMIT, Series, block_key, block_prefixes
from billproof.ports import Key, NewObject, Record
from billproof.remembering import RememberedObjects, RememberedRecords
from billproof.snapshots import SnapshotRecords
from tests.support.fakes import MemoryObjects, MemoryRecords

FACTS = [Record(Key("p", sort), {"n": sort}) for sort in ("a#1", "a#2", "b#1", "é#1")]


def stored() -> MemoryRecords:
    records = MemoryRecords()
    for record in FACTS:
        records.create(record)
    records.create(Record(Key("q", "x"), {"n": "x"}))
    return records


@pytest.mark.parametrize("prefix", ["", "a", "a#", "b#1", "é", "z"])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [None, 1])
def test_a_snapshot_answers_as_the_store_does(
    tmp_path: Path, prefix: str, *, newest_first: bool, limit: int | None
) -> None:
    below = stored()
    snapshot = SnapshotRecords(below, tmp_path / "facts")
    snapshot.load(["p"])
    asked: dict[str, Any] = {"prefix": prefix, "newest_first": newest_first, "limit": limit}
    assert list(snapshot.query("p", **asked)) == list(below.query("p", **asked))
    assert list(snapshot.query("q", **asked)) == list(below.query("q", **asked))
    snapshot.close()


def test_a_snapshot_is_read_by_whoever_opens_its_file_and_knows_no_later_fact(tmp_path: Path) -> None:
    below = stored()
    snapshot = SnapshotRecords(below, tmp_path / "facts")
    snapshot.load(["p"])
    below.create(Record(Key("p", "c"), {"n": "c"}))
    other = SnapshotRecords(MemoryRecords(), tmp_path / "facts")
    assert [record.key.sort for record in other.query("p")] == [record.key.sort for record in FACTS]
    assert other.get(Key("p", "a#1")) == {"n": "a#1"}
    assert other.get(Key("p", "c")) is None
    snapshot.close()
    other.close()


@pytest.mark.parametrize("whole", [False, True])
def test_what_is_remembered_is_asked_once(*, whole: bool) -> None:
    below = stored()
    remembered = RememberedRecords(below, whole=whole)
    first = [remembered.get(record.key) for record in FACTS], list(remembered.query("p", prefix="a"))
    below.items.clear()
    assert ([remembered.get(record.key) for record in FACTS], list(remembered.query("p", prefix="a"))) == first
    assert first[0] == [record.document for record in FACTS]


def test_objects_are_read_once_as_long_as_there_is_room_and_what_is_missing_stays_missing() -> None:
    below = MemoryObjects()
    below.put("a", b"12345")
    remembered = RememberedObjects(below, room=6)
    assert remembered.get("a") == b"12345"
    with pytest.raises(NotFound):
        remembered.get("b")
    below.put("a", b"other")
    below.put("b", b"late")
    assert remembered.get("a") == b"12345"
    with pytest.raises(NotFound):
        remembered.get("b")
    assert list(remembered.keys("")) == ["a", "b"]


def test_a_store_for_reading_refuses_to_write() -> None:
    with pytest.raises(TypeError, match="for reading"):
        RememberedRecords(stored()).create(FACTS[0])
    with pytest.raises(TypeError, match="for reading"):
        RememberedObjects(MemoryObjects()).create("a", b"")
    with pytest.raises(TypeError, match="for reading"):
        RememberedObjects(MemoryObjects()).put_all([NewObject("a", b"")])


@pytest.mark.parametrize("first", [1, 2, 99, 100, 101, 951, 999_951])
@pytest.mark.parametrize("size", [1, 49, 98])
def test_every_number_of_a_block_is_looked_up_where_the_block_is(first: int, size: int) -> None:
    series = Series(entity="e", prefix="P", issue_date=date(2026, 1, 1))
    assert size < BLOCK_LIMIT
    for number in range(first, first + size):
        assert any(block_key(series, first).sort.startswith(prefix) for prefix in block_prefixes(number))
