"""Events over HTTP: each is checked as ingestion checks it and answered, and the good ones go to the queue.

body -> events -> whose? sound? -> an answer for each; the good ones -> messages -> usage-events queue -> ingestion

What is refused here reaches no log and no quarantine: the sender was told. What is answered `accepted` is on the queue.
Sending everything again after a lost answer is safe, since an event counts once by its source and id.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from billproof.access.service import Grant
from billproof.cutting import cut
from billproof.errors import InvalidInput
from billproof.model import Model
from billproof.ports import Queue
from billproof.usage.fast_path import plain_rows
from billproof.usage.model import ControlTotal, Reason, SegmentRow
from billproof.usage.reference_data import ReferenceDataCache
from billproof.usage.refused import readable_parts
from billproof.usage.refusing import Refused
from billproof.usage.splitting import split_message, too_many
from billproof.usage.validation import MAX_EVENT_BYTES, MAX_EVENTS_PER_MESSAGE, check_event

IN_TRANSIT = timedelta(minutes=1)
"""For how long an event may be on its way from here to the queue, by whose time ingestion says that one is too old."""
EVENTS_PER_MESSAGE = 500
BYTES_PER_MESSAGE = 200_000
MOST_DETAIL_LETTERS = 200
JSON, CLOUDEVENT, BATCH, LINES = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-ndjson",
)
CONTENT_TYPES = (JSON, CLOUDEVENT, BATCH, LINES)
"""What a body of events may be: one event, an array of them, or one a line."""


class EventState(StrEnum):
    """What became of an event that was sent."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class EventAnswer(Model):
    """What became of one event: its place in the body, what could be read of it and, where it is refused, why.

    `code` is one of the reasons of docs/usage-events.md, and `field` the attribute that is wrong.
    """

    index: int
    source: str | None
    id: str | None
    state: EventState
    code: Reason | None = None
    field: str | None = None
    detail: str | None = None


class UsageReceipt(Model):
    """What became of the events of one call, each in its place; `receipt` names the call in the logs."""

    receipt: str
    accepted: int
    refused: int
    events: tuple[EventAnswer, ...]


def split_body(body: str, content_type: str) -> list[bytes]:
    """Return the raw events of a body; raises InvalidInput for one that holds none, or more than are taken."""
    if content_type == LINES:
        events = [line.encode(errors="surrogatepass") for line in body.split("\n") if line.strip()]
    else:
        try:
            events = split_message(body)
        except Refused as refused:
            raise InvalidInput(refused.detail) from None
    if not events:
        message = "the body holds no event"
        raise InvalidInput(message)
    if len(events) > MAX_EVENTS_PER_MESSAGE:
        raise InvalidInput(too_many(len(events)).detail)
    return events


def receive_usage(
    events: list[bytes],
    *,
    receipt: str,
    grants: Mapping[str, Grant],
    covers_all: bool,
    reference_data: ReferenceDataCache,
    most_age: timedelta,
    now: datetime,
    queue: Queue | None,
) -> UsageReceipt:
    """Check the events of one call and send the good ones; without a queue they are only checked.

    A control total is of no account, and holds the runs of every legal entity: only a caller who `covers_all` of them
    may send those of a source that no policy names for it. Raises ExternalServiceUnavailable where the queue does not
    take the events: then all of them may be sent again.
    """
    check = _EventCheck(grants, covers_all, reference_data, now, now - most_age + IN_TRANSIT)
    answers = check.all_accepted(events) or [check.answer(index, raw) for index, raw in enumerate(events)]
    good = [sendable(raw) for raw, answer in zip(events, answers, strict=True) if answer.state is EventState.ACCEPTED]
    if queue is not None and good:
        queue.send(body for body, _ in packed(good))
    return UsageReceipt(receipt=receipt, accepted=len(good), refused=len(events) - len(good), events=tuple(answers))


class _EventCheck:
    """Checks the events of one call: as ingestion does, and whether the caller may send them."""

    def __init__(
        self,
        grants: Mapping[str, Grant],
        covers_all: bool,  # noqa: FBT001 - private, and called once
        reference_data: ReferenceDataCache,
        now: datetime,
        oldest: datetime,
    ) -> None:
        self._grants = grants
        self._covers_all = covers_all
        self._unknown: set[str] = set()
        self._reference_data = reference_data
        self._now = now
        self._oldest = oldest
        self._is_fresh = False

    def all_accepted(self, events: list[bytes]) -> list[EventAnswer] | None:
        """Return the answers of plain events that are all accepted; None where they have to be looked at one by one."""
        try:
            body = f"[{b','.join(events).decode()}]"
            if sendable(body.encode()) != body.encode() or split_message(body) != events:  # lines may be halves of one
                return None
        except (UnicodeDecodeError, Refused):
            return None
        rules, knows = self._reference_data.rules(), self._is_granted
        rows = plain_rows(body, rules=rules, received_at=self._now, oldest=self._oldest, knows=knows)
        if rows is None or not self._may_send(rows):
            return None
        return [
            EventAnswer.construct_trusted(
                index=row.position,
                source=row.source,
                id=row.id,
                state=EventState.ACCEPTED,
                code=None,
                field=None,
                detail=None,
            )
            for row in rows
        ]

    def _is_granted(self, account: str) -> bool:
        return self._reference_data.knows_plainly(account) and self._legal_entity_of(account) in self._grants

    def _may_send(self, rows: list[SegmentRow]) -> bool:
        """Say whether the caller sends events of every source for the legal entity of its account."""
        sent = {(row.account, row.source) for row in rows}
        entities = ((self._legal_entity_of(account), source) for account, source in sent)
        return all(entity is not None and self._grants[entity].may_send(source) for entity, source in entities)

    def answer(self, index: int, raw: bytes) -> EventAnswer:
        """Say what becomes of one event."""
        try:
            row = self._check(raw)
        except Refused as refused:
            parts = readable_parts(raw)
            return EventAnswer(
                index=index,
                source=parts.source,
                id=parts.id,
                state=EventState.REFUSED,
                code=refused.reason,
                field=refused.field,
                detail=_shortened(refused.detail),
            )
        return EventAnswer(index=index, source=row.source, id=row.id, state=EventState.ACCEPTED)

    def _check(self, raw: bytes) -> SegmentRow | ControlTotal:
        try:
            raw.decode()
        except UnicodeDecodeError:
            raise Refused(Reason.UNPARSABLE, "the event is not text in UTF-8") from None
        row = self._row(raw)
        if len(sendable(raw)) > MAX_EVENT_BYTES:
            raise Refused(
                Reason.TOO_LARGE, f"at most {MAX_EVENT_BYTES} bytes are taken, with U+FFFE and U+FFFF escaped"
            )
        grants: Iterable[Grant] = self._grants.values()
        if not isinstance(row, ControlTotal):
            entity = self._legal_entity_of_event(row)
            if entity is None or entity not in self._grants:
                detail = f"there is no account {row.account!r} for this caller"
                raise Refused(Reason.UNKNOWN_ACCOUNT, detail)
            grants = (self._grants[entity],)
        else:
            self._check_control_total(row)
        if not any(grant.may_send(row.source) for grant in grants):
            detail = f"this caller may not send events of the source {row.source!r}"
            raise Refused(Reason.FOREIGN_SOURCE, detail, field="source")
        return row

    def _check_control_total(self, row: ControlTotal) -> None:
        self._reference_data.check_control_total(row.source, self._unknown)
        if not self._covers_all and not any(grant.names(row.source) for grant in self._grants.values()):
            detail = (
                f"no policy names the source {row.source!r} for this caller: control totals are of all legal entities"
            )
            raise Refused(Reason.FOREIGN_SOURCE, detail, field="source")

    def _legal_entity_of(self, account: str) -> str | None:
        """Return the legal entity of an account; one that there is not is looked up once a call."""
        if account in self._unknown:
            return None
        entity = self._reference_data.legal_entity_of(account)
        if entity is None:
            self._unknown.add(account)
        return entity

    def _legal_entity_of_event(self, row: SegmentRow) -> str | None:
        """Return the legal entity of the account that an event counts for."""
        is_known = self._reference_data.knows_event(row, self._unknown)
        return self._reference_data.legal_entity_of(self._reference_data.account_of(row)) if is_known else None

    def _row(self, raw: bytes) -> SegmentRow | ControlTotal:
        try:
            return self._read(raw)
        except Refused as refused:
            if refused.reason is not Reason.UNKNOWN_TYPE or self._is_fresh:
                raise
            self._is_fresh = True
            self._reference_data.rules(fresh=True)
            return self._read(raw)

    def _read(self, raw: bytes) -> SegmentRow | ControlTotal:
        rules = self._reference_data.rules()
        return check_event(raw, rules=rules, received_at=self._now, oldest=self._oldest)


def sendable(event: bytes) -> bytes:
    """Return a sound event as a queue takes it: SQS refuses a message with the code points U+FFFE or U+FFFF.

    In JSON they stand in texts only, where they can be escaped.
    """
    return event.replace(b"\xef\xbf\xbe", b"\\ufffe").replace(b"\xef\xbf\xbf", b"\\uffff")


def _shortened(text: str) -> str:
    """Return what fits into an answer: what is wrong repeats what was sent, and a thousand answers are one response."""
    return text if len(text) <= MOST_DETAIL_LETTERS else f"{text[:MOST_DETAIL_LETTERS]}..."


def packed(events: Iterable[bytes]) -> Iterator[tuple[str, int]]:
    """Pack events into messages of the queue; each comes with the number of its events."""
    for batch in cut(events, most=EVENTS_PER_MESSAGE, size_of=len, most_size=BYTES_PER_MESSAGE):
        yield f"[{','.join(event.decode() for event in batch)}]", len(batch)
