"""Profiles of what each account sent, from the judged events of a run: one narrow group-by for each chunk of days.

Values are read as floats: a profile says how large they are, and no quantity is made of it. Days are those of UTC that
lie in the month as a whole: where it begins or ends within one, in another time zone, that one has fewer events.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby

import duckdb

from billproof.masterdata.meters import NOT_NUMERIC
from billproof.usage.model import AggregationPlan
from billproof.usage.plain_rows import Select
from billproof.usage.profiles import BANDS_OF_A_DECADE, STEPS, BandRow, DayRow, Profile, profile_of
from billproof.usage.property_roles import roles_of, single_column, sum_column
from billproof.usage.sql_texts import quantity_of
from billproof.usage.tallies import OTHER_SOURCES
from billproof.usage.tallying import conditions

_TABLE = """
create or replace temp table profile_rows
    (number integer, source varchar, type varchar, rank integer, day date, value double, events bigint, again varchar)
"""
_WHOLE_DAYS = """
create or replace temp table whole_days as
select number, cast(left(end_at, 10) as date) - 1 as last_day,
    cast(left(start_at, 10) as date) + cast(start_at[12:19] <> '00:00:00' as integer) as first_day
from windows where is_whole and period = $period
"""
_JUDGED = """(
    select judged.*, number, is_whole, period, start_at, end_at from judged join windows
    on judged.account = windows.account)"""
_PLAIN = """(
    select plain.*, number, is_whole, period, start_at, end_at from ({plain}) plain join spans
    on plain.account = spans.account)"""
_INSERT = """
insert into profile_rows
select number, source, type, {rank}, cast({day} as date), {value} as value, count(*),
    case when count(*) > 1 then replace(left(cast(time as varchar), 13), ' ', 'T') end
from {rows}
where verdict = 'kept' and is_whole and period = $period and time >= start_at and time < end_at{of_types}
group by number, source, type, time, value{mark}, {day}
"""
_MOST_OF_ONE = "select max(sources) from (select count(distinct source) as sources from profile_rows group by number)"
# The sources of an account that came on most days keep their names; the others have one together.
_NAMES = """
create or replace temp table profile_names as
select number, source, row_number() over (
    partition by number order by count(distinct day) desc, sum(events) desc, source) as place
from profile_rows where source != $others group by number, source
"""
_NAMED = """(
    select profile_rows.* replace (case when place <= $most then source else $others end as source)
    from profile_rows left join profile_names using (number, source))"""
_DAYS = """
with of_days as (
    select number, source, type, rank, day, sum(events) as per_day, sum(events - 1) as repeated, min(again) as again
    from {named} join whole_days using (number) where day between first_day and last_day group by all)
select number, source, type, rank, cast(per_day as bigint) as per_day, count(*), cast(sum(repeated) as bigint),
    count(*) filter (repeated > 0), datediff('day', date '1970-01-01', min(day)),
    datediff('day', date '1970-01-01', max(day)), min(again)
from of_days group by number, source, type, rank, per_day order by all
"""
_BANDS = """
with sizes as (
    select number, source, type, rank, value, sum(events) as events,
        case when value < 1e14 and abs(value * 100 - round(value * 100)) < 1e-6
            then cast(round(value * 100) as bigint) end as hundredths
    from {named} where value = 0 or value between {smallest} and {largest} group by all)
select number, source, type, rank, cast(floor(log10(nullif(value, 0)) * {bands}) as integer) as band,
    cast(sum(events) as bigint), count(*), sum(value * events), max(value), cast(max_by(events, value) as bigint),
    [{multiples}]
from sizes group by number, source, type, rank, band order by all
"""
MOST_SOURCES_OF_AN_ACCOUNT = 50
"""Sources of which an account has profiles of their own: see docs/limits.md."""
SMALLEST, LARGEST = "1e-16", "1e24"
"""Between them is every quantity but zero."""
_MULTIPLES = "cast(coalesce(sum(events) filter (hundredths % {hundredths} = 0), 0) as bigint)"


class Profiling:
    """Takes in the events of the chunks of a run, and says at the end what each account sent."""

    def __init__(self, database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: Mapping[str, str]) -> None:
        self._database, self._plan, self._names = database, plan, names
        self._roles = roles_of(plan, conditions(plan))
        self._of_types = _sized_properties(plan)
        database.execute(_TABLE)
        database.execute(_WHOLE_DAYS, {"period": plan.period})

    def add(self, plain: Select | None) -> None:
        """Take in the view `judged`, and the plain rows of days that are compacted."""
        for rank in range(max(map(len, self._of_types.values()), default=0) or 1):
            self._insert(_JUDGED, Select("", {}), rank=rank, day="left(time, 10)")
            if plain is not None:
                self._insert(_PLAIN.format(plain=plain.text), plain, rank=rank, day="time")

    def _insert(self, rows: str, plain: Select, *, rank: int, day: str) -> None:
        kinds = {kind: names[rank] for kind, names in sorted(self._of_types.items()) if len(names) > rank}
        parameters = {f"kind{number}": kind for number, kind in enumerate(kinds)}
        is_plain = bool(plain.text)
        cases = "".join(
            f" when $kind{number} then {self._value(name, is_plain=is_plain)}"
            for number, name in enumerate(kinds.values())
        )
        others = [name for name in self._names if {name} != set(kinds.values())]
        mark = [self._names[name] for name in others]
        if is_plain:
            mark += [column for name in others for column in self._typed(name)]
        query = _INSERT.format(
            rank=rank,
            day=day,
            value=f"case type{cases} end" if cases else "cast(null as double)",
            rows=rows,
            of_types=f" and type in ({', '.join(f'${name}' for name in parameters)})" if rank else "",
            mark="".join(f", {column}" for column in mark),
        )
        self._database.execute(query, {"period": self._plan.period, **parameters, **plain.parameters})

    def _value(self, name: str, *, is_plain: bool) -> str:
        text = f"cast({quantity_of(self._names[name])} as double)"
        typed = [f"cast({column} as double)" for column in self._typed(name)] if is_plain else []
        return f"coalesce({', '.join([*typed, text])})"

    def _typed(self, name: str) -> Iterator[str]:
        """Yield the columns in which plain rows have a property as a quantity."""
        column = self._names[name]
        if name in self._roles.singles:
            yield single_column(column)
        if name in self._roles.sums:
            yield sum_column(column)

    def profiles(self) -> list[Profile]:
        """Return what each account sent of each source, type and property, in their order."""
        bands: dict[tuple[int, str, str, int], list[BandRow]] = defaultdict(list)
        multiples = ", ".join(_MULTIPLES.format(hundredths=int(step * 100)) for step in STEPS)
        bounds = {"smallest": SMALLEST, "largest": LARGEST}
        named, names = "profile_rows", dict[str, str | int]()
        if (self._database.execute(_MOST_OF_ONE).fetchall()[0][0] or 0) > MOST_SOURCES_OF_AN_ACCOUNT:
            self._database.execute(_NAMES, {"others": OTHER_SOURCES})
            named, names = _NAMED, {"others": OTHER_SOURCES, "most": MOST_SOURCES_OF_AN_ACCOUNT}
        query = _BANDS.format(bands=BANDS_OF_A_DECADE, multiples=multiples, named=named, **bounds)
        for row in map(BandRow._make, self._database.execute(query, names).fetchall()):
            bands[row[:4]].append(row)
        days = map(DayRow._make, self._database.execute(_DAYS.format(named=named), names).fetchall())
        return [
            profile_of(self._named(*key), list(rows), bands[key]) for key, rows in groupby(days, lambda row: row[:4])
        ]

    def _named(self, number: int, source: str, kind: str, rank: int) -> dict[str, str]:
        names = self._of_types.get(kind, ())
        return {
            "account": self._plan.windows[number].account,
            "source": source,
            "event_type": kind,
            "value_property": names[rank] if names else "",
        }


def _sized_properties(plan: AggregationPlan) -> dict[str, tuple[str, ...]]:
    """Return the properties that meters read as quantities, by event type."""
    named: dict[str, set[str]] = defaultdict(set)
    for one in (*plan.asked, *plan.stated):
        if one.value_property is not None and one.aggregation not in NOT_NUMERIC:
            named[one.event_type].add(one.value_property)
    return {kind: tuple(sorted(names)) for kind, names in named.items()}
