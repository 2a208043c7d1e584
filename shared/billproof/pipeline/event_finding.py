"""Where an event is: in the log, refused, on an invoice's lines, or not here (it may wait in its queue)."""

import itertools
from collections.abc import Callable, Container, Iterator
from datetime import datetime
from enum import StrEnum

from billproof.errors import InvalidInput, ObjectUnreadable
from billproof.identities import InvoiceId
from billproof.ids import canonical_json
from billproof.invoicing.documents import read_invoice
from billproof.invoicing.model import Released
from billproof.invoicing.register import Register
from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import Account
from billproof.model import Model
from billproof.periods import local_months
from billproof.ports import Objects
from billproof.usage import log
from billproof.usage.buckets import Buckets
from billproof.usage.keys import UNKNOWN_DAY, day_of, usage_prefix
from billproof.usage.model import Quarantined, SegmentRow
from billproof.usage.refused import MUCH_LATER, dismissals, readable_parts, refused_id
from billproof.usage.refusing import Refused
from billproof.usage.validation import instant_of


class Whereabouts(StrEnum):
    """Where an event is."""

    LOG = "log"
    REFUSED = "refused"
    NOT_HERE = "not_here"


class LoggedCopy(Model):
    """One copy of an event in the log: the id that it came under, its type, when it was received, and its segment."""

    subject: str
    type: str
    received_at: str
    segment: str


class RefusedCopy(Model):
    """One copy of an event that was refused: why, and whether somebody dismissed it."""

    id: str
    reason: str
    detail: str
    received_at: str
    dismissed: bool


class BilledOn(Model):
    """A released invoice of the event's month, and its lines whose meters read the event's type."""

    invoice: str
    number: str
    lines: tuple[str, ...]


class EventPlace(Model):
    """Where the copies of an event are. Several copies in the log count once."""

    source: str
    id: str
    account: str
    state: Whereabouts
    copies: tuple[LoggedCopy, ...]
    refused: tuple[RefusedCopy, ...]
    invoices: tuple[BilledOn, ...]


def account_of_event(name: str, *, source: str, time: str, directory: Directory) -> str:
    """Return the account that bills an event which came under an id or account; raises InvalidInput for its time.

    Where no crosswalk says otherwise for that source and moment, it is the one of that name.
    """
    return directory.crosswalks().account_of(source, name, _moment_of(time))


def find_event(
    *,
    account: Account,
    subject: str,
    source: str,
    event: str,
    time: str,
    objects: Objects,
    directory: Directory,
    register: Register,
    buckets: Buckets,
) -> EventPlace:
    """Look for an event of an account by its source, id and time, of which the day in UTC counts.

    It reads what the log and the quarantine hold of that day, and what was refused without a time. Of the ids that
    crosswalks give the account it finds what was accepted, and of `subject`, by which it is asked for, what was refused
    as well. Raises InvalidInput for a time that cannot be read.
    """
    moment = _moment_of(time)
    day = day_of(moment)
    crosswalks = directory.crosswalks()
    names = [account.id, *sorted(crosswalks.ids_of(account.id))]
    prefixes = sorted({usage_prefix(bucket, day) for name in names for bucket in buckets.holding(name)})

    def is_meant(row: SegmentRow) -> bool:
        is_named = (row.source, row.id) == (source, event)
        return is_named and crosswalks.account_of(row.source, row.account, row.time) == account.id

    copies = tuple(copy for prefix in prefixes for copy in _copies(objects, prefix, is_meant))
    refused_copies = tuple(_refused(objects, day, {account.id, subject}, source, event))
    state = Whereabouts.LOG if copies else Whereabouts.REFUSED if refused_copies else Whereabouts.NOT_HERE
    types = {copy.type for copy in copies}
    return EventPlace(
        source=source,
        id=event,
        account=account.id,
        state=state,
        copies=copies,
        refused=refused_copies,
        invoices=tuple(
            BilledOn(invoice=released.invoice, number=released.number, lines=lines)
            for released in _released(account, datetime.fromisoformat(moment), register)
            if (lines := _lines(released, account, types, directory, objects))
        ),
    )


def _moment_of(time: str) -> str:
    """Return a time as text in UTC; raises InvalidInput for one that cannot be read."""
    try:
        return instant_of(canonical_json(time), MUCH_LATER)
    except Refused as refused:
        message = f"the time is not one of RFC 3339 with a zone, such as 2013-01-31T23:59:00-05:00: {refused.reason}"
        raise InvalidInput(message) from None


def _copies(objects: Objects, prefix: str, is_meant: Callable[[SegmentRow], bool]) -> Iterator[LoggedCopy]:
    for key in objects.keys(prefix):
        rows = log.read_intact(objects, key)
        if rows is None:
            raise ObjectUnreadable(key)
        for row in rows:
            if is_meant(row):
                yield LoggedCopy(subject=row.account, type=row.type, received_at=row.received_at, segment=key)


def _refused(objects: Objects, day: str, names: Container[str], source: str, event: str) -> Iterator[RefusedCopy]:
    days = [day, UNKNOWN_DAY]
    kept = itertools.chain.from_iterable(log.read_quarantine(objects, one) for one in days)
    lines = [line for line in kept if _is_copy(line, names, source, event)]
    decided = dismissals(objects, days) if lines else {}
    for line in lines:
        identity = str(refused_id(line))
        yield RefusedCopy(
            id=identity,
            reason=line.reason,
            detail=line.detail,
            received_at=line.received_at,
            dismissed=identity in decided,
        )


def _is_copy(line: Quarantined, names: Container[str], source: str, event: str) -> bool:
    parts = readable_parts(line.raw.encode(errors="replace"))
    return (parts.source, parts.id) == (source, event) and (line.account or parts.subject) in names


def _released(account: Account, moment: datetime, register: Register) -> Iterator[Released]:
    """Yield the released invoices of the months that hold a moment somewhere."""
    for month in local_months(moment):
        released = register.released(str(InvoiceId(account.legal_entity, month.name, account.parent or account.id)))
        if released is not None:
            yield released


def _lines(
    released: Released, account: Account, types: Container[str], directory: Directory, objects: Objects
) -> tuple[str, ...]:
    """Return the lines of an invoice whose meters read events of some types, for the account itself."""
    meters = {meter.id for meter in directory.meters() if meter.event_type in types}
    lines = (line.priced for line in read_invoice(objects, released.document).lines)
    return tuple(line.id for line in lines if line.meter in meters and line.account == account.id)
