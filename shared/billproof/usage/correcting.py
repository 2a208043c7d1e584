"""Corrections and retractions among the events of the days at hand: which events stand, and what became of the rest."""

import duckdb

_KEEP = "insert into events by name select number, type, sequence, counts, verdict{names} from mine"

_HAS_CORRECTIONS = "select count(*) from judged where corrects is not null or retracts is not null"

# Of several corrections of one event the last received stands. One whose event is not there does nothing, and says so.
_KEEP_CORRECTED = """
insert into events by name
with {recursive} standing as (select *, coalesce(corrects, retracts) as target from mine where verdict = 'kept'),
fixes as (
    select *, row_number() over (
        partition by number, source, day, target order by received_at desc, position desc, id desc) as place
    from standing where target is not null
),
first as (select * from fixes where place = 1){rooted}
select number, type, sequence, counts,
    case
        when verdict != 'kept' then verdict
        {cyclic}
        when exists (
            select 1 from first f
            where f.number = m.number and f.source = m.source and f.day = m.day and f.target = m.id
        ) or exists (
            select 1 from fixes f
            where f.number = m.number and f.source = m.source and f.day = m.day and f.id = m.id and f.place > 1
        ) then 'corrected'
        when (corrects is not null or retracts is not null) and not exists (
            select 1 from standing s where s.number = m.number and s.source = m.source and s.day = m.day
                and s.id = coalesce(m.corrects, m.retracts)) then 'unmatched'
        when retracts is not null then 'retraction'
        else verdict
    end as verdict{names}
from mine m
"""

# Corrections that name each other lead to no event: none of them does anything, and all of them say so.
_NO_CYCLES = {
    "recursive": "recursive",
    "rooted": """,
rooted as (
    select number, source, day, id from fixes f where not exists (
        select 1 from fixes g where g.number = f.number and g.source = f.source and g.day = f.day and g.id = f.target)
    union
    select f.number, f.source, f.day, f.id from fixes f join rooted r
        on r.number = f.number and r.source = f.source and r.day = f.day and r.id = f.target
)""",
    "cyclic": """when coalesce(corrects, retracts) is not null and not exists (
            select 1 from rooted r where r.number = m.number and r.source = m.source and r.day = m.day and r.id = m.id
        ) then 'unmatched'""",
}
_CYCLES_OF_BEFORE = {"recursive": "", "rooted": "", "cyclic": ""}


def keep_standing(database: duckdb.DuckDBPyConnection, columns: str, *, finds_circles: bool) -> bool:
    """Add the events of the view `mine` to the table `events`, with what became of those that were corrected.

    Say whether any was. Corrections that name each other are found in plans that say so: in those of before they took
    each other's place.
    """
    (corrections,) = database.execute(_HAS_CORRECTIONS).fetchall()[0]
    circles = _NO_CYCLES if finds_circles else _CYCLES_OF_BEFORE
    database.execute((_KEEP_CORRECTED if corrections else _KEEP).format(names=columns, **circles))
    return bool(corrections)
