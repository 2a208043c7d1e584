"""The refused events that a run states: listed while it is planned, each in exactly one run.

    months       | January                | February
    refused        a       b                 c
    received         a               b         c
    runs                          January            February
    stated                        a                  c, and b as late

What lies in quarantine when a run is planned is listed. An event belongs to the first run of its month; where that run
had not seen it, to the next run of a later month, as late. A repeated run states what the first one did. An event of no
account that is known belongs to the legal entity that looks after its source (`usage_sources`), else to the first of
all by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from billproof.errors import NotFound, ObjectUnreadable
from billproof.identities import RunId
from billproof.periods import Period, instant_text
from billproof.pipeline.artefacts import REFUSED, RUN_PLAN, Artefacts
from billproof.pipeline.attribution import Attribution
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.starting import is_closed, run_ids, run_key
from billproof.pipeline.turns import runs_in_turn
from billproof.ports import Objects, Records
from billproof.usage.model import Quarantined
from billproof.usage.refusal_model import PlaceKind, RefusedEvent, RunRefusals
from billproof.usage.refused import quarantined_lines

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory

RUNS_LOOKED_AT = 24
"""Earlier runs of a legal entity, of any month, that are asked what they stated."""


@dataclass(frozen=True, slots=True)
class StatedRefusals:
    """What an earlier run of a month had seen of the quarantine: a list, or (a run of before) an instant of receipt."""

    period: str
    objects: frozenset[str] | None
    until: str

    def has_seen(self, key: str, event: RefusedEvent) -> bool:
        """Say whether it had seen an event that an object holds."""
        return event.received_at < self.until if self.objects is None else key in self.objects

    def states(self, key: str, event: RefusedEvent) -> bool:
        """Say whether the event is in its statement: of its month, or late."""
        return self.period >= event.period and self.has_seen(key, event)


class Quarantine:
    """The objects of the quarantine: those that were read, and those that no longer hold what named them."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self.read: list[str] = []
        self.unreadable: list[str] = []

    def lines(self) -> Iterator[tuple[str, Quarantined]]:
        """Yield every refused event with the key of its object; what cannot be read is its own trouble only."""
        for key in self._objects.keys("quarantine/"):
            lines = quarantined_lines(self._objects, key)
            (self.unreadable if lines is None else self.read).append(key)
            yield from ((key, line) for line in lines or ())


def plan_refusals(
    request: PlanRequest,
    accounts: Iterable[str],
    *,
    directory: Directory,
    objects: Objects,
    runs: Records,
    now: datetime,
) -> RunRefusals:
    """List what lies in quarantine now, and what of it a run states; of some accounts only what is theirs."""
    quarantine = Quarantine(objects)
    artefacts = Artefacts(objects)
    stated = [_stated(run, artefacts, runs, quarantine.unreadable) for run in _earlier_runs(request, runs)]
    first, before = _bounds(stated, request.period)
    only = set(accounts) if request.only_accounts else None
    attribution = Attribution(directory)
    events = []
    for key, line in quarantine.lines():
        entity, event = attribution.of(line)
        if entity != request.legal_entity or event.period > request.period:
            continue
        if (first is not None and not first.has_seen(key, event)) or any(one.states(key, event) for one in before):
            continue
        if only is None or (event.kind is PlaceKind.ACCOUNT and event.place in only):
            events.append(event.model_copy(update={"is_late": event.period < request.period}))
    return RunRefusals(
        run=request.run_id,
        legal_entity=request.legal_entity,
        period=request.period,
        planned_at=instant_text(now),
        objects=tuple(quarantine.read),
        events=tuple(_once(events)),
        unreadable=tuple(quarantine.unreadable),
    )


def refused_of_month(
    legal_entity: str, period: str, *, directory: Directory, quarantine: Quarantine
) -> list[RefusedEvent]:
    """Return the refused events of a legal entity and month as they are known now, by their ids."""
    attribution = Attribution(directory)
    attributed = (attribution.of(line) for _, line in quarantine.lines())
    return list(_once([event for entity, event in attributed if (entity, event.period) == (legal_entity, period)]))


def _bounds(stated: Sequence[StatedRefusals], period: str) -> tuple[StatedRefusals | None, Sequence[StatedRefusals]]:
    """Return the first run of a month, whose statement a later one repeats, and the first runs of others before it."""
    firsts: dict[str, StatedRefusals] = {}
    for one in stated:
        if one.period == period:
            return one, list(firsts.values())
        if one.period:  # a run of some accounts states nothing for good
            firsts.setdefault(one.period, one)
    return None, list(firsts.values())


def _once(events: Sequence[RefusedEvent]) -> Iterator[RefusedEvent]:
    """Yield each event once: a message that was delivered again may lie in two objects."""
    by_id = {event.id: event for event in events}
    yield from sorted(by_id.values(), key=lambda event: event.id)


def _earlier_runs(request: PlanRequest, runs: Records) -> list[str]:
    """Return the closed runs of a legal entity before a run, oldest first; those of before turns by their months."""
    before = Period.month_ending(Period.month(request.period).start).name
    of_months = [run for month in (before, request.period) for run in run_ids(runs, request.legal_entity, month)]
    in_turn = runs_in_turn(runs, request.legal_entity, limit=RUNS_LOOKED_AT)
    ordered = [*(run for run in of_months if run not in in_turn), *in_turn]
    earlier = ordered[: ordered.index(request.run_id)] if request.run_id in ordered else ordered
    return [run for run in earlier if is_closed(runs, run)]


def _stated(run: str, artefacts: Artefacts, runs: Records, unreadable: list[str]) -> StatedRefusals:
    """Return what an earlier run had seen; where its artefacts no longer read, by when it was planned."""
    period, until, is_listed = _planned(run, artefacts, runs, unreadable)
    try:
        return StatedRefusals(period, frozenset(artefacts.read(REFUSED, run).objects), until)
    except ObjectUnreadable:
        unreadable.append(REFUSED.key(run))
    except NotFound:
        unreadable += [REFUSED.key(run)] if is_listed else []
    return StatedRefusals(period, None, until)


def _planned(run: str, artefacts: Artefacts, runs: Records, unreadable: list[str]) -> tuple[str, str, bool]:
    """Return the month of a run ("": of some accounts), until when it was planned, and whether it lists refusals."""
    try:
        plan = artefacts.read(RUN_PLAN, run)
    except (ObjectUnreadable, NotFound):
        unreadable.append(RUN_PLAN.key(run))
        asked_for = runs.get(run_key(run)) or {}
        period = "" if asked_for.get("only_accounts") else RunId.parse(run).period
        return period, asked_for.get("planned_at", ""), False
    return "" if plan.is_partial else plan.period.name, plan.received_before, REFUSED.name in plan.lists
