"""Which months of a legal entity still take a run: none that is signed off, and one run at a time.

signed-off#<entity>         <period>             who signed the month off, and when

A month that is signed off has no further run. What is still owed for it is billed by the run of a later month.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from billproof.errors import Conflict, InvalidPeriod
from billproof.model import Model
from billproof.periods import Period, cut_off, instant_text
from billproof.pipeline.starting import CLOSED, is_closed, run_ids, run_key, sign_off_key
from billproof.ports import Record, Records

if TYPE_CHECKING:
    from billproof.masterdata.directory import Directory


class SignOff(Model):
    """A month that takes no further run."""

    legal_entity: str
    period: str
    signed_by: str
    signed_at: str


def sign_off_month(
    *,
    legal_entity: str,
    period: str,
    signed_by: str,
    records: Records,
    directory: Directory,
    now: datetime,
    grace: timedelta,
) -> SignOff:
    """Sign a month off, for ever; one that is signed off already stays as it is.

    Raises NotFound for an unknown legal entity, InvalidPeriod for a month that still accepts usage, and Conflict while
    a run of it, or of the month before, has not ended: that one's invoices are issued in this month.
    """
    directory.legal_entity(legal_entity)
    month = Period.month(period)
    closes = cut_off(month, grace)
    if now < closes:
        message = f"{period} still accepts usage until {closes:%Y-%m-%d %H:%M} UTC: it cannot be signed off yet"
        raise InvalidPeriod(message)
    for month_of_run in (period, Period.month_ending(month.start).name):  # whose invoices are dated in this month
        open_run = _open_run(records, legal_entity, month_of_run)
        if open_run is not None:
            message = f"run {open_run} has not closed: finish it, or run {month_of_run} again, then sign {period} off"
            raise Conflict(message)
    signed = SignOff(legal_entity=legal_entity, period=period, signed_by=signed_by, signed_at=instant_text(now))
    known = run_ids(records, legal_entity, period)
    before = run_key(known[-1], CLOSED) if known else None
    records.create(Record(sign_off_key(legal_entity, period), signed.model_dump(mode="json"), before))
    return signed_off(records, legal_entity, period) or signed


def signed_off(records: Records, legal_entity: str, period: str) -> SignOff | None:
    """Return who signed a month off, or None where nobody did."""
    document = records.get(sign_off_key(legal_entity, period))
    return None if document is None else SignOff.model_validate(document)


def _open_run(records: Records, legal_entity: str, period: str) -> str | None:
    """Return the last run of a month where it has not closed: it runs, waits to be redriven, or was given up."""
    known = run_ids(records, legal_entity, period)
    return None if not known or is_closed(records, known[-1]) else known[-1]


def _last_closed_run(records: Records, legal_entity: str, period: str) -> str | None:
    """Return the last run of a month whose statement is written, or None."""
    known = run_ids(records, legal_entity, period)
    return next((run_id for run_id in reversed(known) if is_closed(records, run_id)), None)


class Months:
    """What is known of the months of one legal entity while a run is planned; each is looked up once."""

    def __init__(self, records: Records, legal_entity: str) -> None:
        self.is_signed_off = cache(lambda month: signed_off(records, legal_entity, month) is not None)
        self.has_open_run = cache(lambda month: _open_run(records, legal_entity, month) is not None)
        self.last_closed_run = cache(lambda month: _last_closed_run(records, legal_entity, month))
