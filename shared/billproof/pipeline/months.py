"""Signing months off and reopening them, and which months of a legal entity still take a run.

A month that is signed off has no further run, and no document gets a number that is dated in it. What is still owed for
it is billed by the run of a later month.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from billproof.errors import BillproofError, Conflict, Contended, InvalidPeriod
from billproof.looking_up import LookedUpOnce
from billproof.periods import Period, cut_off, instant_text
from billproof.pipeline.closing_begun import begin_closing, give_up_closing
from billproof.pipeline.month_facts import MonthFacts, OpenPoint, Reopening, SignOff, signed_off, signed_off_months
from billproof.pipeline.run_facts import decision_of
from billproof.pipeline.starting import CLOSED, is_closed, run_ids, run_key
from billproof.pipeline.turns import last_turn, sign_off_turn
from billproof.ports import Records
from billproof.retrying import attempts

if TYPE_CHECKING:
    from billproof.invoicing.register import Register
    from billproof.masterdata.directory import Directory

MAX_ATTEMPTS = 10


def sign_off_month(
    *,
    legal_entity: str,
    period: str,
    signed_by: str,
    records: Records,
    decisions: Records,
    register: Register,
    directory: Directory,
    now: datetime,
    grace: timedelta,
    open_points: Sequence[OpenPoint] = (),
    look_again: Callable[[], object] = lambda: None,
) -> SignOff:
    """Sign a month off, until it is reopened; one that is signed off already stays as it is.

    From then on it takes no run, and no number is given to a document that is dated in it. Of a sign-off and a run that
    starts at the same moment one is first, and the other sees it. `look_again` is to look at what is open once nothing
    comes any more that is dated in it: what it raises refuses the sign-off.

    Raises NotFound for an unknown legal entity, InvalidPeriod for a month that still accepts usage, Conflict while a
    run of it, or of the month before, has not ended: that one's invoices are issued in this month; and Contended.
    """
    directory.legal_entity(legal_entity)
    month = Period.month(period)
    closes = cut_off(month, grace)
    if now < closes:
        message = f"{period} still accepts usage until {closes:%Y-%m-%d %H:%M} UTC: it cannot be signed off yet"
        raise InvalidPeriod(message)
    signed = SignOff(
        legal_entity=legal_entity,
        period=period,
        signed_by=signed_by,
        signed_at=instant_text(now),
        open_points=tuple(open_points),
    )
    begun = begin_closing(records, legal_entity, period, by=signed_by, now=now)
    try:
        return _signed_off(signed, records, decisions, register, look_again)
    except BillproofError:
        give_up_closing(records, begun)
        raise


def _signed_off(
    signed: SignOff, records: Records, decisions: Records, register: Register, look_again: Callable[[], object]
) -> SignOff:
    legal_entity, period = signed.legal_entity, signed.period
    month = Period.month(period)
    for _ in attempts(MAX_ATTEMPTS):
        ordinal = last_turn(records, legal_entity)  # read first: a run that starts after it takes the next one
        facts = MonthFacts(records, legal_entity, period)
        if facts.sign_off is not None:
            return facts.sign_off
        _refuse_open_runs(records, legal_entity, month)
        register.dates.close(legal_entity, month)
        look_again()
        known = run_ids(records, legal_entity, period)
        decisions.create(decision_of(signed))
        fact = facts.following(signed, run_key(known[-1], CLOSED) if known else None)
        if records.create_all([fact, sign_off_turn(legal_entity, ordinal + 1, period)]):
            return signed
    message = f"others kept starting runs of {legal_entity}, or signing {period} off"
    raise Contended(message)


def reopen_month(reopening: Reopening, *, records: Records, register: Register) -> Reopening:
    """Let a month that is signed off take runs and documents again; the same approval again changes nothing.

    Who may is asked before. Raises Conflict for a month that is not signed off, or before one that is, and Contended.
    """
    legal_entity, period = reopening.legal_entity, reopening.period
    for _ in attempts(MAX_ATTEMPTS):
        ordinal = last_turn(records, legal_entity)
        facts = MonthFacts(records, legal_entity, period)
        known = facts.reopened_by(reopening.exception)
        if known is None:
            refuse_reopening(records, legal_entity, period)
            fact = facts.following(reopening)
            if not records.create_all([fact, sign_off_turn(legal_entity, ordinal + 1, period)]):
                continue
        if known is None or facts.sign_off is None:  # closed again since: the numbers stay where they are
            register.dates.reopen(legal_entity, Period.month(period))
        return known or reopening
    message = f"others kept signing {period} of {legal_entity} off, or reopening it"
    raise Contended(message)


def refuse_reopening(records: Records, legal_entity: str, period: str) -> SignOff:
    """Return who signed a month off that may be reopened.

    Raises Conflict for a month that is not signed off, or while a later one is: that takes no document either.
    """
    closed, signed = signed_off_months(records, legal_entity), signed_off(records, legal_entity, period)
    if signed is None:
        message = f"{period} of {legal_entity} is not signed off: there is nothing to reopen"
        raise Conflict(message)
    if closed[-1] != period:
        message = f"{closed[-1]} of {legal_entity} is signed off, too: reopen it before {period}"
        raise Conflict(message)
    return signed


def _refuse_open_runs(records: Records, legal_entity: str, month: Period) -> None:
    """Raise Conflict while a run has not closed whose invoices bill the month, or are dated in it."""
    for month_of_run in (month.name, Period.month_ending(month.start).name):
        open_run = _open(records, run_ids(records, legal_entity, month_of_run))
        if open_run is not None:
            message = f"run {open_run} has not closed: finish it, or run {month_of_run} again, then close {month.name}"
            raise Conflict(message)


def _open(records: Records, runs: Sequence[str]) -> str | None:
    """Return the last of a month's runs where it has not closed: it runs, waits to be redriven, or was given up."""
    return None if not runs or is_closed(records, runs[-1]) else runs[-1]


def _last_closed(records: Records, runs: Sequence[str]) -> str | None:
    """Return the last of a month's runs whose statement is written, or None."""
    return next((run_id for run_id in reversed(runs) if is_closed(records, run_id)), None)


class Months:
    """What is known of the months of one legal entity while a run is planned; each is looked up once."""

    def __init__(self, records: Records, legal_entity: str) -> None:
        self._runs = LookedUpOnce[[str], list[str]](lambda month: run_ids(records, legal_entity, month))
        self._signed_off = LookedUpOnce(lambda: frozenset(signed_off_months(records, legal_entity)))
        self._open = LookedUpOnce[[str], str | None](lambda month: _open(records, self._runs(month)))
        self._closed = LookedUpOnce[[str], str | None](lambda month: _last_closed(records, self._runs(month)))

    def is_signed_off(self, month: str) -> bool:
        """Say whether a month takes no further run."""
        return month in self._signed_off()

    def had_run(self, month: str) -> bool:
        """Say whether a run of a month was ever started: without one no invoice of it is held or drafted."""
        return bool(self._runs(month))

    def has_open_run(self, month: str) -> bool:
        """Say whether the last run of a month has not closed."""
        return self._open(month) is not None

    def last_closed_run(self, month: str) -> str | None:
        """Return the last run of a month whose statement is written, or None."""
        return self._closed(month)
