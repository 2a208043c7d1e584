"""Reading refused events: what can be read of one that is no event, whose it is, and what became of it.

    quarantine/day=<day>/<digest>.ndjson.zst      the lines, as they were refused
    dismissals/day=<day>/<id>.json                who dismissed one, and why

A refused event was resent where the log holds an event of the same source and id.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import msgspec
from pydantic import ValidationError

from billproof.errors import NotFound
from billproof.ids import digest
from billproof.model import canonical_model
from billproof.ports import Objects
from billproof.store_keys import RefusedId
from billproof.usage import log
from billproof.usage.buckets import Buckets
from billproof.usage.keys import day_of, usage_prefix
from billproof.usage.model import Quarantined, Reason
from billproof.usage.refusal_model import Dismissal, PlaceKind, RefusedEvent
from billproof.usage.refusing import Refused
from billproof.usage.validation import UNREADABLE, instant_of

TIME_REASONS = frozenset({Reason.NAIVE_TIME, Reason.BAD_TIME, Reason.FUTURE_TIME, Reason.OLD_TIME})
"""What is refused for its time is sent again with another one."""
MUCH_LATER = datetime(9000, 1, 1, tzinfo=UTC)


class ReadableParts(msgspec.Struct, frozen=True):
    """What can be read of an event that was refused; everything may be missing."""

    source: str | None = None
    id: str | None = None
    type: str | None = None
    subject: str | None = None
    time: str | None = None


_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)


def readable_parts(raw: bytes) -> ReadableParts:
    """Read what can be read of bytes that should have been an event; its time in UTC."""
    try:
        fields = {name: bytes(value) for name, value in _OBJECT.decode(raw).items()}
    except (msgspec.ValidationError, *UNREADABLE):
        fields = _almost_json(raw)
    texts: dict[str, str] = {}
    for name in ("source", "id", "type", "subject"):
        try:
            texts[name] = _TEXT.decode(fields[name])
        except (KeyError, msgspec.ValidationError, *UNREADABLE):
            continue
    try:
        texts["time"] = instant_of(fields["time"], MUCH_LATER)
    except (KeyError, Refused, *UNREADABLE):
        pass
    return ReadableParts(**{name: text for name, text in texts.items() if text})


def _almost_json(raw: bytes) -> dict[str, bytes]:
    """Return the texts of an object that only a lenient parser reads: with half a surrogate pair, NaN, a line feed."""
    try:
        read = json.loads(raw, strict=False, parse_int=str, parse_float=str, parse_constant=str)
        fields = read.items() if isinstance(read, dict) else ()
        return {name: json.dumps(text).encode() for name, text in fields if isinstance(text, str)}
    except (ValueError, RecursionError):
        return {}


def refused_id(line: Quarantined) -> RefusedId:
    """Return the id of a refused event: the same however often its message was delivered."""
    return RefusedId(day_of(line.time), digest([line.message_id, line.position, line.reason])[:16])


def quarantined_lines(objects: Objects, key: str) -> list[Quarantined] | None:
    """Return the lines of one object of the quarantine, those that found out about conflicts left out.

    A conflicting duplicate was accepted first: the counts of accepted events have it. None where the object is gone, or
    no longer holds the content that named it.
    """
    lines = log.intact_quarantined(objects, key)
    return None if lines is None else [line for line in lines if line.reason != Reason.CONFLICT]


def dismissals(
    objects: Objects, days: Iterable[str], unreadable: Callable[[str], object] = lambda _key: None
) -> dict[str, Dismissal]:
    """Return what was dismissed of some days, by the id of the event; `unreadable` is told of what no longer reads."""
    decisions: dict[str, Dismissal] = {}
    for day in sorted(set(days)):
        for key in objects.keys(_dismissals_prefix(day)):
            try:
                dismissal = Dismissal.model_validate_json(objects.get(key))
            except (ValidationError, NotFound):
                unreadable(key)
            else:
                decisions[dismissal.id] = dismissal
    return decisions


def dismiss(decision: Dismissal, objects: Objects) -> Dismissal:
    """Keep the decision about a refused event, or the one that was kept before; return the one that stands."""
    identity = RefusedId.parse(decision.id)
    key = f"{_dismissals_prefix(identity.day)}{identity.digest}.json"
    objects.create(key, canonical_model(decision))
    return Dismissal.model_validate_json(objects.get(key))


def find_refused(event: str, objects: Objects) -> Quarantined:
    """Return the line of a refused event; raises NotFound."""
    identity = RefusedId.parse(event)
    for line in log.read_quarantine(objects, identity.day):
        if refused_id(line) == identity:
            return line
    message = f"there is no refused event {event}"
    raise NotFound(message)


def _dismissals_prefix(day: str) -> str:
    return f"dismissals/day={day}/"


type Identity = tuple[str, str]
"""The source and the id of an event."""


def accepted_since(events: Iterable[RefusedEvent], *, objects: Objects, buckets: Buckets) -> Iterator[Identity]:
    """Yield which of some events the log holds, in the bucket of their account or, without one, in any.

    An event is looked for on its day. One that was refused for its time, or has none, is sent again with another: it is
    looked for on every day of the log.
    """
    wanted: dict[tuple[int, str], set[Identity]] = {}
    for event in events:
        if event.identity is None:
            continue
        has_another = event.time is None or event.reason in TIME_REASONS
        day = "" if has_another else day_of(event.time)
        is_known = event.kind is PlaceKind.ACCOUNT
        for bucket in buckets.holding(event.place) if is_known else buckets.every:
            wanted.setdefault((bucket, day), set()).add(event.identity)
    for (bucket, day), identities in sorted(wanted.items()):
        yield from _held(objects, usage_prefix(bucket, day), identities)


def _held(objects: Objects, prefix: str, identities: set[Identity]) -> Iterator[Identity]:
    """Yield which sources and ids the segments below a prefix hold; what is found is looked for no more."""
    missing = set(identities)
    for key in objects.keys(prefix):
        if not missing:
            return
        held = {(row.source, row.id) for row in log.read_intact(objects, key) or ()} & missing
        yield from held
        missing -= held
