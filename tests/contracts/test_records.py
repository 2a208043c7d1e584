from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.ports import LINKS_LIMIT, TRANSACTION_LIMIT, Key, LinkableRecords, Linkage, Record, Records


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


def test_facts_after_a_key_begin_with_the_next_one(records: LinkableRecords) -> None:
    assert records.create_all([record(sort) for sort in ("a#1", "a#2", "b#1", "ä#1")] + [record("c", "q")])
    for after, rest in (("", 4), ("a#1", 3), ("a#\U0010ffff", 2), ("aa", 2), ("z", 1), ("ä#1", 0)):
        sorts = [fact.key.sort for fact in records.query_after("p", after)]
        assert sorts == sorted(sorts) == ["a#1", "a#2", "b#1", "ä#1"][4 - rest :]


@pytest.mark.parametrize(("partition", "sort"), [("p" * 2_048, "s" * 1_024), ("ü" * 1_024, "ü" * 512)])
def test_the_longest_key_is_held_and_one_byte_more_is_no_key(records: Records, partition: str, sort: str) -> None:
    assert records.create(record(sort, partition))
    assert records.get(Key(partition, sort)) == {"n": 1}
    for longer in ((f"{partition}x", sort), (partition, f"{sort}x")):
        with pytest.raises(InvalidInput, match="the id is too long"):
            Key(*longer)


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


def link(number: int, *, chain: str = "chain") -> Record:
    return record(f"{number:03d}", partition=chain)


def test_facts_and_the_links_of_a_chain_are_written_together(records: LinkableRecords, chain: LinkableRecords) -> None:
    assert records.create_beside([record("a"), record("b")], chain, [link(1)]) is Linkage.WRITTEN
    assert [found.key.sort for found in records.query("p")] == ["a", "b"]
    assert [found.key.sort for found in chain.query("chain")] == ["001"]


def test_where_a_fact_is_taken_no_link_is_written(records: LinkableRecords, chain: LinkableRecords) -> None:
    records.create(record("a"))
    assert records.create_beside([record("b"), record("a")], chain, [link(1)]) is Linkage.TAKEN
    assert (records.get(Key("p", "b")), chain.get(Key("chain", "001"))) == (None, None)


def test_where_the_chain_went_on_no_fact_is_written(records: LinkableRecords, chain: LinkableRecords) -> None:
    chain.create(link(1))
    assert records.create_beside([record("a")], chain, [link(1)]) is Linkage.BEHIND
    assert records.get(Key("p", "a")) is None


def test_a_fact_that_is_taken_is_told_first(records: LinkableRecords, chain: LinkableRecords) -> None:
    records.create(record("a"))
    chain.create(link(1))
    assert records.create_beside([record("a")], chain, [link(1)]) is Linkage.TAKEN


def test_as_many_facts_as_a_transaction_takes_have_room_for_their_links(
    records: LinkableRecords, chain: LinkableRecords
) -> None:
    facts = [record(f"{number:03d}") for number in range(TRANSACTION_LIMIT)]
    links = [link(1), link(1, chain="chains")]
    assert len(links) == LINKS_LIMIT
    assert records.create_beside(facts, chain, links) is Linkage.WRITTEN


def test_all_facts_are_read_page_by_page(records: LinkableRecords) -> None:
    for number in range(8):
        records.create(record(f"{number}", partition=f"p{number % 2}", text="x" * 300_000))
    assert {(found.key.partition, found.key.sort) for found in records.all()} == {
        (f"p{number % 2}", f"{number}") for number in range(8)
    }
