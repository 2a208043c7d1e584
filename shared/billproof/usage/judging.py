"""Judging the events of one bucket, whole days at a time: kept, duplicate or conflicting.

Whole days are loaded together, since all copies of an event meet in its day.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from billproof.errors import ObjectUnreadable
from billproof.ids import canonical_json
from billproof.ports import Objects
from billproof.store_keys import event_copy_key
from billproof.usage.chunks import Chunk, Loading, property_texts
from billproof.usage.compacted_days import CompactedDays
from billproof.usage.databases import opened
from billproof.usage.earlier_lists import Lists
from billproof.usage.manifests import segments_of
from billproof.usage.model import AFTER_ALL, AggregationPlan, Quarantined, Reason
from billproof.usage.owner_tables import enter_owners
from billproof.usage.plain_rows import PlainRows
from billproof.usage.unreadable import UnreadableObjects

_COLUMNS = (
    "{source: 'VARCHAR', id: 'VARCHAR', type: 'VARCHAR', subject: 'VARCHAR', time: 'VARCHAR', "
    "received_at: 'VARCHAR', position: 'INTEGER', data: 'JSON', corrects: 'VARCHAR', retracts: 'VARCHAR'}"
)

_LOAD = """
create or replace temp table copies as
select source, id, type, subject as account, time, received_at, coalesce(position, 0) as position, corrects, retracts,
    left(time, 10) as day, hash(source, id, left(time, 10){owner}) as identity,
    hash(type{subject}, time, data, corrects, retracts) as content, {segment} as segment{properties}
from read_json($files, columns = {columns}, format = 'newline_delimited', compression = 'zstd'{named}){joined}
where received_at < $received_before
"""

# An event that crosswalks give to an account is compared with the account's others, whichever id it came under.
_OWNED = """
create or replace temp table copies as
select named.* exclude (system, account, identity), coalesce(owners.account, named.account) as account,
    coalesce(owners.since, '') as moved_at,
    hash(source, id, day, coalesce(owners.account, named.account)) as identity
from (
    select *, case when exists (
        select 1 from owners where owners.system = copies.source and owners.external_id = copies.account
    ) then source else '' end as system from copies
) named left join owners on owners.external_id = named.account and owners.system = named.system
    and named.time >= owners.start_at and named.time < owners.end_at
"""

_LEAVE = "delete from copies where account in (select unnest($others::varchar[]))"

_NO_COPIES = """
create or replace temp table copies (source varchar, id varchar, type varchar, account varchar, time varchar,
    received_at varchar, position integer, corrects varchar, retracts varchar, day varchar, identity ubigint,
    content ubigint, segment integer{names})
"""

FEW_SEGMENTS = 16
"""So few are judged on one thread: 3,000 events take a sixth less CPU, and no longer."""
_SEGMENT = {"segment": "number", "named": ", filename = true", "joined": " join files on filename = path"}
_NO_SEGMENT = {"segment": "0", "named": "", "joined": ""}
"""Which segment a copy lies in is asked only where an earlier run's list tells copies apart."""

# Only ids that occur more than once are ranked: the first received is kept, ties broken by content. They are found by a
# hash; what only shares it is told apart by the window. What came after an account's invoice is ranked after what it
# was made from: a copy that was received first and written later changes no invoice that is released.
_REPEATED = """
create or replace temp table repeated as
with twice as (select identity from copies group by all having count(*) > 1)
select * exclude (kept_content),
    case when place = 1 then 'kept' when content = kept_content then 'duplicate' else 'conflicting' end as verdict
from (
    select *, row_number() over same as place, first_value(content) over same as kept_content
    from copies semi join twice using (identity)
    window same as (
        partition by source, id, day{owner} order by {is_after}, received_at, position, account, time, content)
)
"""

_IS_AFTER = """exists (
    select 1 from bounds where bounds.account = copies.account and not exists (
        select 1 from seen where seen.segment = copies.segment and seen.list = bounds.list))"""

_JUDGED = """
create or replace temp view judged as
select *, 1 as place, 'kept' as verdict from copies anti join repeated using (identity)
union all select * from repeated
"""

_JUDGED_AS_THEY_ARE = "create or replace temp view judged as select *, 1 as place, 'kept' as verdict from copies"

_CONFLICTS = """
select account, time, received_at, place, source, id from judged where verdict = 'conflicting'
order by all
"""

_EVENTS = """
select source, id, type, time, verdict, coalesce(corrects, retracts) from judged
where account = $account and time >= $start and time < $end
order by time, source, id, verdict
"""


@dataclass(frozen=True, slots=True)
class JudgedEvent:
    """One copy of an event: was it kept, a duplicate or in conflict, and which event does it correct or retract."""

    source: str
    id: str
    type: str
    time: str
    verdict: str
    names: str | None


@contextmanager
def judged_chunks(
    plan: AggregationPlan,
    objects: Objects,
    names: dict[str, str],
    *,
    unreadable: UnreadableObjects,
    without: Container[str] = (),
    lacking: Container[str] = (),
    compacted: CompactedDays | None = None,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Callable[[], Iterator[PlainRows | None]]]]:
    """Give a database and what yields chunks of whole days: each leaves the view `judged` for its days.

    What it yields are the rows of compacted days that stay as they were judged, and are not in the view. A proof names
    the segments that are no longer there, and goes on `without` them; what the run itself was `lacking` it notes again.
    Compacted days are read on one thread: most of the work is to compare ids, and two threads take a third more CPU for
    it. So are few segments, which two threads are no faster for. Raises ObjectUnreadable for the plan's own list.
    """
    segments = list(segments_of(plan, objects))
    is_alone = bool(compacted) or sum(map(len, segments)) <= FEW_SEGMENTS
    with opened(is_alone=is_alone) as (database, folder):
        lists = Lists(plan, objects, lacking=lacking)
        for named, key in lists.unreadable.items():
            unreadable.add_list(named, key)
        lists.prepare(database)

        def listed() -> Iterator[list[str]]:
            for keys in segments:
                for key in keys:
                    if key in lacking:
                        unreadable.add_segment(key)
                yield [key for key in keys if key not in without and key not in lacking]

        def chunks() -> Iterator[PlainRows | None]:
            chunk = Chunk(objects, folder, compacted, unreadable.add_segment)
            for day in chunk.days(listed()):
                chunk.add(day)
                if chunk.is_full:
                    yield _judge(database, plan, names, chunk, lists)
                    chunk.empty()
            if chunk.has_files:
                yield _judge(database, plan, names, chunk, lists)
                chunk.empty()

        yield database, chunks


def events_of(plan: AggregationPlan, account: str, *, objects: Objects) -> Iterator[JudgedEvent]:
    """Yield every copy of every event in an account's windows, as it was judged, by day, time, source and id.

    Raises ObjectUnreadable.
    """
    windows = [window for window in plan.windows if window.account == account]
    unreadable = UnreadableObjects(plan)
    with judged_chunks(plan, objects, {}, unreadable=unreadable) as (database, chunks):
        for _ in chunks():
            for key in unreadable.keys:
                raise ObjectUnreadable(key)
            for window in windows:
                parameters = {"account": account, "start": window.start, "end": window.end}
                for row in database.execute(_EVENTS, parameters).fetchall():
                    yield JudgedEvent(*row)


def _judge(
    database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str], chunk: Chunk, lists: Lists
) -> PlainRows | None:
    """Judge what has to be judged of a chunk; return the rest, which was judged when its days were compacted."""
    lists.enter(database, chunk.files, chunk.covered)
    texts = zip(property_texts([*names]), names.values(), strict=True)
    properties = "".join(f", {text} as {column}" for text, column in texts)
    received_before = AFTER_ALL if plan.manifest else plan.received_before
    by_account = plan.known_ids is not None  # before, an id was shared by the accounts of a bucket
    how = Loading(
        properties,
        [*names],
        received_before,
        by_account=by_account,
        tells_segments=lists.are_named,
        spread=plan.spread,
    )
    if chunk.files:
        load_copies(database, list(chunk.files.values()), how)
    else:
        database.execute(_NO_COPIES.format(names="".join(f", {column} varchar" for column in names.values())))
    plain = chunk.enter_compacted(database, how)
    judge_copies(database, by_account=by_account, has_bounds=lists.have_bounds)
    return plain


def load_copies(database: duckdb.DuckDBPyConnection, files: Sequence[Path], how: Loading) -> None:
    """Load the copies of the events in some segments into the table `copies`: those of the bucket's own accounts."""
    parameters: dict[str, Any] = {"files": [str(file) for file in files], "received_before": how.received_before}
    parameters |= how.pointers
    segment = _SEGMENT if how.tells_segments else _NO_SEGMENT
    owner = ", subject" if how.by_account else ""
    subject = "" if how.spread.has_owners else ", subject"
    load = _LOAD.format(properties=how.properties, columns=_COLUMNS, owner=owner, subject=subject, **segment)
    database.execute(load, parameters)
    if how.spread.has_owners:
        enter_owners(database, list(how.spread.spans()))
        database.execute(_OWNED)
    if not how.spread.is_whole:
        accounts = (account for (account,) in database.execute("select distinct account from copies").fetchall())
        database.execute(_LEAVE, {"others": [account for account in accounts if not how.spread.holds(account)]})


def judge_copies(database: duckdb.DuckDBPyConnection, *, by_account: bool, has_bounds: bool) -> None:
    """Judge the table `copies` and leave the view `judged`: kept, duplicate or conflicting."""
    owner = ", account" if by_account else ""
    database.execute(_REPEATED.format(owner=owner, is_after=_IS_AFTER if has_bounds else "false"))
    (repeated,) = database.execute("select count(*) from repeated").fetchall()[0]
    database.execute(_JUDGED if repeated else _JUDGED_AS_THEY_ARE)


def conflicts(database: duckdb.DuckDBPyConnection) -> list[Quarantined]:
    """Return the events of the days at hand that another one of the same source and id contradicts."""
    return [_conflict(*row) for row in database.execute(_CONFLICTS).fetchall()]


def _conflict(account: str, time: str, received_at: str, place: int, source: str, event: str) -> Quarantined:
    return Quarantined(
        reason=Reason.CONFLICT,
        detail=f"source {source} sent id {event} before with other content",
        account=account,
        time=time,
        received_at=received_at,
        message_id=event_copy_key(source, event, received_at),
        position=place,
        raw=canonical_json({"source": source, "id": event, "copy": place}).decode(),
    )
