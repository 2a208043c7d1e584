"""A store of three accounts, and everything that an insider could do to it: each alteration names what it altered.

UA   billed, credited and billed anew; its usage of January came late in part
EV   held in January and approved by a person; held in February, and nobody decided
WN   billed in both months

An alteration changes the stores below the audit chain, as somebody with the rights of an administrator would.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from billproof.approvals.exception_store import DECIDED
from billproof.audit.heads import Anchor, Head, anchor_of, heads_of
from billproof.audit.keys import key_place
from billproof.audit.model import AuditBlock
from billproof.identities import InvoiceId
from billproof.invoicing.facts import POSTED, RELEASED, fact_key, held_by
from billproof.invoicing.series import SeriesKind, series_partition
from billproof.pipeline.aggregating import aggregate_usage
from billproof.ports import Key
from billproof.usage import log
from tests.support.faults import restore, snapshot
from tests.support.world import INC, JANUARY, World, flight

FEBRUARY = "2013-02"
RUN, LATER_RUN = f"{INC}-{JANUARY}-001", f"{INC}-{FEBRUARY}-001"
UA, EV, WN = (f"{INC}.{JANUARY}.{account}" for account in ("UA", "EV", "WN"))
CREDIT_NOTE = f"{UA}~01"

type Alter = Callable[[World], list[str]]
"""Alters a store; returns what has to be named: the key of a fact or object, or a record of the chain."""
ALTERATIONS: dict[str, Alter] = {}


def alteration(alter: Alter) -> Alter:
    ALTERATIONS[alter.__name__] = alter
    return alter


@cache
def _played() -> tuple[World, dict[str, Any], tuple[Anchor, ...], tuple[Head, ...]]:
    world = World(batch_size=2, accounts={"UA", "EV", "WN"})
    contract = world.directory.contracts("EV")[0]
    world.publish(contract.model_copy(update={"version": 2, "exclusions": ()}))
    totals = flight(2) | {"id": "c", "type": "billproof.control-total", "subject": "flights_handled"}
    totals |= {"time": "2013-01-05T17:00:00Z", "data": {"count": "7"}}
    for period, day, number in ((JANUARY, "2013-01-05", 1), (FEBRUARY, "2013-02-05", 100)):
        world.moment = datetime.fromisoformat(f"{day}T23:00:00+00:00")
        world.ingest(
            [
                *(flight(number + n, day=day, account=account) for account in ("UA", "WN") for n in range(3)),
                flight(number, day=day, account="EV", type="flight.cancelled"),
                flight(number + 7, day=day, data={"distance": "-1"}),
                flight(number + 8, day=day, account="nobody"),
                *([totals] if period == JANUARY else []),
            ]
        )
        world.moment = datetime(2013, 2 if period == JANUARY else 3, 3, 12, tzinfo=UTC)
        world.bill(period=period)
        if period == JANUARY:
            for state in world.exception_store.of_period(INC, JANUARY):  # EV's, and that of the run's control totals
                assert world.decide(state.opened.id, "approved", "ben").outcome == "decided"
            assert world.apply(f"{EV}.001").outcome == "released"
            world.post_all(period=period)
            world.credit_and_approve(UA)
            world.ingest([flight(50)])
            world.reconcile()
    world.post_all(period=FEBRUARY)
    world.settle()
    anchors = tuple(anchor_of(world.chain, date(2013, 2, day)) for day in (3, 5))
    return world, snapshot(world), anchors, tuple(heads_of(world.chain))


def tampered_with(*names: str) -> tuple[World, list[str]]:
    """Return the store after some alterations, and what has to be named."""
    world, kept, _, _ = _played()
    restore(world, kept)
    altered = [name for alter in names for name in ALTERATIONS[alter](world)]
    world.chain.forget()
    world.objects.forget()
    return world, altered


def anchors() -> tuple[Anchor, ...]:
    return _played()[2]


def heads() -> tuple[Head, ...]:
    return _played()[3]


# ------------------------------------------------------------------------------------------------------------ objects


def _keys(world: World, prefix: str, containing: str = "") -> list[str]:
    return sorted(key for key in world.objects.items if key.startswith(prefix) and containing in key)


def _remove(world: World, keys: list[str]) -> list[str]:
    assert keys
    for key in keys:
        del world.objects.items[key]
    return keys


@alteration
def quarantine_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, "quarantine/"))


@alteration
def one_object_of_the_quarantine_shortened(world: World) -> list[str]:
    key = _keys(world, "quarantine/")[0]
    rows = world.objects.items[key]
    world.objects.items[key] = rows[:-1]
    return [key]


@alteration
def late_marks_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, "late/"))


@alteration
def control_totals_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, "control-totals/"))


def _segment_of_january(world: World) -> str:
    """Return the segment that came in time: the other one of its day is of the late event alone."""
    keys = _keys(world, "usage/", "day=2013-01-05")
    return max(keys, key=lambda key: len(log.read_segment(world.objects.memory, key)))


@alteration
def a_segment_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, "usage/")[:1])


@alteration
def a_segment_added(world: World) -> list[str]:
    key = _segment_of_january(world)
    rows = log.read_segment(world.objects.memory, key)[:1]
    new = log.new_object(key.rpartition("/")[0] + "/", list(rows))
    assert new.key not in world.objects.items
    world.objects.items[new.key] = new.data
    return [new.key]


@alteration
def a_segment_removed_and_all_after_it_computed_again_by_our_steps(world: World) -> list[str]:
    segment = _segment_of_january(world)
    _remove(world, [segment])
    before = dict(world.objects.items)
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects.memory)
    for batch in sorted(key.rsplit("/", 1)[1].removesuffix(".json") for key in _keys(world, f"runs/{RUN}/plan/")):
        from billproof.pipeline.steps.calculate_tax import calculate_tax
        from billproof.pipeline.steps.draft_invoices import draft_invoices
        from billproof.pipeline.steps.price_usage import price_usage
        from billproof.pipeline.steps.validate_pricing import validate_pricing

        price_usage(run_id=RUN, batch_id=batch, objects=world.objects.memory)
        validate_pricing(run_id=RUN, batch_id=batch, objects=world.objects.memory)
        calculate_tax(run_id=RUN, batch_id=batch, objects=world.objects.memory, engines={})
        draft_invoices(run_id=RUN, batch_id=batch, objects=world.objects.memory)
    changed = [key for key, data in before.items() if world.objects.items[key] != data]
    added = [key for key in world.objects.items if key not in before]
    assert changed
    assert added
    return [segment, *changed, *added]


@alteration
def a_segment_removed_and_usage_computed_again_under_the_chain(world: World) -> list[str]:
    """By our own function with its own role: the chain says that a closed run was written to."""
    segment = _segment_of_january(world)
    _remove(world, [segment])
    before = dict(world.objects.items)
    aggregate_usage(run_id=RUN, bucket=0, objects=world.objects)
    changed = [key for key, data in before.items() if world.objects.items[key] != data]
    assert changed
    return [segment, *changed]


@alteration
def the_plan_of_a_run_changed(world: World) -> list[str]:
    return _changed_object(world, f"runs/{RUN}/run/plan.json", b"carla", b"diana")


@alteration
def the_statement_of_a_run_removed(world: World) -> list[str]:
    return _remove(world, _keys(world, f"runs/{RUN}/run/statement"))


@alteration
def an_invoice_replaced(world: World) -> list[str]:
    released = world.register.released(WN)
    assert released is not None
    return _changed_object(world, released.document.key, b"2013", b"2014")


@alteration
def a_report_of_reconciliation_changed(world: World) -> list[str]:
    (key,) = _keys(world, "reconciliation/")
    return _changed_object(world, key, b'"invoices":', b'"invoices": ')


def _changed_object(world: World, key: str, old: bytes, new: bytes) -> list[str]:
    data = world.objects.items[key]
    assert old in data
    world.objects.items[key] = data.replace(old, new, 1)
    return [key]


# -------------------------------------------------------------------------------------------------------------- facts


def _name(key: Key) -> str:
    return f"{key.partition} {key.sort}"


def _fact(document: str, fact: str) -> Key:
    return fact_key(InvoiceId.parse(document), fact)


def _find(world: World, store: str, partition: str, sort: str = "") -> list[Key]:
    keys = sorted(world.records[store].items)
    return [key for key in keys if key.partition.startswith(partition) and sort in key.sort]


def _drop(world: World, store: str, keys: list[Key]) -> list[str]:
    assert keys
    for key in keys:
        del world.records[store].items[key]
    return [_name(key) for key in keys]


def _edit(world: World, store: str, key: Key, **changes: Any) -> list[str]:
    document = world.records[store].items[key]
    assert changes.keys() <= document.keys(), document.keys()
    world.records[store].items[key] = {**document, **changes}
    assert world.records[store].items[key] != document
    return [_name(key)]


@alteration
def an_approval_by_the_requester(world: World) -> list[str]:
    (key,) = _find(world, "exceptions", f"exceptions#{INC}#{JANUARY}", f"EV#001#{DECIDED}")
    return _edit(world, "exceptions", key, decided_by="carla")


@alteration
def an_approval_that_nobody_gave(world: World) -> list[str]:
    (given,) = _find(world, "exceptions", f"exceptions#{INC}#{JANUARY}", f"EV#001#{DECIDED}")
    (opened,) = _find(world, "exceptions", f"exceptions#{INC}#{FEBRUARY}", "EV#001#opened")
    key = Key(opened.partition, opened.sort.replace("opened", DECIDED))
    assert key not in world.records["exceptions"].items
    exception = world.records["exceptions"].items[opened]["id"]
    world.records["exceptions"].items[key] = {**world.records["exceptions"].items[given], "exception": exception}
    return [_name(key)]


@alteration
def a_decision_removed(world: World) -> list[str]:
    return _drop(world, "exceptions", _find(world, "exceptions", f"exceptions#{INC}#{JANUARY}", f"EV#001#{DECIDED}"))


@alteration
def an_exception_removed(world: World) -> list[str]:
    return _drop(world, "exceptions", _find(world, "exceptions", f"exceptions#{INC}#{FEBRUARY}", "EV#001#"))


@alteration
def a_hold_removed(world: World) -> list[str]:
    return _drop(world, "invoices", [_fact(EV, held_by(RUN))])


@alteration
def a_release_removed_with_its_posting_and_settlement(world: World) -> list[str]:
    released = world.register.released(WN)
    assert released is not None
    facts = _find(world, "invoices", f"invoices#{INC}#{JANUARY}", "WN#")
    slots = _find(world, "invoices", f"account#{INC}#WN", JANUARY)
    assert len(slots) == 1
    ledger = _find(world, "ledger", "", released.number)
    assert len(ledger) == 2
    return [*_drop(world, "invoices", [*facts, *slots]), *_drop(world, "ledger", ledger)]


@alteration
def numbers_swapped_with_their_ledger_entries(world: World) -> list[str]:
    mine, theirs = _fact(UA, RELEASED), _fact(WN, RELEASED)
    numbers = [world.records["invoices"].items[key]["number"] for key in (mine, theirs)]
    edited = _edit(world, "invoices", mine, number=numbers[1]) + _edit(world, "invoices", theirs, number=numbers[0])
    for key in _find(world, "invoices", f"numbers#{INC}#2013"):
        block = world.records["invoices"].items[key]
        if UA in block["invoices"] or WN in block["invoices"]:
            swapped = [{UA: WN, WN: UA}.get(name, name) for name in block["invoices"]]
            edited += _edit(world, "invoices", key, invoices=swapped)
    entries = [_find(world, "ledger", "documents#", number)[0] for number in numbers]
    documents = [world.records["ledger"].items[key] for key in entries]
    for key, other, number in zip(entries, documents[::-1], numbers, strict=True):
        world.records["ledger"].items[key] = {**other, "external_reference": number}
        edited.append(_name(key))
    return edited


@alteration
def the_series_removed(world: World) -> list[str]:
    return _drop(world, "invoices", _find(world, "invoices", series_partition(INC, 2013, SeriesKind.INVOICES)))


@alteration
def the_last_numbers_removed(world: World) -> list[str]:
    keys = [key for key in _find(world, "invoices", "numbers#") if key.partition == f"numbers#{INC}#2013"]
    return _drop(world, "invoices", keys[-1:])


@alteration
def a_credit_notes_posting_changed(world: World) -> list[str]:
    released = world.register.released(CREDIT_NOTE)
    assert released is not None
    key = _find(world, "ledger", "documents#", released.number)[0]
    lines = [dict(line) for line in world.records["ledger"].items[key]["lines"]]
    lines[0]["account"] = "9999"
    return _edit(world, "ledger", key, lines=lines)


@alteration
def a_credit_note_removed_with_its_posting(world: World) -> list[str]:
    released = world.register.released(CREDIT_NOTE)
    assert released is not None
    facts = [_fact(CREDIT_NOTE, RELEASED), _fact(CREDIT_NOTE, POSTED)]
    return _drop(world, "invoices", facts) + _drop(world, "ledger", _find(world, "ledger", "", released.number))


@alteration
def a_request_for_a_credit_note_removed(world: World) -> list[str]:
    return _drop(world, "invoices", [_fact(CREDIT_NOTE, "held#001")])


@alteration
def a_confirmation_of_a_posting_removed(world: World) -> list[str]:
    return _drop(world, "invoices", [_fact(WN, POSTED)])


@alteration
def a_ledger_entry_removed(world: World) -> list[str]:
    released = world.register.released(WN)
    assert released is not None
    return _drop(world, "ledger", _find(world, "ledger", "", released.number))


@alteration
def a_settlement_removed(world: World) -> list[str]:
    return _drop(world, "invoices", _find(world, "invoices", f"account#{INC}#UA", JANUARY)[:1])


@alteration
def a_contract_made_cheaper(world: World) -> list[str]:
    key = _find(world, "contracts", "account#WN", "contract#")[0]
    charges = list(world.records["contracts"].items[key]["charges"])
    return _edit(world, "contracts", key, charges=charges[:-1])


@alteration
def a_policy_made_generous(world: World) -> list[str]:
    (key,) = _find(world, "contracts", "catalog", f"policy#{INC}#v000001")
    people = [dict(person) for person in world.records["contracts"].items[key]["people"]]
    return _edit(world, "contracts", key, people=people[:1])


@alteration
def an_account_renamed(world: World) -> list[str]:
    (key,) = _find(world, "contracts", "account#WN", "profile#")
    return _edit(world, "contracts", key, name="Somebody Else")


@alteration
def an_account_no_longer_listed(world: World) -> list[str]:
    return _drop(world, "contracts", [key for key in _find(world, "contracts", "members#") if key.sort == "WN"])


@alteration
def a_run_asked_for_by_another(world: World) -> list[str]:
    return _edit(world, "runs", Key(f"runs#{INC}#{JANUARY}", "001"), requested_by="nobody")


@alteration
def a_run_opened_again(world: World) -> list[str]:
    return _drop(world, "runs", [Key(f"runs#{INC}#{JANUARY}", "001#closed")])


@alteration
def a_month_signed_off_by_nobody(world: World) -> list[str]:
    key = Key(f"signed-off#{INC}", JANUARY)
    assert key not in world.records["runs"].items
    world.records["runs"].items[key] = {
        "legal_entity": INC,
        "period": JANUARY,
        "signed_by": "ben",
        "signed_at": "2013-02-03T12:00:00.000000Z",
    }
    return [_name(key)]


# -------------------------------------------------------------------------------------------------------- the chain


def _chain(world: World) -> tuple[str, list[Key]]:
    """Return the longest chain of the legal entity, and where its blocks are."""
    chains: dict[str, list[Key]] = {}
    for key in sorted(world.audit.items):
        if key.partition.startswith(f"chain#{INC}/"):
            chains.setdefault(key.partition, []).append(key)
    partition = max(chains, key=lambda name: len(chains[name]))
    assert len(chains[partition]) > 8
    return partition.removeprefix("chain#"), chains[partition]


def _blocks(world: World, keys: list[Key]) -> list[dict[str, Any]]:
    return [dict(world.audit.items[key]) for key in keys]


def _linked(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Compute the numbers, links and hashes of blocks again, as somebody would who knows how."""
    before = "0" * 64
    for sequence, block in enumerate(blocks, start=1):
        linked = AuditBlock.seal(AuditBlock.read({**block, "sequence": sequence, "previous": before}))
        before = linked.hash
        yield linked.document()


def _rewrite(world: World, chain: str, blocks: list[dict[str, Any]], keys: list[Key]) -> None:
    for key in keys:
        del world.audit.items[key]
    for number, block in enumerate(_linked(blocks), start=1):
        world.audit.items[Key(f"chain#{chain}", f"{number:012d}")] = block


@alteration
def a_record_changed(world: World) -> list[str]:
    chain, keys = _chain(world)
    world.audit.items[keys[3]] = {**world.audit.items[keys[3]], "function": "another"}
    return [f"{chain} record 4"]


@alteration
def a_record_changed_and_hashed_again(world: World) -> list[str]:
    chain, keys = _chain(world)
    changed = AuditBlock.read({**world.audit.items[keys[3]], "function": "another"})
    world.audit.items[keys[3]] = AuditBlock.seal(changed).document()
    return [f"{chain} record 5"]  # does not follow it


@alteration
def a_record_removed(world: World) -> list[str]:
    chain, keys = _chain(world)
    del world.audit.items[keys[4]]
    return [f"{chain} record 5"]


@alteration
def the_first_record_removed(world: World) -> list[str]:
    chain, keys = _chain(world)
    del world.audit.items[keys[0]]
    return [f"{chain} record 1"]


@alteration
def two_records_exchanged(world: World) -> list[str]:
    chain, keys = _chain(world)
    first, second = keys[2], keys[3]
    world.audit.items[first], world.audit.items[second] = world.audit.items[second], world.audit.items[first]
    return [f"{chain} record 3", f"{chain} record 4"]


@alteration
def a_record_put_between_others(world: World) -> list[str]:
    chain, keys = _chain(world)
    world.audit.items[Key(keys[0].partition, f"{keys[2].sort}0")] = dict(world.audit.items[keys[2]])
    return [f"{chain} record {keys[2].sort}0"]


@alteration
def a_record_inserted_and_all_after_it_written_anew(world: World) -> list[str]:
    chain, keys = _chain(world)
    blocks = _blocks(world, keys)
    _rewrite(world, chain, [*blocks[:3], {**blocks[3], "entries": [], "function": "inserted"}, *blocks[3:]], keys)
    return [f"{chain} record {len(keys)}"]  # the head that was printed is another one


@alteration
def the_order_changed_and_the_chain_written_anew(world: World) -> list[str]:
    chain, keys = _chain(world)
    blocks = _blocks(world, keys)
    blocks[2], blocks[3] = {**blocks[3], "at": blocks[2]["at"]}, {**blocks[2], "at": blocks[3]["at"]}
    _rewrite(world, chain, blocks, keys)
    return [f"{chain} record {len(keys)}"]


@alteration
def the_end_cut_off(world: World) -> list[str]:
    chain, keys = _chain(world)
    for key in keys[-2:]:
        del world.audit.items[key]
    return [f"{chain} record {len(keys)}"]


@alteration
def a_whole_chain_removed(world: World) -> list[str]:
    chain, keys = _chain(world)
    for key in (*keys, Key("chains", chain)):
        del world.audit.items[key]
    return [f"{chain} record {len(keys)}"]


@alteration
def a_fact_removed_and_the_chain_written_anew_without_it(world: World) -> list[str]:
    chain, keys = _chain(world)
    blocks = _blocks(world, keys)
    number = next(n for n, block in enumerate(blocks) if n > 2 and block["entries"][0]["store"] != "objects")
    for entry in blocks[number]["entries"]:
        del world.records[entry["store"]].items[Key(*entry["place"])]
    _rewrite(world, chain, [*blocks[:number], *blocks[number + 1 :]], keys)
    return [f"{chain} record {len(keys)}"]


@alteration
def the_key_of_an_account_removed(world: World) -> list[str]:
    del world.audit.items[key_place("WN")]
    return ["account#WN profile#v000001"]


@alteration
def a_record_of_something_that_never_was(world: World) -> list[str]:
    """Appended by the rules, by somebody who may append."""
    world.chain.forget()
    entry = world.objects.entry("documents/forged.pdf", b"forged")
    sequence = world.chain.append("_shared/0", [entry])
    world.chain.is_written("_shared/0", sequence or 0)
    world.settle()
    return ["documents/forged.pdf"]
