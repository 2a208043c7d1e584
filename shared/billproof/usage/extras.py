"""What aggregation notes besides the usage: conflicts, tallies by source, refused events that came again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from billproof.usage.judging import conflicts
from billproof.usage.model import AggregationPlan, Quarantined
from billproof.usage.plain_rows import Select
from billproof.usage.profiles import Profile
from billproof.usage.profiling import Profiling
from billproof.usage.source_tallies import SourceTallying
from billproof.usage.tallies import DayTally, HourTally

_COPIES_AND_PLAIN = "(select source, id from copies union all select source, id from ({plain}))"

_RESENT = """
select distinct source, id from {copies}
semi join (select unnest($sources::varchar[]) as source, unnest($ids::varchar[]) as id) using (source, id)
"""


@dataclass
class Extras:
    """What aggregation notes besides the usage, for who asks: conflicts to quarantine, and tallies by source.

    `refused` are the sources and ids of refused events; those that were accepted since are `resent`. `unreadable` is
    what of an earlier run no longer reads. Of the `other_sources` hours and days have one name (source_tallies.py).
    """

    refused: Sequence[tuple[str, str]] = ()
    resent: set[tuple[str, str]] = field(default_factory=set)
    conflicts: list[Quarantined] = field(default_factory=list)
    hours: list[HourTally] = field(default_factory=list)
    days: list[DayTally] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    other_sources: int = 0
    _sources: SourceTallying | None = field(default=None, repr=False, compare=False)
    _profiling: Profiling | None = field(default=None, repr=False, compare=False)

    def add(
        self,
        database: duckdb.DuckDBPyConnection,
        plan: AggregationPlan,
        names: dict[str, str],
        plain: Select | None = None,
        days: Select | None = None,
    ) -> None:
        """Note what the days at hand hold: the view `judged`, and the plain rows of those that are compacted.

        `days` is the query of the plain rows by source, type, day and window.
        """
        self._profiling = self._profiling or Profiling(database, plan, names)
        self._profiling.add(plain)
        self.conflicts += conflicts(database)
        self.resent |= _resent(database, self.refused, _copies(plain))
        self._sources = self._sources or SourceTallying(database, plan, names)
        self._sources.add(plain, days)

    def end(self, unreadable: Sequence[str]) -> None:
        """Note what all days came to, and what of an earlier run no longer reads."""
        self.unreadable += unreadable
        self.profiles = self._profiling.profiles() if self._profiling is not None else []
        if self._sources is not None:
            self.hours, self.days, self.other_sources = self._sources.end()


def _copies(plain: Select | None) -> Select:
    """Return the rows of the table `copies` and the plain ones."""
    if plain is None:
        return Select("copies", {})
    return Select(_COPIES_AND_PLAIN.format(plain=plain.text), plain.parameters)


def _resent(
    database: duckdb.DuckDBPyConnection, refused: Sequence[tuple[str, str]], copies: Select
) -> set[tuple[str, str]]:
    """Return which refused events are among the copies at hand."""
    if not refused:
        return set()
    sources, ids = (list(column) for column in zip(*refused, strict=True))
    parameters = {"sources": sources, "ids": ids, **copies.parameters}
    return set(database.execute(_RESENT.format(copies=copies.text), parameters).fetchall())
