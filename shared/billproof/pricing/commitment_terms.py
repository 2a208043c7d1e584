"""The terms of commitments over several months: their days, what they commit to, and which lines count for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billproof.contracts.charges import Commitment
from billproof.contracts.timeline import Span, Timeline
from billproof.errors import UnpriceableCharge
from billproof.money import exactly
from billproof.periods import Period, add_months
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.service_periods import first_day_of
from billproof.pricing.term_lines import committed_amounts

ZERO = Decimal(0)
MODEL = "term_commitment"
"""The price model of the line, which tells it from a month's own commitment."""


@dataclass(frozen=True, slots=True)
class CommitmentTerm:
    """One term of a commitment: its days, cut where the commitment ends, and what it commits to.

    `whole` are the days that it would have, counted from the commitment's first day; `spans` say which charges count on
    which days.
    """

    spans: tuple[Span[Commitment], ...]
    days: Period
    whole: Period
    amount: Decimal

    @property
    def span(self) -> Span[Commitment]:
        """The last span of the commitment in it."""
        return self.spans[-1]

    @property
    def key(self) -> tuple[str, str, date]:
        """The contract, the commitment and the first day."""
        return self.span.contract.id, self.span.term.id, self.whole.start

    def is_due_in(self, period: Period) -> bool:
        """Say whether the invoice of a period is the first after the term."""
        return period.start < self.days.end <= period.end

    def is_fee(self, line: PricedLine) -> bool:
        """Say whether a line is a fee of the contract, or comes off one."""
        is_draw = line.term in {credit.id for credit in self.span.contract.credits}
        is_other = line.kind in {LineKind.COMMITMENT, LineKind.CREDIT} or line.explanation.price_model == MODEL
        return not is_other and not is_draw and self._is_mine(line)

    def counts(self, line: PricedLine, day: date) -> bool:
        """Say whether the term counts a line's charge on a day."""
        return any(
            day in span.days and self.whole.start <= day < self.whole.end and line.charge in span.term.charges
            for span in self.spans
        )

    def is_true_up(self, line: PricedLine) -> bool:
        """Say whether a line bills what the term fell short of, or takes it back."""
        is_within = self.whole.start <= line.service_period.start < self.whole.end
        return line.term == self.span.term.id and is_within and self._is_mine(line)

    def _is_mine(self, line: PricedLine) -> bool:
        return line.explanation.contract == self.span.contract.id


@exactly
def terms_over(timeline: Timeline, period: Period) -> list[CommitmentTerm]:
    """Return the terms of commitments over several months that are over by the end of a period, oldest first.

    Raises UnpriceableCharge where a commitment changes how long its terms are.
    """
    terms: list[CommitmentTerm] = []
    by_id: dict[str, list[Span[Commitment]]] = {}
    for span in timeline.commitments:
        by_id.setdefault(span.term.id, []).append(span)
    for name, spans in by_id.items():
        months = {span.term.months for span in spans}
        if len(months) > 1:
            message = f"commitment {name} changes how many months it is for: end it, and begin another one"
            raise UnpriceableCharge(message, contract=timeline.id)
        if months != {1}:
            terms += _terms(spans, months.pop(), period)
    return terms


def _terms(spans: list[Span[Commitment]], months: int, period: Period) -> Iterator[CommitmentTerm]:
    begun, ended = first_day_of(spans[0]), spans[-1].days.end
    number = 0
    while True:
        start, whole_end = add_months(begun, number * months), add_months(begun, (number + 1) * months)
        end = whole_end if ended is None else min(whole_end, ended)
        if end <= start or end > period.end:
            return
        whole = Period(start=start, end=whole_end)
        mine = [span for span in spans if span.touches(Period(start=start, end=end))]
        amount = sum((share for _, share in committed_amounts(mine, whole)), ZERO)
        if mine:
            days = Period(start=max(start, mine[0].days.start), end=end)
            yield CommitmentTerm(tuple(mine), days, whole, amount)
        number += 1
