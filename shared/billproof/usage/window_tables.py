"""The windows of an aggregation as tables: their instants, what bounds them, and where each one's levels begin."""

import duckdb

from billproof.usage.earlier_lists import list_numbers
from billproof.usage.model import AFTER_ALL, AccountWindow, AggregationPlan, PartWindow
from billproof.usage.querying import WindowEdges

_INSERT_WINDOWS = (
    f"insert into windows select unnest(?::integer[]), {'unnest(?::varchar[]), ' * 6}"
    "unnest(?::boolean[]), unnest(?::integer[]), unnest(?::integer[]), unnest(?::varchar[])"
)
_INSERT_STARTS = "insert into starts select unnest(?::integer[]), unnest(?::integer[]), unnest(?::varchar[])"


def edges_of(plan: AggregationPlan) -> list[tuple[AccountWindow, WindowEdges]]:
    """Return the windows by their numbers: first the whole ones in their order, then their parts."""
    whole = [(window, WindowEdges("", window.start, window.end, window.days)) for window in plan.windows]
    parts = [
        (window, WindowEdges(part.name, part.start, part.end, _within(window.days, part), part.gaps))
        for window in plan.windows
        for part in window.parts
    ]
    return [*whole, *parts]


def owners_of(plan: AggregationPlan) -> list[int]:
    """Return the number of the whole window of each window."""
    numbers = {(window.account, window.period): number for number, window in enumerate(plan.windows)}
    return [numbers[window.account, window.period] for window, _ in edges_of(plan)]


def _within(days: tuple[str, ...], part: PartWindow) -> tuple[str, ...]:
    return tuple(day for day in days if part.start <= day <= part.end)


def write_tables(database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str]) -> None:
    """Make the tables `events` and `windows`, and `starts` of the windows that begin with a level."""
    columns = "".join(f", {column} varchar" for column in names.values())
    database.execute(
        "create temp table events (number integer, type varchar, sequence varchar, counts boolean, "
        f"verdict varchar{columns})"
    )
    database.execute(
        "create temp table windows (number integer, period varchar, account varchar, start_at varchar, end_at varchar, "
        "after_at varchar, before_at varchar, is_whole boolean, after_list integer, before_list integer, "
        "after_said varchar)"
    )
    lists = list_numbers(plan)
    rows = [
        (
            *(number, window.period, window.account, start, end),
            *(*_bounds(window), not edges.part, *_lists(window, lists), window.after),
        )
        for number, (window, edges) in enumerate(edges_of(plan))
        for start, end in edges.ranges
    ]
    if rows:
        values = [list(column) for column in zip(*rows, strict=True)]
        database.execute(_INSERT_WINDOWS, values)  # one statement: a row each would be planned and committed alone
    database.execute("create temp table starts (number integer, owner integer, start_at varchar)")
    starts = [
        (number, owner, start)
        for number, ((window, edges), owner) in enumerate(zip(edges_of(plan), owners_of(plan), strict=True))
        for start, _ in (edges.ranges if window.levels is not None else ())
    ]
    if starts:
        database.execute(_INSERT_STARTS, [list(column) for column in zip(*starts, strict=True)])


def _bounds(window: AccountWindow) -> tuple[str, str]:
    """Return the instants of receipt that bound a window; none where a list does."""
    after = "" if window.after_manifest else window.after
    before = "" if window.before_manifest else window.before
    return after, before or AFTER_ALL


def _lists(window: AccountWindow, numbers: dict[str, int]) -> tuple[int | None, int | None]:
    return numbers.get(window.after_manifest), numbers.get(window.before_manifest)
