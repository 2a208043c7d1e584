"""Where the events of each window went: judged, and sorted by what the account's contracts say of their type."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import duckdb

from billproof.ids import canonical_json
from billproof.usage.model import AggregationPlan, EventCounts
from billproof.usage.querying import condition

_COUNTED = "select number, type, verdict, {count}{columns} from events where counts group by all order by all"


def conditions(plan: AggregationPlan) -> list[dict[str, tuple[str, ...]]]:
    """Return the conditions under which events of any type count, each once; those that all meet are left out."""
    texts = {text for window in plan.windows for of_type in window.metered.values() for text in of_type}
    return [
        {name: tuple(values) for name, values in json.loads(text).items()} for text in sorted(texts) if text != "{}"
    ]


@dataclass
class Tally:
    """Events of one window by verdict, and those that were kept by what the contract says of their type."""

    verdicts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    metered: dict[str, int] = field(default_factory=dict)
    excluded: dict[str, int] = field(default_factory=dict)
    orphan: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> EventCounts:
        """The numbers alone."""
        named = ("duplicate", "conflicting", "late", "corrected", "retraction", "unmatched")
        return EventCounts(
            copies=sum(self.verdicts.values()),
            metered=sum(self.metered.values()),
            excluded=sum(self.excluded.values()),
            orphan=sum(self.orphan.values()),
            **{verdict: self.verdicts[verdict] for verdict in named},
        )


def tallies(
    database: duckdb.DuckDBPyConnection, plan: AggregationPlan, names: dict[str, str], count: str
) -> list[Tally]:
    """Count the events of every window: metered where a condition of their type holds, excluded, or orphan."""
    parameters: dict[str, Any] = {}
    columns, texts = [], ["{}"]
    for number, where in enumerate(conditions(plan)):
        clause, values = condition(where, names, prefix=f"c{number}")
        columns.append(f", {clause}")
        texts.append(canonical_json(where).decode())
        parameters |= values
    window_tallies = [Tally() for _ in plan.windows]
    query = _COUNTED.format(columns="".join(columns), count=count)
    for number, kind, verdict, events, *holds in database.execute(query, parameters).fetchall():
        window, tally = plan.windows[number], window_tallies[number]
        tally.verdicts[verdict] += events
        if verdict != "kept":
            continue
        met = {text for text, is_met in zip(texts, [True, *holds], strict=True) if is_met}
        place = tally.orphan
        if kind in window.excluded_types:
            place = tally.excluded
        elif met & set(window.metered.get(kind, ())):
            place = tally.metered
        place[kind] = place.get(kind, 0) + events
    return window_tallies
