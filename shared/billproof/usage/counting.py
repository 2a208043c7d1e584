"""Entering the plain rows of compacted days among the events of windows, added up where no single ones are needed."""

from collections.abc import Iterator

import duckdb

from billproof.usage.model import AggregationPlan
from billproof.usage.plain_rows import PlainRows, Select, write_spans
from billproof.usage.property_roles import adds_up, needs_order, roles_of, single_column, sum_column
from billproof.usage.sql_texts import DECIMAL, as_text
from billproof.usage.tallying import conditions

ARRIVED = "time || received_at || lpad(cast(position as varchar), 4, '0') || id || source"
"""Sorts events by time, then by arrival; within a message by their places. Ids decide only what nothing else does."""

_PLAIN_ARRIVED = ARRIVED.replace("time ||", f"{as_text('time')} ||").replace("received_at", as_text("received_at"))

_INSERT = """
insert into events by name
select number, type, {order} as sequence, is_whole as counts, verdict{names}{singles}{sums}, {events} as events
from ({plain}) plain join spans on spans.account = plain.account
where time >= start_at and time < end_at {group}
"""


class Counting:
    """Enters plain rows into the table `events`, which gets typed columns of what the plan reads as quantities."""

    def __init__(self, database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> None:
        self._database = database
        self._names = names
        self._roles = roles_of(plan, conditions(plan))
        self._order = _PLAIN_ARRIVED if needs_order(plan) else "null"
        self._is_added = adds_up(plan)
        self._singles = [single_column(names[name]) for name in sorted(self._roles.singles)]
        self._sums = [sum_column(names[name]) for name in sorted(self._roles.sums)]
        for column in (*self._singles, *self._sums):
            database.execute(f"alter table events add column {column} {DECIMAL}")
        database.execute("alter table events add column events integer default 1")
        write_spans(database)

    def add(self, rows: PlainRows) -> Select:
        """Enter the rows of a chunk and return their query."""
        select = rows.select(self._names, self._roles)
        try:
            self._insert(select, is_added=self._is_added)
        except duckdb.OutOfRangeException:  # sums that no decimal holds: each window is to be asked alone
            self._insert(select, is_added=False)
        return select

    def everyone(self, rows: PlainRows) -> Select:
        """Return the query of the rows of a chunk, of accounts without a window too."""
        return rows.select(self._names, self._roles, of_everyone=True)

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
