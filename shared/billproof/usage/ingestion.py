"""Taking events in: every event of every message ends in the log or in quarantine, or its message goes back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from billproof.errors import BillproofError, ExternalServiceUnavailable
from billproof.ids import is_name
from billproof.masterdata.directory import Directory
from billproof.nets import current, is_outside, named
from billproof.periods import instant_text
from billproof.ports import Clock, NewObject, Objects
from billproof.usage import log
from billproof.usage.buckets import Buckets
from billproof.usage.fast_path import plain_rows
from billproof.usage.keys import day_of
from billproof.usage.model import ControlTotal, Ingested, Quarantined, Reason, SegmentRow
from billproof.usage.refused import readable_parts
from billproof.usage.refusing import Refused
from billproof.usage.sorting import Sorting
from billproof.usage.splitting import split_message, too_many
from billproof.usage.validation import (
    MAX_EVENTS_PER_MESSAGE,
    TypeRule,
    check_event,
    raw_bytes,
    type_rules,
)

REMEMBERED_ACCOUNTS = 50_000
METERS_FRESH_FOR = timedelta(minutes=1)
MOST_OBJECTS = 5_000
"""Objects that one call writes: past it, messages that are not taken yet go back to the queue for another call."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the usage-events queue. `sent_at` is the queue's own time: the same at every delivery."""

    id: str
    body: str
    sent_at: datetime


class ReferenceDataCache:
    """Caches what validation needs between calls: which accounts exist and which properties the meters read.

    It caches only what exists, so an account or meter that was just published is never refused from the cache.
    """

    def __init__(self, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._accounts: dict[str, str] = {}
        self._rules: Mapping[str, TypeRule] = {}
        self._sources: tuple[tuple[str, ...], ...] = ()
        self._read_at: datetime | None = None

    def now(self) -> datetime:
        """Return the time."""
        return self._clock()

    def rules(self, *, fresh: bool = False) -> Mapping[str, TypeRule]:
        """Return the rules by event type, at most METERS_FRESH_FOR old."""
        now = self._clock()
        if fresh or self._read_at is None or now - self._read_at > METERS_FRESH_FOR:
            self._rules = type_rules(self._directory.meters())
            self._sources = ()
            self._read_at = now
        return self._rules

    def knows(self, account: str) -> bool:
        """Say whether the account exists. What can be no name is not looked up: a key that is too long is an error."""
        return self.legal_entity_of(account) is not None

    def legal_entity_of(self, account: str) -> str | None:
        """Return the legal entity that an account belongs to for good, or None where there is no such account."""
        if account in self._accounts:
            return self._accounts[account]
        known = self._directory.account(account) if is_name(account) else None
        if known is None:
            return None
        if len(self._accounts) >= REMEMBERED_ACCOUNTS:
            self._accounts.clear()
        self._accounts[account] = known.legal_entity
        return known.legal_entity

    def check_control_total(self, source: str, unknown: set[str]) -> None:
        """Raise Refused where control totals of a source are of no legal entity: each names its sources, and not it.

        One that names none takes those of every source. What is `unknown` to a call was looked up in it before.
        """
        if self._is_stated(source):
            return
        detail = f"no legal entity has the source {source!r} among its usage_sources: its control totals are of nobody"
        if detail not in unknown:
            self._sources = tuple(entity.usage_sources for entity in self._directory.legal_entities())
            if not self._sources or self._is_stated(source):
                return
            unknown.add(detail)
        raise Refused(Reason.FOREIGN_SOURCE, detail, field="source")

    def _is_stated(self, source: str) -> bool:
        return any(not sources or source in sources for sources in self._sources)


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
        knows = self._reference_data.knows
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
        if row.account in unknown or not data.knows(row.account):
            unknown.add(row.account)
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
