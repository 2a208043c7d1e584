"""What a plan reads of each property of an event: its text, its quantity one by one, or the sum of its quantities."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billproof.masterdata.meters import NOT_NUMERIC, Aggregation
from billproof.usage.model import AggregationPlan, AskedAggregate
from billproof.usage.sql_texts import quantity_of

ADDED_UP = {Aggregation.COUNT, Aggregation.SUM, Aggregation.DISTINCT}
"""What comes to the same from events that were counted, added up and told apart before."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of the properties that a plan reads as text, as single quantities, and as sums."""

    texts: frozenset[str]
    singles: frozenset[str]
    sums: frozenset[str]


NO_ROLES = Roles(frozenset(), frozenset(), frozenset())
"""Of queries that read no property."""


def roles_of(plan: AggregationPlan, conditions: Iterable[Mapping[str, object]]) -> Roles:
    """Return what a plan reads of each property, its conditions too."""
    texts = {name for where in conditions for name in where}
    singles: set[str] = set()
    sums: set[str] = set()
    for asked_aggregate in (*plan.asked, *plan.stated):
        texts |= {*asked_aggregate.where, *asked_aggregate.reading.group_by}
    texts |= {stated.value_property for stated in plan.stated if stated.value_property is not None}
    for asked_aggregate in plan.asked:
        if asked_aggregate.price_property is not None:
            singles.add(asked_aggregate.price_property)
        if asked_aggregate.value_property is None:
            continue
        if asked_aggregate.aggregation is Aggregation.DISTINCT:
            texts.add(asked_aggregate.value_property)
        elif is_sum(asked_aggregate):
            sums.add(asked_aggregate.value_property)
        else:
            singles.add(asked_aggregate.value_property)
    return Roles(frozenset(texts), frozenset(singles), frozenset(sums))


def is_sum(asked_aggregate: AskedAggregate) -> bool:
    """Say whether a reading adds quantities up, whatever their order."""
    reading = asked_aggregate.reading
    is_added = asked_aggregate.aggregation is Aggregation.SUM
    return is_added and reading.transactions is None and not reading.by_day


def needs_order(plan: AggregationPlan) -> bool:
    """Say whether anything that a plan asks for depends on the order of events."""
    return (any(window.levels for window in plan.windows) and any(ask.is_level for ask in plan.asked)) or any(
        asked_aggregate.aggregation in {Aggregation.LATEST, Aggregation.WEIGHTED_SUM}
        or asked_aggregate.reading.by_day
        or asked_aggregate.reading.transactions is not None
        for asked_aggregate in plan.asked
    )


def adds_up(plan: AggregationPlan) -> bool:
    """Say whether all that a plan asks for comes to the same from events that were added up before."""
    return all(
        asked_aggregate.aggregation in ADDED_UP
        and asked_aggregate.reading.transactions is None
        and not asked_aggregate.reading.by_day
        for asked_aggregate in plan.asked
    )


def single_column(column: str) -> str:
    """Name the column of a property's single quantities."""
    return f"v_{column}"


def sum_column(column: str) -> str:
    """Name the column of the sums of a property's quantities."""
    return f"s_{column}"


def value_of(asked_aggregate: AskedAggregate, names: Mapping[str, str], *, is_typed: bool) -> str:
    """Write what an aggregate measures as SQL: of distinct values the text, else the quantity, null if it is none.

    An event without the price of its unit, which all of the meter must have, has no quantity either.
    """
    if asked_aggregate.value_property is None:
        return "null"
    column = names[asked_aggregate.value_property]
    if asked_aggregate.aggregation is Aggregation.DISTINCT:
        return column
    typed = sum_column(column) if is_sum(asked_aggregate) else single_column(column)
    value = _quantity(column, typed if is_typed else "")
    if asked_aggregate.price_property is None:
        return value
    return f"case when {price_of(asked_aggregate, names, is_typed=is_typed)} is not null then {value} end"


def price_of(asked_aggregate: AskedAggregate, names: Mapping[str, str], *, is_typed: bool) -> str:
    """Write the price of what an aggregate measures as SQL."""
    if asked_aggregate.price_property is None:
        return "null"
    column = names[asked_aggregate.price_property]
    return _quantity(column, single_column(column) if is_typed else "")


def unread_of(asked_aggregate: AskedAggregate, names: Mapping[str, str], *, is_typed: bool) -> str:
    """Write as SQL whether an event has no value that ingestion would take for the meter: none is measured, then.

    An event without its value contributes nothing; without the price that all must have it is refused.
    """
    if asked_aggregate.value_property is None or asked_aggregate.aggregation in NOT_NUMERIC:
        return "false"
    value = value_of(asked_aggregate, names, is_typed=is_typed)
    unread = f"({names[asked_aggregate.value_property]} is not null and {value} is null)"
    if asked_aggregate.price_property is None:
        return unread
    return f"({unread} or {price_of(asked_aggregate, names, is_typed=is_typed)} is null)"


def _quantity(column: str, typed: str) -> str:
    """Write the quantity of a property: that of its typed column, else that of its text."""
    return f"coalesce({typed}, {quantity_of(column)})" if typed else quantity_of(column)
