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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property

from billproof.errors import NotFound, ObjectUnreadable
from billproof.identities import RunId
from billproof.ids import is_name
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.nets import is_outside
from billproof.periods import Period, instant_text, month_name, zone
from billproof.pipeline.artefacts import REFUSED, RUN_PLAN, Artefacts
from billproof.pipeline.model import PlanRequest
from billproof.pipeline.starting import is_closed, run_ids, run_key
from billproof.pipeline.turns import runs_in_turn
from billproof.ports import Objects, Records
from billproof.usage.model import Quarantined
from billproof.usage.refusal_model import PlaceKind, RefusedEvent, RunRefusals
from billproof.usage.refused import quarantined_lines, readable_parts, refused_id
from billproof.usage.validation import MAX_AHEAD

RUNS_LOOKED_AT = 24
"""Earlier runs of a legal entity, of any month, that are asked what they stated."""


class Attribution:
    """Says of a refused event whose it is, and of which month."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._accounts: dict[str, tuple[str, str] | None] = {}

    @cached_property
    def _entities(self) -> list[LegalEntity]:
        return sorted(self._directory.legal_entities(), key=lambda entity: entity.id)

    def of(self, line: Quarantined) -> tuple[str, RefusedEvent]:
        """Return the legal entity that a refused event is stated by, and the event."""
        parts = readable_parts(line.raw.encode(errors="replace"))
        account = line.account or parts.subject
        known = self._account(account) if account else None
        entity = known[0] if known else self._looks_after(parts.source)
        time_zone = known[1] if known else next(one.time_zone for one in self._entities if one.id == entity)
        time = line.time or parts.time
        kind, place = self._place(account if known else None, parts.source, entity)
        event = RefusedEvent(
            id=str(refused_id(line)),
            reason=line.reason,
            kind=kind,
            place=place,
            account=account,
            source=parts.source,
            event=parts.id,
            type=parts.type,
            time=time,
            period=_month_in(zone(time_zone), time, line.received_at),
            received_at=line.received_at,
        )
        return entity, event

    def _place(self, account: str | None, source: str | None, entity: str) -> tuple[PlaceKind, str]:
        if account is not None:
            return PlaceKind.ACCOUNT, account
        if source is not None:
            return PlaceKind.SOURCE, source
        return (PlaceKind.LEGAL_ENTITY, entity) if len(self._entities) == 1 else (PlaceKind.UNATTRIBUTED, "")

    def _looks_after(self, source: str | None) -> str:
        claimed = [entity.id for entity in self._entities if source is not None and source in entity.usage_sources]
        return next(iter(claimed or [entity.id for entity in self._entities]))

    def _account(self, account: str) -> tuple[str, str] | None:
        """Return an account's legal entity, and the time zone of its months; None where there is no such account."""
        if account not in self._accounts:
            self._accounts[account] = self._look_up(account)
        return self._accounts[account]

    def _look_up(self, account: str) -> tuple[str, str] | None:
        try:
            return self._known(account)
        except Exception as error:  # its master data no longer reads: that is its own trouble, and not its events'
            if is_outside(error):
                raise
            return None

    def _known(self, account: str) -> tuple[str, str] | None:
        known = self._directory.account(account) if is_name(account) else None
        if known is None:
            return None
        contracts = self._directory.contracts(account)
        entity = self._directory.legal_entity(known.legal_entity)
        return entity.id, contracts[0].time_zone if contracts else entity.time_zone


def _month_in(local: tzinfo, time: str | None, received_at: str) -> str:
    """Return the month of a time; that of its receipt where there is none, or one that cannot be right.

    A time whose local day is before the first of all has no month; one far ahead of its receipt would be of a month
    that no run bills for years.
    """
    received = datetime.fromisoformat(received_at)
    moment = datetime.fromisoformat(time) if time else received
    if moment > received + MAX_AHEAD:
        moment = received
    try:
        return month_name(moment.astimezone(local))
    except OverflowError:
        return month_name(received.astimezone(local))


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
    period, until = _planned(run, artefacts, runs, unreadable)
    try:
        return StatedRefusals(period, frozenset(artefacts.read(REFUSED, run).objects), until)
    except ObjectUnreadable:
        unreadable.append(REFUSED.key(run))
    except NotFound:
        pass
    return StatedRefusals(period, None, until)


def _planned(run: str, artefacts: Artefacts, runs: Records, unreadable: list[str]) -> tuple[str, str]:
    """Return the month of a run, "" where it was of some accounts only, and until when it was planned."""
    try:
        plan = artefacts.read(RUN_PLAN, run)
    except (ObjectUnreadable, NotFound):
        unreadable.append(RUN_PLAN.key(run))
        asked_for = runs.get(run_key(run)) or {}
        return "" if asked_for.get("only_accounts") else RunId.parse(run).period, asked_for.get("planned_at", "")
    return "" if plan.is_partial else plan.period.name, plan.received_before
