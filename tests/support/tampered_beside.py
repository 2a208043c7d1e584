"""What an insider could add beside what the product wrote: an item of every kind, a chain, a key, an anchor, a file."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from billproof.audit.heads import ANCHORS, Anchor, anchor_key, content_of
from billproof.audit.keys import key_place
from billproof.audit.model import FACT, NOTHING_BEFORE, AuditBlock, Entry
from billproof.invoicing.archive import archived_file
from billproof.invoicing.model import Released
from billproof.ports import Document, Key
from billproof.store_keys import sequence_text
from tests.support.kinds import folders_written, partitions_written
from tests.support.tampered_store import ANCHORED_UNTIL, UA, WN, alteration, name_of
from tests.support.world import INC, World

LAST_ANCHOR = anchor_key(ANCHORED_UNTIL - timedelta(days=1))
FORGED = "account#GHOST"
"""The partition of an account that nobody published."""


@alteration
def a_fact_added_in_every_partition(world: World) -> list[str]:
    added = []
    for records in world.records.values():
        for partition in sorted({key.partition for key in records.items}):
            first = min(key for key in records.items if key.partition == partition)
            added.append(Key(partition, f"{first.sort}0"))
            records.items[added[-1]] = dict(records.items[first])
    assert len(added) > 20
    return list(map(name_of, added))


@alteration
def a_partition_of_every_kind_added_to_every_table(world: World) -> list[str]:
    added = [Key(f"{kind}#{INC}#nowhere", "000001") for kind in ("unheard-of", *sorted(partitions_written()))]
    for records in world.records.values():
        records.items |= {key: {"legal_entity": INC} for key in added}
    assert len(added) > 40
    return list(map(name_of, added))


@alteration
def an_object_added_in_every_folder(world: World) -> list[str]:
    """In those that have objects a copy of one, as an insider would take it."""
    copies = {key.rpartition("/")[0]: data for key, data in sorted(world.objects.items.items())}
    tops = {key.partition("/")[0]: data for key, data in sorted(world.objects.items.items())}
    contents = dict.fromkeys([*folders_written(), "unheard-of"], b'{"count": 1}') | tops | copies
    assert len(contents) > 40
    world.objects.items |= {f"{folder}/added": data for folder, data in contents.items()}
    return [f"{folder}/added" for folder in contents]


@alteration
def a_fact_that_no_writer_of_ours_can_write_added(world: World) -> list[str]:
    key = Key(FORGED, "profile#v000001")
    documents: list[dict[str, Any]] = [{}, {"rate": 1.5}, {"parts": {1, 2}}, {"data": b"x"}, {"name": "\ud800"}]
    for (_, records), document in zip(sorted(world.records.items()), documents, strict=False):
        records.items[key] = document
    return [name_of(key)]


def _put_chain(world: World, chain: str, entries: Sequence[Entry], *, is_listed: bool = True) -> None:
    """Put in a chain of one sound record."""
    world.chain.forget()
    block = AuditBlock(
        chain=chain,
        sequence=1,
        previous=NOTHING_BEFORE,
        at="2013-03-03T12:00:00.000000Z",
        function="release_invoices",
        request="r-1",
        entries=tuple(entries),
    )
    world.audit.items[Key(f"chain#{chain}", sequence_text(1))] = AuditBlock.seal(block).document()
    if is_listed:
        world.audit.items[Key("chains", chain)] = {"chain": chain}


def _forged_fact(
    world: World, store: str = "contracts", key: Key | None = None, document: Document | None = None
) -> Entry:
    """Put in a fact, and return what would record it as the product does."""
    key = key or Key(FORGED, "profile#v000001")
    world.records[store].items[key] = document or {"legal_entity": INC}
    digest = world.chain.keys.digest("UA", b'{"legal_entity":"skymeter-inc"}')
    return Entry(what=FACT, store=store, place=(key.partition, key.sort), subject="UA", digest=digest)


@alteration
def a_chain_of_nobody_that_records_a_forged_account(world: World) -> list[str]:
    _put_chain(world, "ghost/0", [_forged_fact(world)])
    return ["ghost/0"]


@alteration
def a_chain_of_nobody_that_records_a_forged_number_block(world: World) -> list[str]:
    key = Key(f"numbers#{INC}#2013", "000000009001")
    blocks = [other for other in world.records["invoices"].items if other.partition == key.partition]
    block = {**world.records["invoices"].items[min(blocks)], "first": 9001, "invoices": [f"{INC}.2013-01.GHOST"]}
    _put_chain(world, "ghost/1", [_forged_fact(world, "invoices", key, block)])
    return ["ghost/1", "ghost/1 record 1"]


@alteration
def a_ninth_chain_of_a_legal_entity(world: World) -> list[str]:
    _put_chain(world, f"{INC}/8", [_forged_fact(world)])
    return [f"{INC}/8"]


@alteration
def a_chain_that_no_list_names(world: World) -> list[str]:
    _put_chain(world, "unlisted/0", [_forged_fact(world)], is_listed=False)
    return ["chain#unlisted/0 000000000001", f"{FORGED} profile#v000001"]


@alteration
def a_chain_no_longer_listed(world: World) -> list[str]:
    chain = world.chain.names()[0]
    del world.audit.items[Key("chains", chain)]
    return [chain]


@alteration
def something_else_in_the_audit_table(world: World) -> list[str]:
    added = [Key("surprise", "1"), Key("chain", "1"), Key(key_place("UA").partition, "another")]
    world.audit.items |= {key: {"key": "0" * 64} for key in added}
    return list(map(name_of, added))


@alteration
def a_key_of_nothing_that_is_no_key(world: World) -> list[str]:
    world.audit.items[key_place("GHOST")] = {"key": "no key"}
    return [name_of(key_place("GHOST"))]


@alteration
def an_anchor_copied_beside_the_one_that_was_changed(world: World) -> list[str]:
    """Its true content under another name: the changed one must not be taken for it."""
    key = LAST_ANCHOR
    world.anchors.items[f"{ANCHORS}zzz.json"] = world.anchors.items[key]
    world.anchors.items[key] = re.sub(b'"schema_version":"[^"]*"', b'"schema_version":"x"', world.anchors.items[key])
    return [key, f"{ANCHORS}zzz.json"]


@alteration
def an_anchor_of_a_day_to_come_added(world: World) -> list[str]:
    key = f"{ANCHORS}2099-01-01.json"
    anchor = Anchor.model_validate_json(world.anchors.items[LAST_ANCHOR])
    world.anchors.items[key] = content_of(anchor.model_copy(update={"day": date(2099, 1, 1)}))
    return [key]


def _released(world: World, document: str) -> Released:
    released = world.register.released(document)
    assert released is not None
    return released


@alteration
def files_added_to_the_archive(world: World) -> list[str]:
    """A record of other content, one under another one's number, one of no document, of nobody, and of no form."""
    mine, theirs = _released(world, UA), _released(world, WN)
    name = f"{mine.number}.json"
    digest = "0" * 64
    added = [
        archived_file(mine, "record", name, digest).key,
        archived_file(mine, "record", name, theirs.document.digest).key,
        archived_file(mine, "record", name, digest).key.replace(mine.number, "SKY-US-2013-009999"),
        archived_file(mine, "record", name, digest).key.replace(INC, "nobody"),
        archived_file(mine, "PDF", f"{mine.number}.pdf", digest).key.replace("/2013/", "/2012/"),
        "archive/added.pdf",
    ]
    world.archive.items |= dict.fromkeys(added, b"{}")
    return added
