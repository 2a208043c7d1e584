"""Validation of usage events. Strict patterns come first, since every parser accepts more than it should."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import msgspec

from billproof.masterdata.meters import Meter
from billproof.model import without_excess_zeros
from billproof.periods import TIME, instant_text
from billproof.quantities import WRITTEN_QUANTITY
from billproof.usage.model import CONTROL_TOTAL, ControlTotal, Reason, SegmentRow, UsageEvent
from billproof.usage.refusing import Refused

MAX_EVENT_BYTES = 64 * 1024
MAX_EVENTS_PER_MESSAGE = 1_000
MAX_AHEAD = timedelta(hours=24)
"""How far a source's clock may run ahead of ours before an event counts as far in the future."""

QUANTITY = re.compile(WRITTEN_QUANTITY)
_LEAP_SECOND = re.compile(r"(.{17})60(.*)")
_LAST_SECOND = "T23:59:59"
WHOLE = re.compile(r"(0|[1-9][0-9]{0,17})")
_TOO_PRECISE = re.compile(r"[0-9]+\.[0-9]{16,}")
_TOO_LARGE = re.compile(r"[0-9]{24,}(\.[0-9]+)?")
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")
_NON_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not JSON, and for hostile, deeply nested JSON."""
_EVENT = msgspec.json.Decoder(UsageEvent)
_TEXT = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What the meters of an event type ask of its data: property -> must it be there."""

    quantities: Mapping[str, bool]
    required: frozenset[str]
    accepts_from: datetime | None = None

    def floor(self, oldest: datetime) -> datetime:
        """Return the first instant that is accepted, where others are accepted from `oldest` on."""
        return oldest if self.accepts_from is None else min(oldest, self.accepts_from)


def type_rules(meters: Iterable[Meter]) -> dict[str, TypeRule]:
    """Gather what the meters ask, by event type."""
    numeric: dict[str, dict[str, bool]] = {}
    required: dict[str, set[str]] = {}
    first: dict[str, datetime] = {}
    for meter in meters:
        if meter.accepts_from is not None:
            start = datetime.combine(meter.accepts_from, time.min, tzinfo=UTC)
            first[meter.event_type] = min(start, first.get(meter.event_type, start))
        numeric.setdefault(meter.event_type, {})
        required.setdefault(meter.event_type, set())
        if meter.value_property is None:
            continue
        if meter.is_numeric:
            properties = numeric[meter.event_type]
            properties[meter.value_property] = properties.get(meter.value_property, False) or meter.required
        if meter.price_property is not None:
            numeric[meter.event_type][meter.price_property] = True
            required[meter.event_type].add(meter.price_property)
        if meter.required:
            required[meter.event_type].add(meter.value_property)
    return {kind: TypeRule(numeric[kind], frozenset(required[kind]), first.get(kind)) for kind in numeric}


def raw_bytes(body: str) -> bytes:
    """Return a body's bytes; half a surrogate pair, which is no text, stays as it is and is refused as no JSON."""
    return body.encode(errors="surrogatepass")


def check_event(
    raw: bytes, *, rules: Mapping[str, TypeRule], received_at: datetime, oldest: datetime, position: int = 0
) -> SegmentRow | ControlTotal:
    """Turn one raw event into the row that the log keeps; raises Refused with the reason otherwise.

    Times before `oldest` are refused unless a meter accepts them; those of control totals, unless any meter does.
    `position` is its place in its message. Whether the account exists is not asked here: it needs a look-up.
    """
    if len(raw) > MAX_EVENT_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(raw)} bytes, at most {MAX_EVENT_BYTES} are taken")
    event = _decode(raw)
    if event.specversion != "1.0" or not event.id or not event.source or not event.subject:
        detail = "specversion must be 1.0; id, source and subject (the account) must not be empty"
        raise Refused(Reason.NOT_A_CLOUDEVENT, detail, event.subject)
    try:
        when = instant_of(bytes(event.time), received_at)
        if event.type == CONTROL_TOTAL:
            _refuse_too_old(when, min((rule.floor(oldest) for rule in rules.values()), default=oldest))
            return _control_total(event, when, received_at)
        _refuse_bad_correction(event, when)
        rule = _rule(rules, event.type, when)
        _refuse_too_old(when, rule.floor(oldest))
        data = {} if event.retracts is not None else _properties(event.data, rule, when)
    except UNREADABLE as error:
        raise Refused(Reason.UNPARSABLE, str(error), event.subject) from None
    except Refused as refused:
        refused.account = event.subject
        raise
    return SegmentRow(
        source=event.source,
        id=event.id,
        type=event.type,
        account=event.subject,
        time=when,
        received_at=instant_text(received_at),
        position=position,
        data=data,
        corrects=event.corrects,
        retracts=event.retracts,
    )


def _control_total(event: UsageEvent, time: str, received_at: datetime) -> ControlTotal:
    """Read a control total: subject is the meter, time the hour's start, data its count and, if it sums, its sum."""
    if time[13:] != ":00:00.000000Z":
        raise Refused(Reason.BAD_TIME, f"{time} does not start an hour", time=time)
    values = {name: text for name, raw in event.data.items() if (text := _value(bytes(raw))) is not None}
    for name in ("count", "sum"):
        if name == "count" and name not in values:
            raise Refused(Reason.MISSING_QUANTITY, "data has no count", time=time)
        if name in values and not (WHOLE if name == "count" else QUANTITY).fullmatch(values[name]):
            raise _not_a_quantity(name, values[name], time)
    return ControlTotal(
        source=event.source,
        id=event.id,
        meter=event.subject,
        hour=time[:13],
        count=values["count"],
        sum=values.get("sum"),
        received_at=instant_text(received_at),
    )


def _refuse_too_old(when: str, floor: datetime) -> None:
    if when < instant_text(floor):
        detail = (
            f"{when} is before {instant_text(floor)}: an older one is accepted where a meter's accepts_from says so"
        )
        raise Refused(Reason.OLD_TIME, detail, time=when)


def _refuse_bad_correction(event: UsageEvent, time: str) -> None:
    """Refuse an event that corrects and retracts at once, names nothing, or names itself."""
    named = [name for name in (event.corrects, event.retracts) if name is not None]
    if len(named) > 1 or "" in named or event.id in named:
        detail = "corrects or retracts (not both) must be the id of another event"
        raise Refused(Reason.BAD_CORRECTION, detail, time=time)


def _rule(rules: Mapping[str, TypeRule], kind: str, time: str) -> TypeRule:
    rule = rules.get(kind)
    if rule is None:
        raise Refused(Reason.UNKNOWN_TYPE, f"no meter reads events of type {kind!r}", time=time)
    return rule


def _decode(raw: bytes) -> UsageEvent:
    try:
        return _EVENT.decode(raw)
    except msgspec.ValidationError as error:
        raise Refused(Reason.NOT_A_CLOUDEVENT, str(error)) from None
    except UNREADABLE as error:
        raise Refused(Reason.UNPARSABLE, str(error)) from None


def instant_of(raw: bytes, received_at: datetime) -> str:
    """Read a time of RFC 3339 as text in UTC; raises Refused."""
    try:
        text = _TEXT.decode(raw)
    except msgspec.ValidationError:
        text = ""
    match = TIME.fullmatch(text)
    if not match:
        raise Refused(Reason.BAD_TIME, f"{raw.decode()} is not a time of RFC 3339, such as 2013-01-31T23:59:00-05:00")
    if match[2] is None:
        raise Refused(Reason.NAIVE_TIME, f"{text} has no zone: end it with Z or an offset")
    leap = _LEAP_SECOND.fullmatch(text)
    try:
        moment = datetime.fromisoformat((f"{leap[1]}59{leap[2]}" if leap else text).upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused(Reason.BAD_TIME, f"{text}: {error}") from None
    time = instant_text(moment)
    if leap and _LAST_SECOND not in time:  # RFC 3339, 5.7: only the last minute of a day in UTC can have 61 seconds
        raise Refused(Reason.BAD_TIME, f"{text}: a leap second is 23:59:60 in UTC")
    if moment > received_at + MAX_AHEAD:
        raise Refused(Reason.FUTURE_TIME, f"{text} is more than {MAX_AHEAD} after it was received", time=time)
    return time


def _properties(data: dict[str, msgspec.Raw], rule: TypeRule, time: str) -> dict[str, str]:
    values = {name: text for name, raw in data.items() if (text := _value(bytes(raw))) is not None}
    missing = rule.required - values.keys()
    if missing:
        raise Refused(Reason.MISSING_QUANTITY, f"data has no {', '.join(sorted(missing))}", time=time)
    for name in rule.quantities:
        text = values.get(name)
        if text is not None and not QUANTITY.fullmatch(text):
            raise _not_a_quantity(name, text, time)
        if text is not None:
            values[name] = without_excess_zeros(text)
    return values


def _value(raw: bytes) -> str | None:
    """Return a property's text: of a string its content, of anything else what stands in the JSON; null is absent."""
    if raw == b"null":
        return None
    return _TEXT.decode(raw) if raw.startswith(b'"') else raw.decode()


def _not_a_quantity(name: str, text: str, time: str) -> Refused:
    field = f"data.{name}"
    return Refused(_why_not_a_quantity(text), f"{field} is {text[:80]!r}", time=time, field=field)


def _why_not_a_quantity(text: str) -> Reason:
    for pattern, reason in (
        (_NEGATIVE, Reason.NEGATIVE_QUANTITY),
        (_NON_FINITE, Reason.NON_FINITE_QUANTITY),
        (_TOO_LARGE, Reason.QUANTITY_TOO_LARGE),
        (_TOO_PRECISE, Reason.TOO_PRECISE),
    ):
        if pattern.fullmatch(text):
            return reason
    return Reason.MALFORMED_QUANTITY
