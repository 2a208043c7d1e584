"""From the kept events of a chunk to quantities, as each reading of a meter asks for them.

The table `events` has a row for each event: window number, type, sequence (time, then order of arrival), verdict, and a
column for each property that is read. DuckDB adds DECIMAL(38, 15) exactly and refuses an overflow.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

import duckdb

from billproof.masterdata.meters import Aggregation
from billproof.money import exactly
from billproof.readings import PricedQuantity, Quantity, Transactions, TransactionTally
from billproof.usage.model import AskedAggregate, Edges

DECIMAL = "decimal(38, 15)"
TIME_LETTERS = 27
"""How much of a sequence is the event's time."""
PLACES = Decimal("1e-15")

# Every query reads `base`: the window's number, the properties to group by (together: {keys}), and the measured value.
_BASE = """
with base as (
    select number{groups}, {value} as value, {price} as price, sequence from events
    where type = $type and verdict = 'kept' and number = coalesce($window, number) and {condition}
)
"""

_MEASURES = {
    Aggregation.COUNT: "count(*)",
    Aggregation.SUM: f"sum(cast(value as {DECIMAL}))",
    Aggregation.DISTINCT: "count(distinct value)",
    Aggregation.MAX: f"max(cast(value as {DECIMAL}))",
    Aggregation.LATEST: f"arg_max(cast(value as {DECIMAL}), sequence) filter (value is not null)",
}

_PLAIN = "select {keys}, {measure}, count(*) from base group by all order by all"

_BY_PRICE = "select {keys}, cast(price as decimal(38, 15)), {measure}, count(*) from base group by all order by all"

_BY_DAY = """
select {keys}, left(sequence, {letters}) as moment, max(cast(value as decimal(38, 15))),
    arg_max(cast(value as decimal(38, 15)), sequence), count(*)
from base where value is not null group by all order by {keys}, moment
"""

_WEIGHTED = """
select {keys}, sequence, cast(value as decimal(38, 15)) from base where value is not null order by {keys}, sequence
"""

# Nearest rank: the smallest value whose place, of n, is at least the percentile of n.
_PERCENTILE = """
select {keys}, min(value) filter (
    cast(place * 100 as decimal(38, 15)) >= cast($percentile as decimal(18, 15)) * cast(number_of as decimal(18, 0))
), count(*)
from (
    select {keys}, cast(value as decimal(38, 15)) as value, count(*) over (partition by {keys}) as number_of,
        row_number() over (partition by {keys} order by cast(value as decimal(38, 15))) as place
    from base where value is not null
)
group by all order by all
"""

# The first transactions are free, in the order of their times; one that is free in part pays for the rest of it.
_TRANSACTIONS = """,
ordered as (
    select {keys}, cast(value as decimal(38, 15)) as amount,
        row_number() over (partition by {keys} order by sequence) as place,
        coalesce(sum(cast(value as decimal(38, 15))) over (
            partition by {keys} order by sequence rows between unbounded preceding and 1 preceding), 0) as before
    from base where value is not null
),
split as (
    select {keys}, amount, case when {counted} then greatest(0, least(amount, {left})) else 0 end as free,
        {counted} and before + amount <= {allowance} as covered
    from ordered
),
banded as (
    select {keys}, amount, free,
        case when covered then 'covered' when amount - free < {low} then 'low'
            when amount - free >= {high} then 'high' else 'rated' end as band
    from split
)
select {keys}, band, count(*), sum(amount - free), sum(free), sum(amount)
from banded group by all order by all
"""

LARGEST = f"cast('{'9' * 23}' as {DECIMAL})"


def _literal(amount: Decimal) -> str:
    return f"cast('{amount:f}' as {DECIMAL})"


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


class Measurer:
    """Measures the windows of one database; `names` gives the column of each property."""

    def __init__(
        self, database: duckdb.DuckDBPyConnection, names: Mapping[str, str], windows: list[WindowEdges]
    ) -> None:
        self._database = database
        self._names = names
        self._windows = windows

    def quantities(self, asked_aggregate: AskedAggregate, window: int | None = None) -> list[tuple[int, Quantity]]:
        """Return what a reading finds, by window number, of all windows or one.

        Raises DuckDB's OutOfRangeException and ConversionException where values cannot be added up.
        """
        reading = asked_aggregate.reading
        if reading.transactions is not None:
            return list(self._transactions(asked_aggregate, window))
        if reading.by_price:
            return list(self._by_price(asked_aggregate, window))
        if reading.by_day:
            return list(self._by_day(asked_aggregate, window))
        if asked_aggregate.aggregation is Aggregation.WEIGHTED_SUM:
            return list(self._weighted(asked_aggregate, window))
        return list(self._plain(asked_aggregate, window))

    def _plain(self, asked_aggregate: AskedAggregate, window: int | None) -> Iterator[tuple[int, Quantity]]:
        query = _PERCENTILE if asked_aggregate.aggregation is Aggregation.PERCENTILE else _PLAIN
        for number, *dimension, measured, events in self._rows(asked_aggregate, window, query):
            yield number, self._quantity(asked_aggregate, number, dimension, Decimal(measured or 0), events)

    def _by_price(self, asked_aggregate: AskedAggregate, window: int | None) -> Iterator[tuple[int, Quantity]]:
        for key, group in groupby(self._rows(asked_aggregate, window, _BY_PRICE), key=lambda row: row[:-3]):
            rows = [(Decimal(price or 0), Decimal(measured or 0), number) for *_, price, measured, number in group]
            prices = tuple(PricedQuantity(unit_price=price, quantity=measured) for price, measured, _ in rows)
            whole = sum((priced.quantity for priced in prices), Decimal(0))
            events = sum(number for _, _, number in rows)
            yield key[0], self._quantity(asked_aggregate, key[0], key[1:], whole, events, prices=prices)

    def _by_day(self, asked_aggregate: AskedAggregate, window: int | None) -> Iterator[tuple[int, Quantity]]:
        """Return the most that a level was on each local day; null on the days before its first reading.

        The level of a day's end goes on to the next day, whose most includes it, unless a reading at its first instant
        takes its place.
        """
        for key, mine in groupby(self._rows(asked_aggregate, window, _BY_DAY), key=lambda row: row[:-4]):
            edges = self._windows[key[0]].days
            days: list[Decimal | None] = [None] * (len(edges) - 1)
            events, level, done = 0, None, -1
            for *_, at, most, last, number in mine:
                events += number
                day = bisect_right(edges, at) - 1
                days[done + 1 : day] = [level] * max(day - done - 1, 0)
                known = days[day] if day == done else None if at == edges[day] else level
                days[day] = most if known is None else max(most, known)
                level, done = last, day
            days[done + 1 :] = [level] * (len(days) - done - 1)
            highest = max((most for most in days if most is not None), default=Decimal(0))
            yield key[0], self._quantity(asked_aggregate, key[0], key[1:], highest, events, days=tuple(days))

    def _weighted(self, asked_aggregate: AskedAggregate, window: int | None) -> Iterator[tuple[int, Quantity]]:
        for key, group in groupby(self._rows(asked_aggregate, window, _WEIGHTED), key=lambda row: row[:-2]):
            edges = self._windows[key[0]]
            levels = [(sequence[:TIME_LETTERS], level) for *_, sequence, level in group]
            quantity = weighted_sum(levels, edges.start, edges.end)
            yield key[0], self._quantity(asked_aggregate, key[0], key[1:], quantity, len(levels))

    def _transactions(self, asked_aggregate: AskedAggregate, window: int | None) -> Iterator[tuple[int, Quantity]]:
        terms = asked_aggregate.reading.transactions or Transactions()
        is_counted = "true" if terms.free_transactions is None else f"place <= {terms.free_transactions}"
        if terms.free_transactions is None and terms.free_amount is None:
            is_counted = "false"
        bounds = {
            "counted": is_counted,
            "left": "amount" if terms.free_amount is None else f"{_literal(terms.free_amount)} - before",
            "allowance": LARGEST if terms.free_amount is None else _literal(terms.free_amount),
            "low": f"-{LARGEST}" if terms.low is None else _literal(terms.low),
            "high": LARGEST if terms.high is None else _literal(terms.high),
        }
        for key, group in groupby(
            self._rows(asked_aggregate, window, _TRANSACTIONS, **bounds), key=lambda row: row[:-5]
        ):
            tally = TransactionTally()
            whole, events = Decimal(0), 0
            for *_, band, number, rest, free, amount in group:
                tally = _count(tally, band, number, Decimal(rest), Decimal(free))
                whole, events = whole + amount, events + number
            yield key[0], self._quantity(asked_aggregate, key[0], key[1:], whole, events, tally=tally)

    def _rows(
        self, asked_aggregate: AskedAggregate, window: int | None, query: str, **parts: str
    ) -> list[tuple[Any, ...]]:
        groups = [self._names[name] for name in asked_aggregate.reading.group_by]
        conditions, parameters = condition(asked_aggregate.where, self._names)
        parameters |= {"type": asked_aggregate.event_type, "window": window}
        if query is _PERCENTILE:
            parameters["percentile"] = str(asked_aggregate.percentile)
        text = (_BASE + query).format(
            groups="".join(f", coalesce({column}, '') as g{number}" for number, column in enumerate(groups)),
            keys=", ".join(["number", *(f"g{number}" for number in range(len(groups)))]),
            value=self._names[asked_aggregate.value_property] if asked_aggregate.value_property is not None else "null",
            price=self._names[asked_aggregate.price_property] if asked_aggregate.price_property is not None else "null",
            measure=_MEASURES.get(asked_aggregate.aggregation, ""),
            condition=conditions,
            letters=TIME_LETTERS,
            **parts,
        )
        return self._database.execute(text, parameters).fetchall()

    def _quantity(
        self, asked_aggregate: AskedAggregate, window: int, dimension: Any, quantity: Decimal, events: int, **more: Any
    ) -> Quantity:
        reading = asked_aggregate.reading
        return Quantity(
            meter=asked_aggregate.meter,
            group_by=reading.group_by,
            dimension=dict(zip(reading.group_by, dimension, strict=True)),
            quantity=quantity if asked_aggregate.rounding is None else asked_aggregate.rounding.apply(quantity),
            events=events,
            variant=reading.variant,
            part=self._windows[window].part,
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


@exactly
def weighted_sum(levels: list[tuple[str, Decimal]], start: str, end: str) -> Decimal:
    """Add up levels, each times the share of `[start, end)` that it lasted; before the first the level is zero.

    Times are instants as text in UTC. The result is rounded half even to 15 decimals, once.
    """
    whole = _microseconds(start, end)
    following = [at for at, _ in levels[1:]] + [end]
    lasted = sum(
        (level * _microseconds(at, until) for (at, level), until in zip(levels, following, strict=True)), Decimal(0)
    )
    return (lasted / whole).quantize(PLACES)


def _microseconds(start: str, end: str) -> int:
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _count(tally: TransactionTally, band: str, events: int, rest: Decimal, free: Decimal) -> TransactionTally:
    named = {"covered": "covered_events", "low": "low_events", "rated": "events", "high": "high_events"}
    amounts = {"low": "low_amount", "rated": "amount", "high": "high_amount"}
    changes: dict[str, Any] = {named[band]: events, "free_amount": tally.free_amount + free}
    if band in amounts:
        changes[amounts[band]] = rest
    return tally.model_copy(update=changes)
