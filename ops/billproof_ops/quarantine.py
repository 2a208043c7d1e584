"""What the command does with refused events: list them as they are now, send them again, dismiss them."""

from collections.abc import Iterable

from billproof.adapters.aws.clients import client
from billproof.pipeline.attribution import Attribution
from billproof.pipeline.quarantine import states_of
from billproof.pipeline.refusals import Quarantine, refused_of_month
from billproof.usage.refusal_model import Dismissal, RefusedEvent, RefusedState
from billproof.usage.refused import accepted_since, find_refused
from billproof_ops import api
from billproof_ops.model import Shown
from billproof_ops.target import Target


class RefusedRow(Shown):
    """A refused event in a list, as it stands now."""

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


class RefusedRows(Shown):
    """The refused events of a month, and the objects of the quarantine that could not be read."""

    rows: tuple[RefusedRow, ...]
    unreadable: tuple[str, ...]


def rows(target: Target, legal_entity: str, period: str, *, all_of_them: bool) -> RefusedRows:
    """Return the refused events of a legal entity and month: those that wait for a person, or all."""
    objects = target.ports.objects
    quarantine, broken = Quarantine(objects), list[str]()
    events = refused_of_month(legal_entity, period, directory=target.ports.directory, quarantine=quarantine)
    resent = set(accepted_since(events, objects=objects, buckets=target.ports.buckets()))
    states = states_of(events, resent, objects, broken.append)
    listed = [_row(event, *states[event.id]) for event in events]
    wanted = tuple(row for row in listed if all_of_them or row.state is RefusedState.OPEN)
    return RefusedRows(rows=wanted, unreadable=(*quarantine.unreadable, *broken))


def _row(event: RefusedEvent, state: RefusedState, said: str) -> RefusedRow:
    fields = event.model_dump(include={"id", "reason", "kind", "place", "time", "source", "event"})
    return RefusedRow(**fields, state=state, said=said)


def details(target: Target, event: str) -> RefusedDetails:
    """Return a refused event as it came, whose it is, and what became of it; raises NotFound."""
    objects = target.ports.objects
    line = find_refused(event, objects)
    legal_entity, refused = Attribution(target.ports.directory).of(line)
    resent = set(accepted_since([refused], objects=objects, buckets=target.ports.buckets()))
    row = _row(refused, *states_of([refused], resent, objects)[refused.id])
    return RefusedDetails(
        **row.model_dump(),
        legal_entity=legal_entity,
        period=refused.period,
        why=line.detail,
        received_at=line.received_at,
        raw=line.raw,
    )


def dismiss_event(target: Target, event: str, *, who: str | None, reason: str) -> Dismissal:
    """Dismiss a refused event, as the person whose credentials the command has. Raises RefusedCall and WrongUse."""
    request = {"event": event, "reason": reason}
    return Dismissal.model_validate(api.call(target, api.DISMISS, request, who=who))


def resend(target: Target, events: Iterable[str]) -> int:
    """Send refused events again, as they came; return how many. It is safe to repeat: an event counts once."""
    sent = 0
    for event in events:
        line = find_refused(event, target.ports.objects)
        client("sqs").send_message(QueueUrl=target.outputs["UsageEventsQueueUrl"], MessageBody=line.raw)
        sent += 1
    return sent
