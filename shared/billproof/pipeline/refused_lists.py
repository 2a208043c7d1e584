"""Refused events as people work through them: a month's list as it is now, one of them as it came, sending it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from billproof.model import Model
from billproof.pipeline.attribution import Attribution
from billproof.pipeline.quarantine import states_of
from billproof.pipeline.refusals import Quarantine, refused_of_month
from billproof.ports import Objects
from billproof.usage.buckets import Buckets
from billproof.usage.refusal_model import RefusedEvent, RefusedState
from billproof.usage.refused import accepted_since, find_refused

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory


class RefusedRow(Model):
    """A refused event in a list, as it stands now; `said` is who dismissed it and why."""

    id: str
    state: RefusedState
    reason: str
    kind: str
    place: str
    time: str | None
    source: str | None
    event: str | None
    said: str


class RefusedDetails(RefusedRow):
    """A refused event as it came, and as it stands now; `why` says what is wrong with it."""

    legal_entity: str
    period: str
    why: str
    received_at: str
    raw: str


class RefusedRows(Model):
    """The refused events of a month, and the objects of the quarantine that could not be read."""

    rows: tuple[RefusedRow, ...]
    unreadable: tuple[str, ...]


def refused_rows(
    legal_entity: str, period: str, *, directory: Directory, objects: Objects, buckets: Buckets, all_of_them: bool
) -> RefusedRows:
    """Return the refused events of a legal entity and month: those that wait for a person, or all."""
    quarantine, broken = Quarantine(objects), list[str]()
    events = refused_of_month(legal_entity, period, directory=directory, quarantine=quarantine)
    listed = _rows(events, objects, buckets, broken)
    wanted = tuple(row for row in listed if all_of_them or row.state is RefusedState.OPEN)
    return RefusedRows(rows=wanted, unreadable=(*quarantine.unreadable, *broken))


def refused_details(event: str, *, directory: Directory, objects: Objects, buckets: Buckets) -> RefusedDetails:
    """Return a refused event as it came, whose it is, and what became of it; raises NotFound."""
    line = find_refused(event, objects)
    legal_entity, refused = Attribution(directory).of(line)
    (row,) = _rows([refused], objects, buckets, [])
    return RefusedDetails(
        **row.model_dump(),
        legal_entity=legal_entity,
        period=refused.period,
        why=line.detail,
        received_at=line.received_at,
        raw=line.raw,
    )


def _rows(events: Iterable[RefusedEvent], objects: Objects, buckets: Buckets, broken: list[str]) -> list[RefusedRow]:
    known = list(events)
    resent = set(accepted_since(known, objects=objects, buckets=buckets))
    states = states_of(known, resent, objects, broken.append)
    return [_row(event, *states[event.id]) for event in known]


def _row(event: RefusedEvent, state: RefusedState, said: str) -> RefusedRow:
    fields = event.model_dump(include={"id", "reason", "kind", "place", "time", "source", "event"})
    return RefusedRow(**fields, state=state, said=said)
