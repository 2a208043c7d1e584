from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.ports import TRANSACTION_LIMIT, Key, Record, Records


def record(sort: str, partition: str = "p", **document: Any) -> Record:
    return Record(Key(partition, sort), document or {"n": 1})


def test_a_fact_is_read_as_it_was_written(records: Records) -> None:
    document: dict[str, Any] = {
        "text": "12.30",
        "number": 7,
        "none": None,
        "flag": True,
        "list": [1, "a", {"b": []}],
        "empty": "",
    }
    assert records.create(record("a", **document))
    assert records.get(Key("p", "a")) == document
    assert records.get(Key("p", "b")) is None


def test_a_key_is_taken_once(records: Records) -> None:
    assert records.create(record("a", n=1))
    assert not records.create(record("a", n=2))
    assert records.get(Key("p", "a")) == {"n": 1}


def test_all_facts_or_none(records: Records) -> None:
    records.create(record("b"))
    assert not records.create_all([record("a"), record("b"), record("c")])
    assert records.get(Key("p", "a")) is None
    assert records.create_all([record("a"), record("c")])
    assert [found.key.sort for found in records.query("p")] == ["a", "b", "c"]


def test_floats_are_refused(records: Records) -> None:
    with pytest.raises(TypeError):
        records.create(record("a", amount=0.1))


def test_a_transaction_has_a_limit(records: Records) -> None:
    assert records.create_all([record(f"{number:03d}") for number in range(TRANSACTION_LIMIT)])
    with pytest.raises(InvalidInput):
        records.create_all([record(f"x{number:03d}") for number in range(TRANSACTION_LIMIT + 1)])


def test_a_partition_is_read_in_order_from_either_end(records: Records) -> None:
    for sort in ("b#2", "a#1", "b#1"):
        records.create(record(sort))
    records.create(record("a#9", partition="other"))
    assert [found.key.sort for found in records.query("p")] == ["a#1", "b#1", "b#2"]
    assert [found.key.sort for found in records.query("p", prefix="b#")] == ["b#1", "b#2"]
    assert [found.key.sort for found in records.query("p", newest_first=True, limit=1)] == ["b#2"]
    assert list(records.query("nothing")) == []


def test_more_than_a_page_is_read(records: Records) -> None:
    for number in range(8):
        records.create(record(f"{number}", text="x" * 300_000))
    assert len(list(records.query("p"))) == 8
    assert len(list(records.query("p", limit=6))) == 6
