"""The audit chain records every fact with itself and every object before itself; its verification holds and counts."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from billproof.audit.chain import MAX_ATTEMPTS, AuditChain, block_key
from billproof.audit.model import AuditBlock, Entry
from billproof.audit.naming import chain_of, owner_of_object, owner_of_record
from billproof.audit.origin import ORIGIN, Origin
from billproof.audit.verifying import verify
from billproof.audit.walking import WalkedChain, blocks_of
from billproof.composition import Composition
from billproof.errors import Contended, ExternalServiceUnavailable
from billproof.ports import Key, NewObject, Record
from billproof.settings import Settings
from billproof.store_keys import ChainName
from tests.support.fakes import MemoryRecords
from tests.support.memory_stores import FACTS
from tests.support.tampering import tampered_with
from tests.support.verifying import audited, verified
from tests.support.world import EUROPE, INC, JANUARY, World, flight

NOW = datetime(2013, 2, 2, 12, tzinfo=UTC)
CHAIN = "sky/0"
TABLES = [f"{name.upper()}_TABLE" for name in (*FACTS, "audit")]


def small() -> World:
    return World(accounts={"UA"})


def chain_over(records: MemoryRecords) -> AuditChain:
    return AuditChain(lambda: records, lambda: NOW)


def entry(name: str = "a") -> Entry:
    return Entry(what="object", store="objects", place=(name,), subject="s", digest="0", size=1)


def blocks(records: MemoryRecords, chain: str = CHAIN) -> list[AuditBlock]:
    return [AuditBlock.read(dict(record.document)) for record in records.query(f"chain#{chain}")]


def test_blocks_follow_each_other_and_say_who_wrote_them() -> None:
    records = MemoryRecords()
    chain = chain_over(records)
    token = ORIGIN.set(Origin("release_invoices", "r-1"))
    assert [chain.append(CHAIN, [entry()]), chain.append(CHAIN, [entry("b")])] == [1, 2]
    ORIGIN.reset(token)
    first, second = blocks(records)
    assert (second.previous, first.previous) == (first.hash, "0" * 64)
    assert (first.function, first.request, first.at) == ("release_invoices", "r-1", "2013-02-02T12:00:00.000000Z")
    assert all(block.computed_hash() == block.hash for block in (first, second))


def test_of_two_processes_one_finds_its_place_taken_and_goes_on_behind_the_other() -> None:
    records = MemoryRecords()
    mine, theirs = chain_over(records), chain_over(records)
    mine.append(CHAIN, [entry("a")])
    theirs.append(CHAIN, [entry("b")])
    mine.append(CHAIN, [entry("c")])
    assert [block.entries[0].place for block in blocks(records)] == [("a",), ("b",), ("c",)]
    assert [block.previous for block in blocks(records)][1:] == [block.hash for block in blocks(records)][:2]


def test_where_others_keep_appending_it_is_said_and_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    records = MemoryRecords()
    mine, theirs = chain_over(records), chain_over(records)
    theirs.append(CHAIN, [entry()])
    monkeypatch.setattr("billproof.retrying.sleep", lambda _seconds: None)

    def overtake(new: Sequence[Record]) -> None:
        if "mine" in new[0].document["entries"][0]["place"]:
            theirs.append(CHAIN, [entry()])

    records.before_write = overtake
    with pytest.raises(Contended):
        mine.append(CHAIN, [entry("mine")])
    assert len(blocks(records)) == MAX_ATTEMPTS + 1


def test_threads_of_a_process_append_one_after_the_other_and_lose_nothing() -> None:
    records = MemoryRecords()
    chain = chain_over(records)

    def write(number: int) -> None:
        sequence = chain.append(CHAIN, [entry(str(number))])
        chain.is_written(CHAIN, sequence or 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))
    assert not chain.settle()
    written = blocks(records)
    assert {one.place[0] for block in written for one in block.entries} == {str(number) for number in range(200)}
    assert {number for block in written for number in block.written} == set(range(1, 201))
    walked = WalkedChain(CHAIN)
    assert len(list(blocks_of(chain, walked))) == walked.number == walked.last
    assert walked.findings == []


def test_a_block_is_never_earlier_than_the_one_before_it() -> None:
    records = MemoryRecords()
    chain_over(records).append(CHAIN, [entry()])
    AuditChain(lambda: records, lambda: datetime(2012, 1, 1, tzinfo=UTC)).append(CHAIN, [entry()])
    assert len({block.at for block in blocks(records)}) == 1


def test_what_is_stored_in_a_month_has_a_record_and_holds() -> None:
    world = small()
    world.ingest([*(flight(number) for number in range(3)), flight(7, data={"distance": "-1"})])
    world.bill()
    world.post_all()
    world.credit_and_approve(f"{INC}.{JANUARY}.UA")
    world.reconcile()
    world.settle()
    verification = verified(world)
    assert verification.findings == ()
    assert verification.facts == sum(len(records.items) for records in world.records.values())
    assert verification.objects == len(world.objects.items)
    assert verification.unconfirmed == 0


@pytest.mark.parametrize("spoilt", [False, True])
def test_what_is_verified_in_parts_is_found_as_in_one(*, spoilt: bool) -> None:
    world = small()
    world.ingest([*(flight(number) for number in range(3)), flight(7, data={"distance": "-1"})])
    world.bill()
    world.settle()
    if spoilt:
        keys = sorted(world.objects.items)
        del world.objects.items[keys[0]]
        world.objects.items[keys[-1]] = b"other"
        world.objects.items["usage/other"] = b"put in"
        world.audit.items.pop(max(key for key in world.audit.items if key.partition == f"chain#{_longest(world)}"))
    whole = verify(audited(world))
    parts = verify(audited(world), blocks_at_once=5)
    assert parts.blocks > 10
    assert (len(whole.findings) > 2, whole.holds) == (spoilt, not spoilt)
    assert sorted(parts.findings, key=str) == sorted(whole.findings, key=str)
    assert parts.model_copy(update={"findings": ()}) == whole.model_copy(update={"findings": ()})


def _longest(world: World) -> str:
    return max(world.chain.names(), key=lambda name: len(list(blocks_of(world.chain, WalkedChain(name)))))


def test_a_fact_that_is_there_already_leaves_no_record() -> None:
    world = small()
    before = len(world.audit.items)
    assert not world.records["contracts"].create(Record(next(iter(world.records["contracts"].items)), {"kind": "x"}))
    assert len(world.audit.items) == before


def test_the_same_bytes_again_add_nothing_in_the_same_process_and_hold_in_another() -> None:
    world = small()
    world.objects.put("usage/a", b"1")
    before = len(world.audit.items)
    world.objects.put("usage/a", b"1")
    assert len(world.audit.items) == before
    world.objects.forget()
    world.objects.put("usage/a", b"1")
    world.settle()
    assert verified(world).findings == ()


def test_what_two_chains_recorded_at_one_instant_may_be_what_either_says() -> None:
    """A step that is done again at once begins with another object: its block lies in another chain."""
    world = World(master_data=False)
    run = f"runs/{INC}-{JANUARY}-001"
    first_keys = {owner_chain(key): key for key in (f"{run}/{number}" for number in range(50))}
    names = sorted(first_keys)
    for name in (names[-1], names[0]):  # the later one comes first by its name
        world.objects.forget()
        new = [NewObject(first_keys[name], b"same"), NewObject(f"{run}/plan", name.encode())]
        assert world.objects.put_all(new) == {}
    world.settle()
    assert verified(world).findings == ()
    world.objects.memory.items[f"{run}/plan"] = b"by hand"
    assert [one.kind.value for one in verified(world).findings] == ["stored_otherwise"]


def owner_chain(key: str) -> str:
    return chain_of(owner_of_object(key).owner, (key,))


def test_an_object_that_another_one_had_written_first_is_void_and_no_record_says_otherwise() -> None:
    world = small()
    assert world.objects.create("documents/a", b"1")
    assert not world.objects.create("documents/a", b"2")
    world.objects.memory.create = lambda *_args, **_options: False  # type: ignore[method-assign]
    assert not world.objects.create("documents/b", b"2")
    world.settle()
    assert verified(world).findings == ()


def test_an_object_whose_writer_died_is_told_from_one_that_is_gone() -> None:
    world = small()

    def down(_key: str) -> None:
        raise ExternalServiceUnavailable("S3 is down")

    world.objects.before_put = down
    with pytest.raises(ExternalServiceUnavailable):
        world.objects.put("usage/never", b"1")
    world.objects.before_put = lambda _key: None
    world.objects.put("usage/there", b"1")
    world.settle()
    del world.objects.items["usage/there"]
    verification = verified(world)
    assert (verification.unconfirmed, [finding.where for finding in verification.findings]) == (
        1,
        ["objects usage/there"],
    )


def test_what_an_ingest_call_writes_costs_one_block_and_one_that_says_it_is_written() -> None:
    world = World(buckets=16)
    world.moment = datetime(2013, 1, 6, tzinfo=UTC)  # in time: nothing is marked as late
    world.settle()
    before = len(world.audit.items)
    world.ingest([flight(number, account=account) for account in ("UA", "WN", "B6", "DL") for number in range(9)])
    world.settle()
    mine = [
        AuditBlock.read(dict(document))
        for key, document in world.audit.items.items()
        if key.partition.startswith("chain#_")
    ]
    written = [block for block in mine if any(one.place[0].startswith("usage/") for one in block.entries)]
    assert len(written) == 1
    assert len(written[0].entries) == len(world.objects.items)
    keys = sum(key.partition.startswith("key#usage/") for key in world.audit.items)
    assert len(world.audit.items) - before - keys <= 3  # and the name of the chain


@pytest.mark.parametrize(
    ("store", "partition", "sort", "document", "expected"),
    [
        ("invoices", "invoices#sky#2013-01#3", "UA~01#released", {}, ("sky", "UA")),
        ("exceptions", "exceptions#sky#2013-01", "_run#001#opened", {}, ("sky", "sky")),
        ("invoices", "account#sky#UA", "2013-01#000", {}, ("sky", "UA")),
        ("contracts", "account#UA", "contract#ua#v000001", {}, ("owner-of-UA", "UA")),
        ("contracts", "account#NEW", "profile#v000001", {"legal_entity": "sky"}, ("sky", "NEW")),
        ("contracts", "received#account#UA", "profile#v000001", {}, ("owner-of-UA", "UA")),
        ("contracts", "catalog", "policy#sky#v000001", {}, ("sky", "sky")),
        ("contracts", "catalog", "meter#miles#v000001", {}, ("_shared", "_shared")),
        ("contracts", "rates#USD-EUR", "2013-01-01#v000001", {}, ("_shared", "_shared")),
        ("runs", "runs#sky#2013-01", "001", {}, ("sky", "sky")),
        ("decisions", "requests#sky-2013-01-001", "carla", {}, ("sky", "sky")),
        ("decisions", "requests#sky.2013-01.UA~01", "carla", {}, ("sky", "sky")),
        ("decisions", "request-keys#carla", "key", {}, ("_shared", "_shared")),
        ("decisions", "limits#sky#ben", "day#2013-02-02#USD#000000", {}, ("sky", "sky")),
        ("runs", "turns#sky", "000001", {}, ("sky", "sky")),
        ("decisions", "policies#sky", "000001#published", {}, ("sky", "sky")),
        ("ledger", "documents#sky#1", "SKY-1", {}, ("sky", "sky")),
    ],
)
def test_a_fact_is_recorded_in_the_chain_of_its_legal_entity_under_the_key_of_its_account(
    store: str, partition: str, sort: str, document: dict[str, Any], expected: tuple[str, str]
) -> None:
    owner = owner_of_record(Record(Key(partition, sort), document), lambda account: f"owner-of-{account}")
    assert (owner.owner, owner.subject) == expected, store


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("runs/sky-2013-01-001/plan/0000.json", ("sky", "sky")),
        ("invoices/sky/2013-01/UA/abc.json", ("sky", "sky")),
        ("usage/bucket=0003/day=2013-01-05/a.zst", ("_shared", "usage/bucket=0003/2013-01")),
        ("quarantine/day=unknown/a.zst", ("_shared", "quarantine/unknown")),
        ("runs/preview/x.json", ("_shared", "_shared")),
    ],
)
def test_an_object_is_recorded_in_the_chain_of_its_run_or_legal_entity(key: str, expected: tuple[str, str]) -> None:
    owner = owner_of_object(key)
    assert (owner.owner, owner.subject) == expected


def test_every_store_of_the_product_is_verified_and_every_chain_is_of_a_legal_entity_or_shared() -> None:
    assert set(Composition(Settings(dict.fromkeys(TABLES, "table"))).facts) == set(FACTS)
    world, _ = tampered_with()
    assert {ChainName.parse(name).owner for name in world.chain.names()} <= {INC, EUROPE, "_shared"}


def test_a_block_lies_where_its_number_says() -> None:
    assert block_key(CHAIN, 42) == Key("chain#sky/0", "000000000042")
