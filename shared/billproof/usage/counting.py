"""Entering the plain rows of compacted days among the events of windows, added up where no single ones are needed.

    edges of windows       |a           |b           |c
    slice of a row     0         1            2          3       a window from a to c: its rows are in slices 1 and 2

Where windows have few edges, the rows are added up by account, day and slice first, and then joined to the windows.
"""

from collections.abc import Iterator

import duckdb

from billproof.usage.model import AggregationPlan
from billproof.usage.plain_rows import PlainRows, Select
from billproof.usage.property_roles import adds_up, needs_order, roles_of, single_column, sum_column
from billproof.usage.sql_texts import DECIMAL, as_text
from billproof.usage.tallying import conditions
from billproof.usage.window_tables import edges_of

ARRIVED = "time || received_at || lpad(cast(position as varchar), 4, '0') || id || source"
"""Sorts events by time, then by arrival; within a message by their places. Ids decide only what nothing else does."""

_PLAIN_ARRIVED = ARRIVED.replace("time ||", f"{as_text('time')} ||").replace("received_at", as_text("received_at"))

MOST_EDGES = 12
"""Edges of windows that each row is compared with; where there are more, rows are joined to windows one by one."""

_SPANS = """
create or replace temp table spans as
with edges as (select edge, row_number() over (order by edge) as slice
    from (select start_at as edge from windows union select end_at from windows))
select number, period, account, is_whole, cast(left(start_at, 26) as timestamp) as start_at,
    cast(left(end_at, 26) as timestamp) as end_at, starts.slice as first_slice, ends.slice as slice_after
from windows join edges starts on start_at = starts.edge join edges ends on end_at = ends.edge
"""

_ADDED = """
create or replace temp table added as
select account, type, source, verdict, cast(time as date) as day, {slice} as slice{names}{singles}{sums},
    count(*) as events
from ({plain}) plain where time >= {first} and time < {last} group by all
"""
_INSERT_ADDED = """
insert into events by name
select number, type, null as sequence, is_whole as counts, verdict{names}{singles}{sums},
    cast(sum(events) as integer) as events
from added join spans on spans.account = added.account
where slice >= first_slice and slice < slice_after group by all
"""
_DAYS_ADDED = """
select source, type, day, verdict, period, is_whole, events from added join spans on spans.account = added.account
where slice >= first_slice and slice < slice_after
"""

_INSERT = """
insert into events by name
select number, type, {order} as sequence, is_whole as counts, verdict{names}{singles}{sums}, {events} as events
from ({plain}) plain join spans on spans.account = plain.account
where time >= start_at and time < end_at {group}
"""
_DAYS = """
select source, type, cast(time as date) as day, verdict, period, is_whole, 1 as events
from ({plain}) plain join spans on plain.account = spans.account where time >= start_at and time < end_at
"""


class Counting:
    """Enters plain rows into the table `events`, which gets typed columns of what the plan reads as quantities."""

    def __init__(self, database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> None:
        self._database = database
        self._names = names
        self._roles = roles_of(plan, conditions(plan))
        self._order = _PLAIN_ARRIVED if needs_order(plan) else "null"
        self._is_added = adds_up(plan)
        ranges = [edge for _, window_edges in edges_of(plan) for span in window_edges.ranges for edge in span]
        self._edges = sorted(set(ranges))
        self._has_slices = self._is_added and 0 < len(self._edges) <= MOST_EDGES
        self._singles = [single_column(names[name]) for name in sorted(self._roles.singles)]
        self._sums = [sum_column(names[name]) for name in sorted(self._roles.sums)]
        for column in (*self._singles, *self._sums):
            database.execute(f"alter table events add column {column} {DECIMAL}")
        database.execute("alter table events add column events integer default 1")
        database.execute(_SPANS)

    def add(self, rows: PlainRows) -> Select:
        """Enter the rows of a chunk; return the query of its events by source, type, day and window."""
        select = rows.select(self._names, self._roles)
        try:
            if self._has_slices:
                return self._insert_slices(select)
            self._insert(select, is_added=self._is_added)
        except duckdb.OutOfRangeException:  # sums that no decimal holds: each window is to be asked alone
            self._insert(select, is_added=False)
        return Select(_DAYS.format(plain=select.text), select.parameters)

    def everyone(self, rows: PlainRows) -> Select:
        """Return the query of the rows of a chunk, of accounts without a window too."""
        return rows.select(self._names, self._roles, of_everyone=True)

    def _insert_slices(self, select: Select) -> Select:
        instants = [f"cast($edge{number} as timestamp)" for number in range(len(self._edges))]
        edges = {f"edge{number}": edge[:26] for number, edge in enumerate(self._edges)}
        names = "".join(f", {column}" for column in self._names.values())
        singles = "".join(f", {column}" for column in self._singles)  # prices, by which sums are told apart
        sums = "".join(f", {column}" for column in self._summed(is_added=True))
        added = _ADDED.format(
            slice=" + ".join(f"cast(time >= {instant} as utinyint)" for instant in instants),
            names=names,
            singles=singles,
            sums=sums,
            plain=select.text,
            first=instants[0],
            last=instants[-1],
        )
        self._database.execute(added, select.parameters | edges)
        self._database.execute(_INSERT_ADDED.format(names=names, singles=singles, sums=sums))
        return Select(_DAYS_ADDED, {})

    def _insert(self, select: Select, *, is_added: bool) -> None:
        query = _INSERT.format(
            order=self._order,
            names="".join(f", {column}" for column in self._names.values()),
            singles="".join(f", {column}" for column in self._singles),
            sums="".join(f", {column}" for column in self._summed(is_added=is_added)),
            events="count(*)" if is_added else "1",
            plain=select.text,
            group="group by all" if is_added else "",
        )
        self._database.execute(query, select.parameters)

    def _summed(self, *, is_added: bool) -> Iterator[str]:
        for column in self._sums:
            yield f"sum({column}) as {column}" if is_added else column
