"""Something of every kind that is stored is altered, removed, exchanged and put in: verification names each of it.

What is stored is that of all histories. What the product can store and none of them does is told, so that a new kind
cannot be forgotten. `make chaos N=10` alters ten of a kind; SEED repeats what was drawn.
"""

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from billproof.ports import Key
from tests.support.all_histories import HISTORIES
from tests.support.expanded import of_type
from tests.support.faults import forget, restore
from tests.support.histories import History, ended, found, played
from tests.support.kinds import OBJECTS, Place, artefacts_written, folders_written, partitions_written, places_of
from tests.support.levels import LEVEL, SEED
from tests.support.world import World

NOT_OF_THE_CHAIN = {
    "IdempotencyTable": "answers that are kept for days, how often a caller called: without it, work is done again",
    "EventsTable": "how far events were told, attempts at webhooks: without it they are told again, under their ids",
}
"""Tables whose content no money depends on: it is derived, or expires."""
TAMPERED_APART = {
    "AuditTable": "the chain itself and the keys of its digests: tests/support/tampered_chains.py, tampered_beside.py",
    "AuditBucket": "anchors: the same; documents: tests/workflow/test_archive.py, and those added: tampered_beside.py",
}
OUTSIDE_PARTITIONS = {
    "chain": "AuditTable",
    "key": "AuditTable",
    "attempts": "EventsTable",
    "told": "EventsTable",
}
"""Kinds of partitions that lie in these tables."""
NO_FOLDERS = {
    "account": "the path of a finding",
    "anchors": "the folder of AuditBucket",
    "archive": "issued documents in AuditBucket",
    "billproof": "scopes of the API",
    "ids": "the path of a finding",
}
"""What looks like a folder of the data bucket in the source, and is none."""


@cache
def histories_of() -> dict[str, tuple[History, int]]:
    """Name the history that holds most of each kind, and how many."""
    most: dict[str, tuple[History, int]] = {}
    for history in HISTORIES:
        for kind, places in places_of(ended(history)).items():
            if len(places) > most.get(kind, (history, 0))[1]:
                most[kind] = (history, len(places))
    return most


def items_of(world: World, store: str) -> dict[Any, Any]:
    return world.objects.items if store == OBJECTS else world.records[store].items


def changed(content: Any, chance: random.Random) -> Any:
    """Return content in which one byte, or one value, is another one."""
    if isinstance(content, bytes):
        place = chance.randrange(len(content) + 1)
        return content[:place] + b"~" + content[place:]
    paths = list(leaves(content))
    *before, last = chance.choice(paths) if paths else ("surprise",)
    copy = holder = {**content}
    for name in before:
        holder[name] = {**holder[name]} if isinstance(holder[name], dict) else [*holder[name]]
        holder = holder[name]
    value = holder[last] if paths else None
    holder[last] = not value if isinstance(value, bool) else f"{'' if value is None else value}~"
    return copy


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every place of a document that holds no further ones."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path
    for name, item in items or ():
        yield from leaves(item, (*path, name))


def altered(world: World, place: Place, _alike: list[Place], chance: random.Random) -> list[Place]:
    store, key = place
    items = items_of(world, store)
    items[key] = changed(items[key], chance)
    return [place]


def removed(world: World, place: Place, _alike: list[Place], _chance: random.Random) -> list[Place]:
    store, key = place
    del items_of(world, store)[key]
    return [place]


def exchanged(world: World, place: Place, alike: list[Place], chance: random.Random) -> list[Place]:
    """Put another of the same kind in its place, and it in the other's; there is none where nothing else differs."""
    store, key = place
    items = items_of(world, store)
    others = [other for _, other in alike if items[other] != items[key]]
    other = chance.choice(others) if others else key
    if other == key:
        return []
    items[key], items[other] = items[other], items[key]
    return [place, (store, other)]


def put_in(world: World, place: Place, _alike: list[Place], _chance: random.Random) -> list[Place]:
    """Put a copy beside it, under a name of the same kind that nothing has."""
    store, key = place
    items = items_of(world, store)
    new = Key(key.partition, f"{key.sort}~") if isinstance(key, Key) else f"{key}~"
    items[new] = items[key]
    return [(store, new)]


def name_of(place: Place) -> str:
    store, key = place
    return f"{store} {key.partition} {key.sort}" if isinstance(key, Key) else f"{store} {key}"


@pytest.mark.parametrize("alter", [altered, removed, exchanged, put_in], ids=lambda alter: alter.__name__)
def test_whatever_is_done_to_something_of_any_kind_is_named(alter: Any) -> None:
    unnamed = []
    for kind, (history, _) in histories_of().items():
        known, chance = played(history), random.Random(f"{SEED} {kind}")
        before = known.moments[-1].findings
        places = [one for one in places_of(ended(history))[kind] if not any(name_of(one) in said for said in before)]
        for place in chance.sample(places, min(LEVEL, len(places))):
            restore(known.world, known.end)
            done = alter(known.world, place, places, chance)
            forget(known.world)
            news = found(known.world) - before
            names = [name_of(one) for one in done]
            unnamed += [(kind, name, news) for name in names if not any(name in finding for finding in news)]
    assert not unnamed, f"seed {SEED}: {unnamed}"


def test_every_kind_of_partition_and_folder_that_the_source_writes_is_altered() -> None:
    stored = {tuple(kind.split()) for kind in histories_of()}
    partitions, folders = {kind[1] for kind in stored if len(kind) > 1}, {kind[0] for kind in stored}
    assert partitions_written().keys() - partitions == OUTSIDE_PARTITIONS.keys()
    assert folders_written().keys() - folders == NO_FOLDERS.keys()
    assert artefacts_written() - histories_of().keys() == set()


def test_every_table_and_bucket_of_the_template_is_altered_or_its_content_needs_no_proof() -> None:
    assert set(OUTSIDE_PARTITIONS.values()) <= {*NOT_OF_THE_CHAIN, *TAMPERED_APART}
    stores = {f"{store.capitalize()}Table" for store in ended(HISTORIES[0]).records} | {"DataBucket"}
    deployed = {*of_type("AWS::DynamoDB::Table"), *of_type("AWS::S3::Bucket")}
    assert stores | NOT_OF_THE_CHAIN.keys() | TAMPERED_APART.keys() == deployed
    assert not stores & (NOT_OF_THE_CHAIN.keys() | TAMPERED_APART.keys())
