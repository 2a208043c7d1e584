"""Asking the kept events of a chunk: one query for a reading of a meter, over all windows or one.

The table `events` has a row for each event: window number, type, sequence (time, then order of arrival), verdict, and a
column for each property that is read. Rows of compacted days have typed columns, too (property_roles.py). DuckDB adds
DECIMAL(38, 15) exactly and refuses an overflow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from billproof.readings import Quantity
from billproof.usage.model import AskedAggregate, Edges
from billproof.usage.property_roles import price_of, unread_of, value_of
from billproof.usage.sql_texts import TIME_LETTERS

COUNT_ADDED = "cast(sum(events) as bigint)"

# Every query reads `base`: the window's number, the properties to group by (together: {keys}), and the measured value.
_BASE = """
with base as (
    select number{groups}, {value} as value, {price} as price, sequence{weight} from events
    where type = $type and verdict = 'kept' and number = coalesce($window, number) and {condition}
)
"""

_COUNTS = "select number, {columns} from events where verdict = 'kept' group by number"
_COUNT = "cast(coalesce(sum({weight}) filter ({clause}), 0) as bigint)"


@dataclass(frozen=True, slots=True)
class WindowEdges:
    """What a window is called, when it starts and ends, without its gaps; its local midnights, where days are asked."""

    part: str
    start: str
    end: str
    days: tuple[str, ...]
    gaps: tuple[Edges, ...] = ()

    @property
    def ranges(self) -> list[tuple[str, str]]:
        """The instants `[start, end)` that it holds, in order."""
        starts = [self.start, *(gap.end for gap in self.gaps)]
        return list(zip(starts, [*(gap.start for gap in self.gaps), self.end], strict=True))


class Queries:
    """The events of one database; `names` gives the column of each property.

    A row is an event; where rows of compacted days are among them (`is_typed`), it may be several that were added up.
    """

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        names: Mapping[str, str],
        windows: Sequence[WindowEdges],
        *,
        is_typed: bool = False,
    ) -> None:
        self._database = database
        self.names = names
        self._is_typed = is_typed
        self.windows = windows
        self.count = COUNT_ADDED if is_typed else "count(*)"

    def rows(
        self, asked_aggregate: AskedAggregate, window: int | None, query: str, **parts: Any
    ) -> list[tuple[Any, ...]]:
        """Return what a query finds: its keys (the window's number, the groups), then what it measures.

        `percentile` is a parameter of the query; other parts are texts of it.
        """
        groups = [self.names[name] for name in asked_aggregate.reading.group_by]
        conditions, parameters = condition(asked_aggregate.where, self.names)
        parameters |= {"type": asked_aggregate.event_type, "window": window}
        if "percentile" in parts:
            parameters["percentile"] = parts.pop("percentile")
        names = [f"g{number}" for number in range(len(groups))]
        text = (_BASE + query).format(
            groups="".join(f", coalesce({column}, '') as g{number}" for number, column in enumerate(groups)),
            keys=", ".join(["number", *names]),
            group_names="".join(f", {name}" for name in names),
            value=value_of(asked_aggregate, self.names, is_typed=self._is_typed),
            price=price_of(asked_aggregate, self.names, is_typed=self._is_typed),
            count=self.count,
            condition=conditions,
            letters=TIME_LETTERS,
            weight=", events" if self._is_typed else "",
            **parts,
        )
        return self._database.execute(text, parameters).fetchall()

    def counts(self, clauses: Sequence[str], parameters: Mapping[str, Any]) -> list[tuple[int, ...]]:
        """Return the number of each window with kept events that meet any of some clauses, and how many meet each."""
        weight = "events" if self._is_typed else "1"
        columns = [_COUNT.format(weight=weight, clause=clause) for clause in clauses]
        return self._database.execute(_COUNTS.format(columns=", ".join(columns)), dict(parameters)).fetchall()

    def unread(self, asked_aggregate: AskedAggregate) -> str:
        """Write as SQL whether an event has no value that ingestion would take for a meter."""
        return unread_of(asked_aggregate, self.names, is_typed=self._is_typed)

    def quantity(
        self, asked_aggregate: AskedAggregate, window: int, dimension: Any, quantity: Decimal, events: int, **more: Any
    ) -> Quantity:
        """Return what was measured, rounded by the meter."""
        reading = asked_aggregate.reading
        return Quantity(
            meter=asked_aggregate.meter,
            group_by=reading.group_by,
            dimension=dict(zip(reading.group_by, dimension, strict=True)),
            quantity=quantity if asked_aggregate.rounding is None else asked_aggregate.rounding.apply(quantity),
            events=events,
            variant=reading.variant,
            part=self.windows[window].part,
            **more,
        )


def condition(
    where: Mapping[str, tuple[str, ...]], names: Mapping[str, str], *, prefix: str = "w"
) -> tuple[str, dict[str, Any]]:
    """Write what a meter counts as SQL over the columns of properties; the values are parameters, never text of it."""
    clauses: list[str] = []
    parameters: dict[str, Any] = {}
    for name, values in sorted(where.items()):
        keys = [f"{prefix}_{names[name]}_{number}" for number in range(len(values))]
        parameters |= dict(zip(keys, values, strict=True))
        clauses.append(f"coalesce({names[name]} in ({', '.join(f'${key}' for key in keys)}), false)")
    return " and ".join(clauses) or "true", parameters
