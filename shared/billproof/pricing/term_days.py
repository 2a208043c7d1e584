"""The days of a discount or cap: those on which its priced terms are the same, also where they come back after others.

A term that is dropped for some days of a month, or whose contract is not in force on them, still is one term: it has
one amount for the month, by all its days, and one rounding.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from billproof.contracts.charges import Discount, SpendCap
from billproof.contracts.timeline import Span, same_terms
from billproof.periods import DateRange, Period
from billproof.pricing.term_lines import days_in, share_of_spans
from billproof.proration import Proration


@dataclass(frozen=True, slots=True)
class TermDays[T: Discount | SpendCap]:
    """The spans of one term with the same priced terms, in time order."""

    spans: tuple[Span[T], ...]

    @property
    def term(self) -> T:
        """The term, as it is stated last."""
        return self.spans[-1].term

    @property
    def days(self) -> tuple[DateRange, ...]:
        """The days on which it holds."""
        return tuple(span.days for span in self.spans)

    def span_in(self, period: Period) -> Span[T]:
        """Return the first span that has a day of a period."""
        return next((span for span in self.spans if span.touches(period)), self.spans[-1])

    def days_in(self, month: Period) -> tuple[Period, ...]:
        """Return the days of a month on which it holds."""
        return tuple(days for span in self.spans if (days := days_in(span, month)) is not None)

    def share_in(self, month: Period) -> Proration:
        """Return the share of a month on which it holds."""
        return share_of_spans([span for span in self.spans if span.touches(month)], month)


def term_days[T: Discount | SpendCap](spans: Iterable[Span[T]]) -> list[TermDays[T]]:
    """Put together the spans of each term that state the same priced terms."""
    by_id: dict[str, list[list[Span[T]]]] = {}
    for span in spans:
        known = by_id.setdefault(span.term.id, [])
        mine = next((same for same in known if same_terms(same[-1], span)), None)
        if mine is None:
            known.append([span])
        else:
            mine.append(span)
    return [TermDays(tuple(mine)) for known in by_id.values() for mine in known]
