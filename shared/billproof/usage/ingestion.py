"""Taking events in: every event of every message ends in the log or in quarantine, or its message goes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from billproof.errors import BillproofError
from billproof.ids import is_name, shard_of
from billproof.masterdata.directory import Directory
from billproof.periods import cut_off, instant_text, local_months
from billproof.ports import Clock, Objects
from billproof.usage import log
from billproof.usage.fast_path import plain_rows
from billproof.usage.model import ControlTotal, Ingested, Quarantined, Reason, SegmentRow
from billproof.usage.refused import readable_parts
from billproof.usage.validation import Refused, TypeRule, check_event, raw_bytes, split_message, type_rules

REMEMBERED_ACCOUNTS = 50_000
METERS_FRESH_FOR = timedelta(minutes=1)


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
        self._accounts: set[str] = set()
        self._rules: Mapping[str, TypeRule] = {}
        self._read_at: datetime | None = None

    def now(self) -> datetime:
        """Return the time."""
        return self._clock()

    def rules(self, *, fresh: bool = False) -> Mapping[str, TypeRule]:
        """Return the rules by event type, at most METERS_FRESH_FOR old."""
        now = self._clock()
        if fresh or self._read_at is None or now - self._read_at > METERS_FRESH_FOR:
            self._rules = type_rules(self._directory.meters())
            self._read_at = now
        return self._rules

    def knows(self, account: str) -> bool:
        """Say whether the account exists. What can be no name is not looked up: a key that is too long is an error."""
        if account in self._accounts:
            return True
        if not is_name(account) or self._directory.account(account) is None:
            return False
        if len(self._accounts) >= REMEMBERED_ACCOUNTS:
            self._accounts.clear()
        self._accounts.add(account)
        return True


@dataclass
class _Sorting:
    """The lines for each object to write, and the messages that they came in."""

    lines: dict[str, list[msgspec.Struct]] = field(default_factory=dict)
    messages: dict[str, set[str]] = field(default_factory=dict)
    hours: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """By account and hour of the events: the messages that brought them."""
    accepted: int = 0
    control_totals: int = 0
    quarantined: int = 0

    def accept(self, rows: Sequence[SegmentRow], message: Message, buckets: int) -> None:
        """Sort rows of one message into their partitions."""
        mine: dict[tuple[str, str], list[msgspec.Struct]] = {}
        for row in rows:
            place = (row.account, row.time[:13])
            lines = mine.get(place)
            if lines is None:
                prefix = log.partition_of(row, buckets)
                self.messages.setdefault(prefix, set()).add(message.id)
                self.hours.setdefault(place, set()).add(message.id)
                lines = mine[place] = self.lines.setdefault(prefix, [])
            lines.append(row)
        self.accepted += len(rows)

    def put(self, prefix: str, line: msgspec.Struct, message: str) -> None:
        self.lines.setdefault(prefix, []).append(line)
        self.messages.setdefault(prefix, set()).add(message)


def ingest_usage(
    messages: Sequence[Message], *, objects: Objects, reference_data: ReferenceDataCache, buckets: int, grace: timedelta
) -> tuple[Ingested, dict[str, BillproofError]]:
    """Write every event of the messages to the log or to quarantine; return the counts and the messages that failed.

    A message fails only where an object that holds some of its events, or marks them as late, could not be written; it
    must then be delivered again. What an event looks like never fails a message. `grace` is that of `cut_off`.

    Marks carry the moment after the writing, not that of receipt: an event that waited in the queue while its month was
    run was received in time and seen by nobody, and is found by its mark.
    """
    sorting = _Sorting()
    unknown: set[str] = set()
    for message in messages:
        _sort(message, sorting, reference_data, buckets, unknown)
    failed: dict[str, BillproofError] = {}
    for prefix, lines in sorting.lines.items():
        try:
            log.write(objects, prefix, lines)
        except BillproofError as error:
            failed.update(dict.fromkeys(sorting.messages[prefix], error))
    for mark, names in _late(sorting, reference_data.now(), grace).items():
        try:
            log.mark_late(objects, shard_of(mark.account, buckets), mark)
        except BillproofError as error:
            failed.update(dict.fromkeys(names, error))
    counts = Ingested(
        messages=len(messages),
        received=sorting.accepted + sorting.control_totals + sorting.quarantined,
        accepted=sorting.accepted,
        control_totals=sorting.control_totals,
        quarantined=sorting.quarantined,
        segments=len(sorting.lines),
    )
    return counts, failed


def _late(sorting: _Sorting, written: datetime, grace: timedelta) -> dict[log.LateMark, set[str]]:
    """Return the marks to leave, each with its messages: of events written after the cut-off of a month of theirs.

    The clock that started the month's run may be ahead of this one; a mark too many bills nothing.
    """
    missed: dict[str, list[str]] = {}
    for hour in {hour for _, hour in sorting.hours}:
        months = local_months(datetime.fromisoformat(f"{hour}:00:00+00:00"))
        missed[hour] = [month.name for month in months if written + log.CLOCK_SKEW >= cut_off(month, grace)]
    marks: dict[log.LateMark, set[str]] = {}
    for (account, hour), names in sorting.hours.items():
        for month in missed[hour]:
            marks.setdefault(log.LateMark(account, month, instant_text(written)), set()).update(names)
    return marks


def _sort(
    message: Message, sorting: _Sorting, reference_data: ReferenceDataCache, buckets: int, unknown: set[str]
) -> None:
    def quarantine(refused: Refused, position: int, raw: bytes) -> None:
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
        sorting.quarantined += 1
        sorting.put(log.quarantine_prefix(log.day_of(time)), line, message.id)

    rows = plain_rows(
        message.body, rules=reference_data.rules(), received_at=message.sent_at, knows=reference_data.knows
    )
    if rows is not None:
        sorting.accept(rows, message, buckets)
        return
    try:
        events = split_message(message.body)
    except Refused as refused:
        quarantine(refused, 0, raw_bytes(message.body))
        return
    for position, raw in enumerate(events):
        try:
            row = _accept(raw, position, message.sent_at, reference_data, unknown)
        except Refused as refused:
            quarantine(refused, position, raw)
            continue
        if isinstance(row, ControlTotal):
            sorting.control_totals += 1
            sorting.put(log.control_prefix(row.hour[:10]), row, message.id)
        else:
            sorting.accept([row], message, buckets)


def _accept(
    raw: bytes, position: int, received_at: datetime, reference_data: ReferenceDataCache, unknown: set[str]
) -> SegmentRow | ControlTotal:
    """Check one event; a type or account that is new to this call is looked up afresh, once."""
    try:
        row = check_event(raw, rules=reference_data.rules(), received_at=received_at, position=position)
    except Refused as refused:
        if refused.reason is not Reason.UNKNOWN_TYPE or refused.detail in unknown:
            raise
        unknown.add(refused.detail)
        row = check_event(raw, rules=reference_data.rules(fresh=True), received_at=received_at, position=position)
    if isinstance(row, ControlTotal):
        return row
    if row.account in unknown or not reference_data.knows(row.account):
        unknown.add(row.account)
        detail = f"there is no account {row.account!r}"
        raise Refused(Reason.UNKNOWN_ACCOUNT, detail, row.account, row.time)
    return row
