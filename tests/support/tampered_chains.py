"""What an insider could do to the audit chain itself, up to writing it anew with all its hashes."""

from collections.abc import Iterator
from typing import Any

from billproof.audit.heads import ANCHORS, Anchor, content_of, day_of_anchor
from billproof.audit.keys import key_place
from billproof.audit.model import ANCHORED, FACT, AuditBlock, Entry
from billproof.ports import Key
from tests.support.tampered_store import ANCHOR_OF, alteration
from tests.support.world import INC, World


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


def _number_of_facts(blocks: list[dict[str, Any]]) -> int:
    """Return the place of the first block of facts after the first three."""
    return next(n for n, block in enumerate(blocks) if n > 2 and _stores(block) and "objects" not in _stores(block))


def _stores(block: dict[str, Any]) -> list[str]:
    return [entry["store"] for entry in block.get("entries", ())]


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
def a_record_added_that_follows_a_fact_of_something_else(world: World) -> list[str]:
    """By our own writer, with its own role: the chain is sound, and the story that it tells is not."""
    place, before = ("account#UA", "profile#v000009"), ("account#EV", "profile#v000001")
    entry = Entry(what=FACT, store="contracts", place=place, subject="UA", digest="0", before=before)
    world.chain.append(_chain(world)[0], [entry])
    return [" ".join(("contracts", *place))]


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
    blocks[5], blocks[6] = {**blocks[6], "at": blocks[5]["at"]}, {**blocks[5], "at": blocks[6]["at"]}  # no other's
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
    number = _number_of_facts(blocks)
    for entry in blocks[number]["entries"]:
        del world.records[entry["store"]].items[Key(*entry["place"])]
    _rewrite(world, chain, [*blocks[:number], *blocks[number + 1 :]], keys)
    return [f"{chain} record {len(keys)}"]


@alteration
def the_key_of_an_account_removed(world: World) -> list[str]:
    del world.audit.items[key_place("WN")]
    return ["account#WN profile#v000001"]


def _anchors_removed(world: World, since: str = "") -> list[str]:
    days = [day for key in sorted(world.anchors.items) if (day := day_of_anchor(key).isoformat()) >= since]
    assert len(days) > 1
    for day in days:
        del world.anchors.items[f"{ANCHORS}{day}.json"]
    return [f"{ANCHOR_OF}{day}" for day in days]


@alteration
def all_anchors_removed(world: World) -> list[str]:
    """By somebody who may delete the bucket, where its lock was taken off or never put on."""
    return _anchors_removed(world)


@alteration
def the_anchors_from_a_day_on_removed(world: World) -> list[str]:
    return _anchors_removed(world, "2013-02-04")


@alteration
def an_anchor_emptied(world: World) -> list[str]:
    key = min(world.anchors.items)
    world.anchors.items[key] = b"{}"
    return [f"{ANCHOR_OF}{day_of_anchor(key)}"]


@alteration
def an_anchor_of_a_day_without_records_rewritten(world: World) -> list[str]:
    key = f"{ANCHORS}2013-02-04.json"
    anchor = Anchor.model_validate_json(world.anchors.items[key])
    assert anchor.chains == ()
    world.anchors.items[key] = content_of(anchor.model_copy(update={"schema_version": "another"}))
    return [key]


@alteration
def the_anchors_removed_with_the_records_of_them(world: World) -> list[str]:
    """Whoever removes the records, too, cuts the chains that hold them off."""
    _anchors_removed(world)
    cut: dict[str, int] = {}
    for _, block in sorted(world.audit.items.items()):
        if any(entry["store"] == ANCHORED for entry in block.get("entries", ())):
            cut.setdefault(block["chain"], block["sequence"])
    last: dict[str, int] = {}
    for chain, first in cut.items():
        for key in [key for key in world.audit.items if key.partition == f"chain#{chain}" and int(key.sort) >= first]:
            last[chain] = max(last.get(chain, 0), int(key.sort))
            del world.audit.items[key]
    return [f"{chain} record {sequence}" for chain, sequence in last.items()]


@alteration
def a_record_of_something_that_never_was(world: World) -> list[str]:
    """Appended by the rules, by somebody who may append."""
    world.chain.forget()
    entry = world.objects.entry("documents/forged.pdf", b"forged")
    sequence = world.chain.append("_shared/0", [entry])
    world.chain.is_written("_shared/0", sequence or 0)
    world.settle()
    return ["documents/forged.pdf"]


def _appended(world: World, chain: str, **changes: Any) -> None:
    """Append a block by the rules, with what its writer says of earlier ones, or declares."""
    world.chain.forget()
    head = world.chain.head(chain)
    assert head is not None
    block = {**head.document(), "sequence": head.sequence + 1, "previous": head.hash, "entries": [], "written": []}
    sealed = AuditBlock.seal(AuditBlock.read({**block, "void": [], **changes}))
    world.audit.items[Key(f"chain#{chain}", f"{sealed.sequence:012d}")] = sealed.document()
    world.chain.forget()


@alteration
def facts_removed_whose_record_is_called_void(world: World) -> list[str]:
    """By somebody who may append to the chain, and remove facts."""
    chain, keys = _chain(world)
    blocks = _blocks(world, keys)
    number = _number_of_facts(blocks)
    places = [(entry["store"], Key(*entry["place"])) for entry in blocks[number]["entries"]]
    for store, key in places:
        del world.records[store].items[key]
    _appended(world, chain, void=[number + 1])
    return [f"{key.partition} {key.sort}" for _, key in places]


@alteration
def an_account_erased_and_its_facts_changed(world: World) -> list[str]:
    """A declaration excuses that something is gone, and nothing else."""
    (slot, *_) = [key for key in sorted(world.records["invoices"].items) if key.partition == f"account#{INC}#WN"]
    world.records["invoices"].items[slot] = {**world.records["invoices"].items[slot], "ordinal": 7}
    _declared_erased(world, "WN")
    return [f"{slot.partition} {slot.sort}"]


@alteration
def a_legal_entity_erased_and_its_numbers_removed(world: World) -> list[str]:
    """What is nobody's personal data is not erased."""
    numbers = [key for key in sorted(world.records["invoices"].items) if key.partition.startswith(f"numbers#{INC}")]
    for key in numbers:
        del world.records["invoices"].items[key]
    _declared_erased(world, INC)
    return [f"{key.partition} {key.sort}" for key in numbers]


@alteration
def a_folder_of_objects_erased_like_an_account_and_its_objects_removed(world: World) -> list[str]:
    """No object is of one account: whoever declares a folder erased excuses nothing."""
    keys = sorted(key for key in world.objects.items if key.startswith("late-written/"))
    assert keys
    for key in keys:
        del world.objects.items[key]
    _declared_erased(world, "late-written")
    return keys


def _declared_erased(world: World, subject: str) -> None:
    entry = {"what": "erased", "store": "", "place": [], "subject": subject, "digest": "", "by": "carla", "why": "GDPR"}
    _appended(world, _chain(world)[0], entries=[entry])
