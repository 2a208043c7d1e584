"""From the kept events of a chunk to quantities, as each reading of a meter asks for them."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from billproof.masterdata.meters import Aggregation
from billproof.readings import PricedQuantity, Quantity, Transactions, TransactionTally
from billproof.usage.measuring_levels import LATEST, LevelMeasurer
from billproof.usage.model import AskedAggregate
from billproof.usage.querying import Queries
from billproof.usage.sql_texts import DECIMAL

_MEASURES = {
    Aggregation.COUNT: "{count}",
    Aggregation.SUM: f"sum(cast(value as {DECIMAL}))",
    Aggregation.DISTINCT: "count(distinct value)",
    Aggregation.MAX: f"max(cast(value as {DECIMAL}))",
    Aggregation.LATEST: LATEST,
}

_PLAIN = "select {keys}, {measure}, {count} from base group by all order by all"

_BY_PRICE = """
select {keys}, cast(price as decimal(38, 15)), {measure}, {count} from base
where price is not null group by all order by all
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


class Measurer:
    """Measures the windows of one database."""

    def __init__(self, queries: Queries, levels: LevelMeasurer) -> None:
        self._queries = queries
        self._levels = levels

    def quantities(self, asked_aggregate: AskedAggregate, window: int | None = None) -> list[tuple[int, Quantity]]:
        """Return what a reading finds, by window number, of all windows or one.

        Raises DuckDB's OutOfRangeException and ConversionException where values cannot be added up.
        """
        reading = asked_aggregate.reading
        if reading.transactions is not None:
            return list(self._transactions(asked_aggregate, window))
        if reading.by_price:
            return list(self._by_price(asked_aggregate, window))
        if asked_aggregate.is_level:
            return list(self._levels.quantities(asked_aggregate, window))
        return list(self._plain(asked_aggregate, window))

    def _plain(self, asked_aggregate: AskedAggregate, window: int | None) -> Iterator[tuple[int, Quantity]]:
        query = _PERCENTILE if asked_aggregate.aggregation is Aggregation.PERCENTILE else _PLAIN
        for number, *dimension, measured, events in self._rows(asked_aggregate, window, query):
            yield number, self._queries.quantity(asked_aggregate, number, dimension, Decimal(measured or 0), events)

    def _by_price(self, asked_aggregate: AskedAggregate, window: int | None) -> Iterator[tuple[int, Quantity]]:
        for key, group in groupby(self._rows(asked_aggregate, window, _BY_PRICE), key=lambda row: row[:-3]):
            rows = [(Decimal(price or 0), Decimal(measured or 0), number) for *_, price, measured, number in group]
            prices = tuple(PricedQuantity(unit_price=price, quantity=measured) for price, measured, _ in rows)
            whole = sum((priced.quantity for priced in prices), Decimal(0))
            events = sum(number for _, _, number in rows)
            yield key[0], self._queries.quantity(asked_aggregate, key[0], key[1:], whole, events, prices=prices)

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
            yield key[0], self._queries.quantity(asked_aggregate, key[0], key[1:], whole, events, tally=tally)

    def _rows(
        self, asked_aggregate: AskedAggregate, window: int | None, query: str, **parts: str
    ) -> list[tuple[Any, ...]]:
        measure = _MEASURES.get(asked_aggregate.aggregation, "").format(count=self._queries.count)
        if query is _PERCENTILE:
            parts["percentile"] = str(asked_aggregate.percentile)
        return self._queries.rows(asked_aggregate, window, query, measure=measure, **parts)


def _count(tally: TransactionTally, band: str, events: int, rest: Decimal, free: Decimal) -> TransactionTally:
    named = {"covered": "covered_events", "low": "low_events", "rated": "events", "high": "high_events"}
    amounts = {"low": "low_amount", "rated": "amount", "high": "high_amount"}
    changes: dict[str, Any] = {named[band]: events, "free_amount": tally.free_amount + free}
    if band in amounts:
        changes[amounts[band]] = rest
    return tally.model_copy(update=changes)
