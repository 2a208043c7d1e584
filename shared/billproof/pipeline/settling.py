"""Which months of an account an invoice settles again, by one rule: those whose terms or usage changed.

The digest of a month's terms is kept with what was billed of it. It is compared where a version became known since, or
a credit note unbilled the month; usage that came late has left a mark. Nothing else is read, however long the contract
is.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter

from billproof.contracts.billed_in import BilledIn
from billproof.contracts.model import Contract
from billproof.contracts.timeline import governing, timelines
from billproof.identities import InvoiceId
from billproof.invoicing.model import CREDITS, PeriodBilling
from billproof.periods import CLOCK_SKEW, Period, instant_text, month_name
from billproof.pricing.commitment_terms import terms_over
from billproof.pricing.digests import terms_digest
from billproof.usage.log import LateMark

ONE_DAY = timedelta(days=1)
type StillToCome = Callable[[str], bool]
"""Says whether a month's own invoice is still to come: one that a run held, or that a run is about to draft."""


LAST_MONTH = "9999-12"


class SettledMonths:
    """What was billed of an account month by month, before one period."""

    def __init__(self, settlements: Iterable[PeriodBilling], period: Period) -> None:
        self._by_month: dict[str, list[PeriodBilling]] = {}
        for settlement in sorted(settlements, key=attrgetter("ordinal")):
            if settlement.period != CREDITS and settlement.period < period.name:
                self._by_month.setdefault(settlement.period, []).append(settlement)
        self._by_month = {
            month: mine for month, mine in sorted(self._by_month.items()) if mine[0].ordinal == 0
        }  # no invoice billed it at all
        self._period = period
        self._last = next(reversed(self._by_month.values()))[0] if self._by_month else None

    @property
    def billed_in(self) -> tuple[BilledIn, ...]:
        """The service periods that stay with the month that billed them, as the last invoice knew them."""
        return self._last.billed_in if self._last else ()

    def of(self, month: str) -> list[PeriodBilling]:
        """Return the settlements of a month in their order; none where it was never billed."""
        return self._by_month.get(month, [])

    @property
    def months(self) -> Iterable[str]:
        """The months that were billed, in order."""
        return self._by_month

    def run_of(self, month: str) -> str:
        """Return the run that billed a month last; "" where none did."""
        runs = [billing.run for billing in self.of(month) if not InvoiceId.parse(billing.invoice).is_credit]
        return runs[-1] if runs else ""

    def changed(self, contracts: Sequence[Contract], known: str) -> set[str]:
        """Name the months whose terms are no longer those that were billed; raises UnpriceableCharge.

        `known` is the digest of all versions that are known: where it is that of the last invoice, nothing was
        published since, and only a credit note may have unbilled something. One that gave something back for good may
        have given it back to a credit, which later months then draw: such a month is named where there are credits.
        What was unbilled of a month in which nothing is in force is of a term that fell short before: the last month of
        the contracts is named for it.
        """
        news = self.has_news(known)
        has_credits = any(contract.credits for contract in contracts)
        changed = {
            month
            for month, settlements in self._by_month.items()
            if (news or not settlements[-1].terms) and settlements[-1].terms != self.digest(contracts, month)
        }
        changed |= {before for month in self._by_month if (before := self._last_in_force(contracts, month))}
        conceded = {month for month, settlements in self._by_month.items() if settlements[-1].is_concession}
        return changed | conceded if has_credits else changed

    def has_news(self, known: str) -> bool:
        """Say whether a version became known since the last invoice; `known` is the digest of all that are known."""
        return self._last is not None and self._last.known != known

    def _last_in_force(self, contracts: Sequence[Contract], unbilled: str) -> str:
        """Return the last billed month of contracts that are over by a month that a note unbilled; "" if none."""
        if self._by_month[unbilled][-1].terms or governing(contracts, Period.month(unbilled)):
            return ""
        before = [month for month in self._by_month if month < unbilled]
        return next((month for month in reversed(before) if governing(contracts, Period.month(month))), "")

    def digest(self, contracts: Sequence[Contract], month: str) -> str:
        """Return the digest of a month's terms as they are known now; raises UnpriceableCharge."""
        period = Period.month(month)
        return terms_digest(governing(contracts, period, self.billed_in), period, self.billed_in)

    def late(
        self,
        marks: Mapping[str, Sequence[LateMark]],
        seen_until: Callable[[str], Mapping[str, str]],
        *,
        goes_on: bool = False,
    ) -> set[str]:
        """Name the months of which usage came after their invoices; `seen_until` says until when those saw.

        Where a level `goes_on` from month to month, usage of a month counts in each one after it, so the first that did
        not see it is named, with all that follow.
        """
        marked = {mark.month for mine in marks.values() for mark in mine}
        if not goes_on:
            return {month for month in marked & self._by_month.keys() if _is_late(marks, seen_until(month), {month})}
        months = [month for month in self._by_month if month >= min(marked, default=LAST_MONTH)]

        def is_late(month: str) -> bool:
            return _is_late(marks, seen_until(month), {name for name in marked if name <= month})

        nearest = {next((month for month in months if month >= name), LAST_MONTH) for name in marked} - {LAST_MONTH}
        unseen = [month for month in sorted(nearest) if is_late(month)]
        if not unseen and months and is_late(months[-1]):  # the months before were more than one invoice settles
            unseen = [next(month for month in months if is_late(month))]
        return {month for month in months if unseen and month >= unseen[0]}

    def with_followers(self, months: Iterable[str], contracts: Sequence[Contract]) -> list[str]:
        """Return months in order; with all that follow where each hands on to the next: allowances, or credits."""
        ordered = sorted(months)
        hands_on = any(charge.rollover for contract in contracts for charge in contract.charges)
        if ordered and (hands_on or any(contract.credits for contract in contracts)):
            return sorted({*ordered, *(month for month in self._by_month if month >= ordered[0])})
        return ordered

    def ends_of_terms(self, contracts: Sequence[Contract], *, after: Iterable[str]) -> set[str]:
        """Name the billed months, from the first changed one on, in which a term of a commitment ended.

        What that falls short of may have changed; where there are credits, they are drawn for it in that month.
        """
        first = min(after, default=None)
        if first is None or not any(contract.credits and contract.commitments for contract in contracts):
            return set()
        over = [term for timeline in timelines(contracts, self._period) for term in terms_over(timeline, self._period)]
        ends = {month_name(term.days.end - ONE_DAY) for term in over}
        return {month for month in ends & self._by_month.keys() if month >= first}

    def unbilled(
        self, contracts: Sequence[Contract], bills_from: date | None, is_still_to_come: StillToCome
    ) -> Iterator[str]:
        """Yield the months since the contracts began that no invoice billed, and none of their own will.

        Without a day from which billproof bills, months before the account's first invoice are another system's.
        """
        begun = min((contract.effective.start for contract in contracts), default=self._period.start)
        first = next(iter(self._by_month), self._period.name)
        if bills_from is not None:
            first = min(first, month_name(bills_from))
        month = Period.month(max(month_name(begun), first))
        while month.start < self._period.start:
            if month.name not in self._by_month and not is_still_to_come(month.name):
                yield month.name
            month = month.next()


def _is_late(marks: Mapping[str, Sequence[LateMark]], seen_until: Mapping[str, str], months: Container[str]) -> bool:
    """Say whether a member has usage of some months that was written after it was seen."""
    return any(is_later(marks.get(member, ()), months, until) for member, until in seen_until.items())


def is_later(marks: Iterable[LateMark], months: Container[str], until: str) -> bool:
    """Say whether there is a mark of some months that was written after an instant; "" is before all of them."""
    since = with_skew(until) if until else ""
    return any(mark.month in months and mark.written_at >= since for mark in marks)


def with_skew(instant: str) -> str:
    """Return an instant a little earlier: clocks differ, and looking once more at what is billed bills nothing."""
    return instant_text(datetime.fromisoformat(instant) - CLOCK_SKEW)
