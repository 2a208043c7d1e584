"""Late usage of months that no invoice of the account bills: before its contract, after its end, before billing began.

    months    | 2012-11   2012-12 | 2013-01   2013-02   2013-03 | 2013-04
    contract                      |============================|
    invoices                        billed    billed    billed
    late      . . . . .X                      X                  X
                       |                      |                  |
                 no invoice             a difference        no invoice: a finding of the next run

A mark of such a month makes the next run look at it, and so does a month after the contract's end that had no run. What
it counts is a finding, which a person excludes (approves) or has billed, by a version of the contract or a day from
which billproof bills. The invoice that was approved with the finding, or the decision where there is none, takes a slot
of the month: so each event is a finding once.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from billproof.contracts.timeline import governing
from billproof.identities import InvoiceId
from billproof.invoicing.model import PeriodBilling
from billproof.invoicing.register import Register
from billproof.periods import Period
from billproof.pipeline.earlier_runs import NOTHING_SEEN, EarlierRuns, Seen
from billproof.pipeline.families import Family
from billproof.pipeline.late_marks import LateMarks
from billproof.pipeline.months import Months
from billproof.pipeline.settling import SettledMonths, is_later
from billproof.pricing.unbilled import UnbilledMonth
from billproof.store_keys import unbilled_slot_name

MAX_UNBILLED = 12
"""Months without an invoice that one run looks at for an account, oldest first; the others wait for the next."""


class UnbilledUsage:
    """Finds the late usage of one legal entity's accounts that no invoice bills, before one period."""

    def __init__(self, entity: str, period: Period, *, runs: EarlierRuns, months: Months, register: Register) -> None:
        self._entity = entity
        self._period = period
        self._runs = runs
        self._months = months
        self._register = register

    def is_still_to_come(self, account: str, month: str) -> bool:
        """Say whether an invoice of a month itself is still to come: a run holds or drafts it, and may go on."""
        if self._months.is_signed_off(month) or not self._months.had_run(month):
            return False
        invoice = InvoiceId(self._entity, month, account)
        return self._months.has_open_run(month) or self._register.facts(str(invoice)) is not None

    def months(
        self,
        family: Family,
        billings: Sequence[PeriodBilling],
        settled: SettledMonths,
        *,
        marks: LateMarks,
        billed_now: Iterable[str],
    ) -> dict[UnbilledMonth, dict[str, Seen]]:
        """Return the months that have late usage, no invoice, and none to come; with what was seen of each before."""
        account = family.parent.account.id
        mine = {member.id: marks.of(member.id) for member in family.accounts}
        marked = {mark.month for of_member in mine.values() for mark in of_member}
        is_to_come = partial(self.is_still_to_come, account)
        not_run = {month for month in settled.unbilled(family.contracts, None, is_to_come) if not self._had_run(month)}
        known = {*settled.months, *billed_now}
        late: dict[UnbilledMonth, dict[str, Seen]] = {}
        for month in sorted(month for month in (marked | not_run) - known if month < self._period.name):
            taken = [billing for billing in billings if billing.period == unbilled_slot_name(month)]
            if self._is_read_by_its_own_run(family, month):
                continue
            bounds = {member: self._seen(taken, member, account, month) for member in mine}
            is_marked = any(is_later(of_member, {month}, bounds[member].until) for member, of_member in mine.items())
            if is_marked or (month in not_run and not taken):
                late[UnbilledMonth(period=Period.month(month), ordinal=len(taken))] = bounds
        return dict(list(late.items())[:MAX_UNBILLED])

    def _had_run(self, month: str) -> bool:
        return self._months.last_closed_run(month) is not None

    def _is_read_by_its_own_run(self, family: Family, month: str) -> bool:
        """Say whether a run of the month is under way, or will make an invoice of the terms that govern it."""
        if not governing(family.contracts, Period.month(month)):
            return self._months.has_open_run(month)
        return self.is_still_to_come(family.parent.account.id, month)

    def _seen(self, taken: Iterable[PeriodBilling], member: str, account: str, month: str) -> Seen:
        """Return what was seen of a member's events: by the month's own run, and by those that took its slots."""
        by_slots = self._runs.seen(taken, member, account, month)
        own = self._months.last_closed_run(month)
        return max(by_slots, self._runs.seen_by_run(own, member, month) if own else NOTHING_SEEN)
