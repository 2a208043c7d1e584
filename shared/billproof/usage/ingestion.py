"""Taking events in: every event of every message ends in the log or in quarantine, or its message goes back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from billproof.errors import BillproofError, ExternalServiceUnavailable
from billproof.nets import current, is_outside, named
from billproof.periods import instant_text
from billproof.ports import NewObject, Objects
from billproof.usage import log
from billproof.usage.buckets import Buckets
from billproof.usage.fast_path import plain_rows
from billproof.usage.keys import day_of
from billproof.usage.model import ControlTotal, Ingested, Quarantined, Reason, SegmentRow
from billproof.usage.reference_data import ReferenceDataCache
from billproof.usage.refused import readable_parts
from billproof.usage.refusing import Refused
from billproof.usage.sorting import Sorting
from billproof.usage.splitting import split_message, too_many
from billproof.usage.validation import (
    MAX_EVENTS_PER_MESSAGE,
    TypeRule,
    check_event,
    raw_bytes,
)

MOST_OBJECTS = 5_000
"""Objects that one call writes: past it, messages that are not taken yet go back to the queue for another call."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the usage-events queue. `sent_at` is the queue's own time: the same at every delivery."""

    id: str
    body: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a deployment accepts: the grace of `cut_off`, and how old an event may be, unless a meter takes older."""

    grace: timedelta
    most_age: timedelta


def ingest_usage(
    messages: Sequence[Message],
    *,
    objects: Objects,
    reference_data: ReferenceDataCache,
    buckets: Buckets,
    acceptance: Acceptance,
) -> tuple[Ingested, dict[str, BillproofError]]:
    """Write every event of the messages to the log or to quarantine; return the counts and the messages that failed.

    A message fails only where the store fails: it must then be delivered again. What an event looks like, or raises,
    never fails a message: it is quarantined, and its neighbours are stored.

    Marks carry the moment after the first writing, not that of receipt: an event that waited in the queue while its
    month was run was received in time and seen by nobody, and is found by its mark.
    """
    sorting = Sorting(buckets, acceptance.grace)
    call = _Call(sorting, reference_data, acceptance.most_age)
    failed: dict[str, BillproofError] = {}
    for message in messages:
        try:
            call.take(message)
        except BillproofError as error:
            if not is_outside(error):
                raise
            failed[message.id] = error
    segments = {log.new_object(prefix, lines): sorting.messages[prefix] for prefix, lines in sorting.lines.items()}
    failed |= _write(segments, objects)
    written = [new.key for new, names in segments.items() if failed.keys().isdisjoint(names)]
    failed |= _mark_late(sorting, written, reference_data.now(), objects)
    counts = Ingested(
        messages=len(messages),
        received=sorting.accepted + sorting.control_totals + sorting.quarantined,
        accepted=sorting.accepted,
        control_totals=sorting.control_totals,
        quarantined=sorting.quarantined,
        internal_errors=sorting.internal_errors,
        segments=len(sorting.lines),
    )
    return counts, failed


def _write(work: Mapping[NewObject, Iterable[str]], objects: Objects) -> dict[str, BillproofError]:
    """Write objects; return the messages of those that failed."""
    failed = objects.put_all(list(work))
    return {message: failed[new.key] for new, messages in work.items() if new.key in failed for message in messages}


def _mark_late(sorting: Sorting, written: Sequence[str], now: datetime, objects: Objects) -> dict[str, BillproofError]:
    """Leave the marks of late usage, the same ones however often the call is made; return the messages that failed."""
    late = sorting.late(now)
    if not late or not written:
        return {}
    try:
        first = datetime.fromisoformat(log.written_by(objects, written, instant_text(now)))
    except BillproofError as error:
        return {message: error for messages in late.values() for message in messages}
    marks = sorting.late(first)
    return _write(
        {log.new_mark(sorting.buckets.of(mark.account), mark): messages for mark, messages in marks.items()},
        objects,
    )


class _Call:
    """One call: it sorts messages event by event, and what an event raises is that event's own trouble."""

    def __init__(self, sorting: Sorting, reference_data: ReferenceDataCache, most_age: timedelta) -> None:
        self._sorting = sorting
        self._reference_data = reference_data
        self._most_age = most_age
        self._unknown: set[str] = set()

    def take(self, message: Message) -> None:
        """Sort a message's events; raises a fault of the store, and ExternalServiceUnavailable past MOST_OBJECTS."""
        if self._sorting.objects > MOST_OBJECTS:
            text = f"a call writes {MOST_OBJECTS} objects: this message waits for another call"
            raise ExternalServiceUnavailable(text)
        oldest = message.sent_at - self._most_age
        if self._take_whole(message, self._reference_data.rules(), oldest):
            return
        try:
            events = split_message(message.body)
        except Exception as error:
            if is_outside(error):
                raise
            self._quarantine(message, 0, raw_bytes(message.body), error)
            return
        if len(events) > MAX_EVENTS_PER_MESSAGE:
            for position, raw in enumerate(events):
                self._quarantine(message, position, raw, too_many(len(events)))
            return
        for position, raw in enumerate(events):
            self._take_event(raw, position, message, oldest)

    def _take_event(self, raw: bytes, position: int, message: Message, oldest: datetime) -> None:
        try:
            row = self._check(raw, position, message, oldest)
            if isinstance(row, ControlTotal):
                self._sorting.put(log.control_prefix(row.hour[:10]), row, message.id)
                self._sorting.control_totals += 1
            else:
                self._sorting.accept([row], message.id)
        except Exception as error:  # the last net: whatever an event raises
            if is_outside(error):
                raise
            self._quarantine(message, position, raw, error)

    def _take_whole(self, message: Message, rules: Mapping[str, TypeRule], oldest: datetime) -> bool:
        """Take a message of plain events as a whole; False where its events have to be looked at one by one."""
        knows = self._reference_data.knows_plainly
        try:
            rows = plain_rows(message.body, rules=rules, received_at=message.sent_at, oldest=oldest, knows=knows)
            if rows is None:
                return False
            self._sorting.accept(rows, message.id)
        except Exception as error:
            if is_outside(error):
                raise
            return False
        return True

    def _check(self, raw: bytes, position: int, message: Message, oldest: datetime) -> SegmentRow | ControlTotal:
        """Check one event; a type or account that is new to this call is looked up afresh, once."""
        data, unknown = self._reference_data, self._unknown

        def check(rules: Mapping[str, TypeRule]) -> SegmentRow | ControlTotal:
            return check_event(raw, rules=rules, received_at=message.sent_at, oldest=oldest, position=position)

        try:
            row = check(data.rules())
        except Refused as refused:
            if refused.reason is not Reason.UNKNOWN_TYPE or refused.detail in unknown:
                raise
            unknown.add(refused.detail)
            row = check(data.rules(fresh=True))
        if isinstance(row, ControlTotal):
            data.check_control_total(row.source, unknown)
            return row
        if not data.knows_event(row, unknown):
            detail = f"there is no account {row.account!r}"
            raise Refused(Reason.UNKNOWN_ACCOUNT, detail, row.account, row.time)
        return row

    def _quarantine(self, message: Message, position: int, raw: bytes, error: Exception) -> None:
        """Put an event in quarantine with what it raised."""
        refused = error if isinstance(error, Refused) else self._internal_error(error)
        parts = readable_parts(raw)
        time = refused.time or parts.time
        line = Quarantined(
            reason=refused.reason,
            detail=refused.detail,
            account=refused.account or parts.subject,
            time=time,
            received_at=instant_text(message.sent_at),
            message_id=message.id,
            position=position,
            raw=raw.decode(errors="backslashreplace"),
        )
        self._sorting.quarantined += 1
        self._sorting.put(log.quarantine_prefix(day_of(time)), line, message.id)

    def _internal_error(self, error: Exception) -> Refused:
        self._sorting.internal_errors += 1
        call = current()
        call.caught.append(error)
        return Refused(Reason.INTERNAL_ERROR, f"{named(error)}, trace {call.trace}")
