"""Ids that a source used for two accounts: two events, where the source meant one and named the wrong account.

    bucket 3    UA on the 5th: id 7         the ids of the run's buckets, as hashes: who has them twice is reported,
    bucket 8    B6 on the 9th: id 7         with the id as the log has it

An id belongs to its account, so both events count. What is compared are the accounts of one run: those of one legal
entity, over the months that the run reads. The hashes of a run are compared part by part, so that memory does not grow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from billproof.errors import ObjectUnreadable
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.databases import opened
from billproof.usage.id_lists import read_ids
from billproof.usage.manifests import segments_of
from billproof.usage.model import AggregationPlan
from billproof.usage.reuse import MAX_SHOWN
from billproof.usage.tallies import IdPlace, SharedId, SharedIds

FEW_EVENTS = 10_000
"""The ids of so few are compared on one thread, which takes less CPU."""
IDS_AT_ONCE = 10_000_000
"""Ids that are compared at once: some 500 MB."""

NO_IDS = "create or replace temp table ids (event ubigint, owner ubigint, day date, place uinteger)"
_READ = """
insert into ids select event, owner, day, $place from ({ids}) where event is not null and event % $parts = $part
"""
_SHARED = """
create or replace temp table shared as
select event from ids group by event having min(owner) != max(owner)
"""
NUMBER = "select count(*) from shared"
_PLACES = """
select event, owner, min(day)::varchar, arg_min(place, day) from ids
where event in (select event from shared order by event limit $most) group by all order by all
"""
_ACCOUNTS = "select hash(account), account from (select unnest($accounts::varchar[]) as account)"
_NAMED = """
select source, id from (select unnest($sources::varchar[]) as source, unnest($ids::varchar[]) as id)
where hash(source, id) = $event limit 1
"""

type PlanOf = Callable[[int], AggregationPlan]
"""Reads the plan of a place: of a bucket of a run."""


def shared_ids(
    buckets: Sequence[int], plan_of: PlanOf, objects: Objects, *, events: int, unreadable: Callable[[str], object]
) -> SharedIds:
    """Return the ids that several accounts of a run have; `events` is about how many events it counted.

    Plans are read one by one, for together they name every account.

    A bucket that was counted before ids had an owner is left out, and one whose ids do not read: `unreadable` is told
    of the object.
    """
    number, first = 0, list[SharedId]()
    parts = 1 + events // IDS_AT_ONCE
    with opened(is_alone=events <= FEW_EVENTS) as (database, folder):
        for part in range(parts):
            database.execute(NO_IDS)
            for bucket in buckets:
                try:
                    read_part(database, plan_of(bucket), objects, folder, Part(bucket, part, parts))
                except ObjectUnreadable as error:
                    unreadable(error.key)
            database.execute(_SHARED)
            number += database.execute(NUMBER).fetchall()[0][0]
            first += first_shared(database, plan_of, objects, MAX_SHOWN - len(first))
    return SharedIds(number=number, first=tuple(first))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the ids of a place."""

    place: int
    number: int
    of: int


def read_part(
    database: duckdb.DuckDBPyConnection, plan: AggregationPlan, objects: Objects, folder: Path, part: Part
) -> None:
    """Take a part of the ids of a bucket into the table `ids`; raises ObjectUnreadable."""
    key = log.ids_key(plan.run, plan.bucket)
    accounts, is_there = _accounts(plan), plan.lists_refused
    ids = read_ids(database, objects, key, folder, buckets=plan.reads, is_there=is_there, accounts=accounts)
    if ids is not None:
        parameters = {"place": part.place, "parts": part.of, "part": part.number, **ids.parameters}
        try:
            database.execute(_READ.format(ids=ids.text), parameters)
        except duckdb.Error as error:
            raise ObjectUnreadable(key) from error


def _accounts(plan: AggregationPlan) -> list[str]:
    return sorted({window.account for window in plan.windows})


def first_shared(
    database: duckdb.DuckDBPyConnection, plan_of: PlanOf, objects: Objects, most: int
) -> Iterator[SharedId]:
    """Yield the first ids of the table `shared`, with their text and accounts."""
    places: dict[int, list[IdPlace]] = {}
    names: dict[int, tuple[str, str] | None] = {}
    for event, owner, day, place in database.execute(_PLACES, {"most": most}).fetchall():
        plan = plan_of(place)
        account = dict(database.execute(_ACCOUNTS, {"accounts": _accounts(plan)}).fetchall())[owner]
        places.setdefault(event, []).append(IdPlace(account=account, day=day))
        if event not in names:
            names[event] = _name(database, plan, objects, account, day, event)
    for event, of_event in places.items():
        named = names[event]
        if named is None:  # it is counted
            continue
        source, name = named
        yield SharedId(source=source, id=name, places=tuple(sorted(of_event, key=lambda place: place.account)))


def _name(
    database: duckdb.DuckDBPyConnection, plan: AggregationPlan, objects: Objects, account: str, day: str, event: int
) -> tuple[str, str] | None:
    """Return the source and id of an event, from the segments that the run listed of its day; None where none reads."""
    keys = (key for of_day in segments_of(plan.model_copy(update={"days": (day,)}), objects) for key in of_day)
    for key in keys:
        rows = [row for row in log.read_intact(objects, key) or () if row.account == account]
        texts = {"sources": [row.source for row in rows], "ids": [row.id for row in rows], "event": event}
        for source, name in database.execute(_NAMED, texts).fetchall():
            return source, name
    return None
