"""The lists of earlier runs that the windows of a plan name: what was billed of a window, and what is counted yet."""

from collections.abc import Container, Mapping, Sequence
from pathlib import Path

import duckdb

from billproof.errors import ObjectUnreadable
from billproof.ports import Objects
from billproof.usage.manifests import seen_by
from billproof.usage.model import AggregationPlan

FILES = "create or replace temp table files (path varchar, number integer)"


def number_files(database: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Give the segments at hand numbers, by their places, for copies to name theirs."""
    database.execute(FILES)
    paths = [str(path) for path in files]
    database.execute("insert into files select unnest(?), unnest(?)", [paths, list(range(len(paths)))])


def list_numbers(plan: AggregationPlan) -> dict[str, int]:
    """Give the lists of earlier runs that the windows of a plan name a number each."""
    named = {name for window in plan.windows for name in (window.after_manifest, window.before_manifest)}
    return {key: number for number, key in enumerate(sorted(named - {""}))}


class Lists:
    """The lists of earlier runs that a plan's windows name, by number, and the segments at hand that they hold.

    seen(segment, list)      bounds(account, list): what the account's released invoice was made from

    `segments` holds the names by list. `unreadable` holds, by list, what of it does not read: it counts as empty.
    """

    def __init__(self, plan: AggregationPlan, objects: Objects, *, lacking: Container[str] = ()) -> None:
        self._numbers = list_numbers(plan)
        self.unreadable: dict[str, str] = {}
        self.segments = {key: self._seen_by(objects, key, lacking) for key in self._numbers}
        self._bounds = {
            (window.account, self._numbers[window.before_manifest]) for window in plan.windows if window.before_manifest
        }

    def _seen_by(self, objects: Objects, key: str, lacking: Container[str]) -> frozenset[str]:
        try:
            return seen_by(objects, key, lacking=lacking)
        except ObjectUnreadable as error:
            self.unreadable[key] = error.key
            return frozenset()

    @property
    def are_named(self) -> bool:
        """Whether any window names a list."""
        return bool(self._numbers)

    @property
    def have_bounds(self) -> bool:
        """Whether an account's invoice is released, so that what came after it ranks behind."""
        return bool(self._bounds)

    def prepare(self, database: duckdb.DuckDBPyConnection) -> None:
        """Make the tables."""
        database.execute(FILES)
        database.execute("create temp table seen (segment integer, list integer)")
        database.execute("create temp table bounds (account varchar, list integer)")
        if self._bounds:
            accounts, numbers = zip(*sorted(self._bounds), strict=True)
            database.execute("insert into bounds select unnest(?), unnest(?)", [list(accounts), list(numbers)])

    def enter(
        self, database: duckdb.DuckDBPyConnection, files: Mapping[str, Path], covered: Sequence[str] = ()
    ) -> None:
        """Enter the segments at hand, then those that compacted days cover, and which list holds which."""
        if not self.are_named:
            return
        database.execute("delete from seen")
        number_files(database, list(files.values()))
        pairs = [
            (segment, number)
            for segment, key in enumerate([*files, *covered])
            for manifest, number in self._numbers.items()
            if key in self.segments[manifest]
        ]
        if pairs:
            segments, numbers = zip(*pairs, strict=True)
            database.execute("insert into seen select unnest(?), unnest(?)", [list(segments), list(numbers)])
