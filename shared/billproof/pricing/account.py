"""One account's lines: every month that is settled with the invoice, oldest first, then the period itself.

Each month hands on what it leaves to the next: what is left of allowances that roll over, and of credits.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from billproof.contracts.model import Contract
from billproof.contracts.timeline import Timeline, timelines
from billproof.identities import LineIdFormat, reduced_line
from billproof.money import Money, Rounding, exactly
from billproof.periods import Period
from billproof.pricing.accruals import accruals
from billproof.pricing.commitments import commitment_lines, shortfalls_now
from billproof.pricing.concessions import NOT_CONCEDED, Conceded, concessions
from billproof.pricing.differences import difference_lines
from billproof.pricing.draws import draw_lines, drawing_month, stated_order
from billproof.pricing.fees import counts_fees_to_come
from billproof.pricing.lines import Basis
from billproof.pricing.model import Accrual, PricedLine
from billproof.pricing.owed import Owed, owed
from billproof.pricing.pooling import covered_days
from billproof.pricing.terms import AccountTerms, BatchPlan, BilledLine, BookingRule, Carried, EarlierPeriod
from billproof.usage.windows import Usages

type _OfTerms = Callable[..., list[PricedLine]]
type Rolled = dict[tuple[str, str], Decimal]
"""What is left of allowances that roll over, by contract and charge."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Settled:
    """A month that was billed before: what is owed at home in it now, and what concessions take off its lines."""

    month: EarlierPeriod
    owed: list[Owed]
    conceded: Conceded

    @property
    def lines(self) -> list[PricedLine]:
        """Every line that is owed, before credits."""
        return [line for contract in self.owed for line in contract.lines]

    def lefts(self, contract: Owed) -> list[tuple[PricedLine, Money]]:
        """Return what is left of a contract's lines after reductions and concessions."""
        taken: dict[str, Decimal] = {}
        for (name, line_id), amount in self.conceded.taken.items():
            if name == contract.timeline.id:
                for fee in (line_id, reduced_line(line_id)):
                    taken[fee] = taken.get(fee, ZERO) + amount
        return [
            (line, Money.of(left.amount - taken.get(line.id, ZERO), left.currency)) for line, left in contract.lefts
        ]


class AccountPricer:
    """Prices what is owed of an account and takes off what is billed."""

    def __init__(self, terms: AccountTerms, plan: BatchPlan, usages: Usages) -> None:
        self._terms = terms
        self._plan = plan
        self._usages = usages
        self._meters = {meter.id: meter for meter in plan.meters}
        self._drawn = {(drawn.contract, drawn.credit): drawn.amount for drawn in terms.drawn}
        self._carried: dict[date, Rolled] = {}

    @exactly
    def lines(self) -> list[PricedLine]:
        """Return the lines of the invoice: its own month's, differences, ended commitments, and draws of credits."""
        settled = [self._settle(month) for month in self._terms.earlier]
        own = self._owed(
            self._plan.period,
            self._terms.contracts,
            self._terms.carried,
            self._plan.legal_entity.rounding,
            self._terms.line_ids,
        )
        differences = [line for month in settled for line in self._differences(month)]
        fees = [line for contract in own for line in contract.lines] + differences
        counted = fees + [line for contract in own for line in contract.to_come]
        all_timelines = self._all_timelines(own)
        terms = {timeline.id: self._terms_over(timeline, counted) for timeline in all_timelines}
        for month in self._terms.earlier:
            self._give_back(month)
        earlier_draws = [line for month in settled for line in self._earlier_draws(month, terms)]
        reached = {month.month.period for month in settled}
        lines: list[PricedLine] = []
        of_terms: list[PricedLine] = []
        for timeline in all_timelines:
            shortfalls = self._shortfalls(timeline, counted)
            lefts = [(line, line.net) for line in shortfalls if drawing_month(line) not in reached]
            ending = {line.id for line, _ in lefts}
            of_month = [contract for contract in own if contract.timeline.id == timeline.id]
            lefts = stated_order(timeline, [left for contract in of_month for left in contract.lefts] + lefts)
            draws = self._draws(timeline, lefts)
            lines += [line for contract in of_month for line in contract.lines]
            lines += [draw for draw in draws if reduced_line(draw.id) not in ending]
            of_terms += (*shortfalls, *(draw for draw in draws if reduced_line(draw.id) in ending))
        return [*lines, *differences, *earlier_draws, *of_terms]

    @exactly
    def accrued(self) -> list[Accrual]:
        """Return what is earned by the end of the month and billed by a later one."""
        if self._terms.booking is BookingRule.BY_LINE:
            return []
        basis = Basis(
            period=self._plan.period,
            meters=self._meters,
            quantities=(),
            rounding=self._plan.legal_entity.rounding,
            line_ids=self._terms.line_ids,
        )
        return [accrual for timeline in self._own_timelines for accrual in accruals(timeline, basis)]

    @cached_property
    def _own_timelines(self) -> list[Timeline]:
        return self._laid_out(self._terms.contracts, self._plan.period)

    def _laid_out(self, contracts: Iterable[Contract], period: Period) -> list[Timeline]:
        return timelines(contracts, period, self._terms.billed_in)

    def _owed(
        self,
        period: Period,
        contracts: Sequence[Contract],
        carried: Iterable[Carried],
        rounding: Rounding,
        line_ids: LineIdFormat,
    ) -> list[Owed]:
        """Return what each contract owes at home in a month, and keep what of its allowances rolls over."""
        usages = {member.id: self._usages[member.id, period.name] for member in self._terms.members}
        laid_out = self._own_timelines if period == self._plan.period else self._laid_out(contracts, period)
        basis = Basis(
            period=period,
            meters=self._meters,
            quantities=(),
            rounding=rounding,
            carried=self._carried.get(period.start, {(left.contract, left.charge): left.quantity for left in carried}),
            line_ids=line_ids,
            covered=covered_days(laid_out, period),
            family={name: usage.quantities for name, usage in usages.items()},
            prefixes=frozenset(part for usage in usages.values() for part in usage.prefixes),
            booking=self._terms.booking,
        )
        owed_of = [owed(timeline, replace(basis, quantities=basis.family[timeline.account])) for timeline in laid_out]
        unused: Rolled = {}
        for line in (line for contract in owed_of for line in contract.lines):
            if line.unused_quantity:
                key = line.explanation.contract, line.charge
                unused[key] = unused.get(key, ZERO) + line.unused_quantity
        self._carried[period.end] = unused
        return owed_of

    def _settle(self, month: EarlierPeriod) -> _Settled:
        owed_of = self._owed(month.period, month.contracts, month.carried, month.rounding, month.line_ids)
        return _Settled(month, owed_of, concessions(month, [line for contract in owed_of for line in contract.lines]))

    def _differences(self, settled: _Settled) -> list[PricedLine]:
        fees = settled.month.model_copy(update={"billed": _billed(settled.month, draws=False)})
        states_together = self._terms.booking is BookingRule.BY_FEE
        counted = {owed.timeline.id for owed in settled.owed if counts_fees_to_come(owed.timeline)}
        return difference_lines(fees, settled.lines, settled.conceded, states_together=states_together, counted=counted)

    def _give_back(self, month: EarlierPeriod) -> None:
        """Give what a settled month drew back to its credits: all of them draw again, the oldest first."""
        for line in _billed(month, draws=True):
            key = line.contract, line.term
            self._drawn[key] = self._drawn.get(key, ZERO) + line.net.amount

    def _earlier_draws(self, settled: _Settled, terms: Mapping[str, Sequence[PricedLine]]) -> list[PricedLine]:
        """Return what a month draws of credits now, less what it drew before: for terms that end in it, too."""
        month = settled.month
        now: list[PricedLine] = []
        for contract in settled.owed:
            timeline, lefts = contract.timeline, settled.lefts(contract)
            ended = [line for line in terms.get(timeline.id, ()) if drawing_month(line) == month.period]
            lefts = stated_order(timeline, [*lefts, *((line, line.net) for line in ended)])
            now += draw_lines(timeline, lefts, month.period, self._drawn, month.rounding, month.line_ids)
        return difference_lines(month.model_copy(update={"billed": _billed(month, draws=True)}), now, NOT_CONCEDED)

    def _draws(self, timeline: Timeline, lefts: Sequence[tuple[PricedLine, Money]]) -> list[PricedLine]:
        return draw_lines(
            timeline, lefts, self._plan.period, self._drawn, self._plan.legal_entity.rounding, self._terms.line_ids
        )

    def _all_timelines(self, own: list[Owed]) -> list[Timeline]:
        """Return the contracts in force and those of the months that are settled, which may be over."""
        if not self._terms.earlier:
            return [contract.timeline for contract in own]
        versions = [*self._terms.contracts, *(version for month in self._terms.earlier for version in month.contracts)]
        known = {(version.id, version.version): version for version in versions}
        return self._laid_out(known.values(), self._plan.period)

    def _shortfalls(self, timeline: Timeline, lines: Iterable[PricedLine]) -> list[PricedLine]:
        return self._of_terms(commitment_lines, timeline, lines)

    def _terms_over(self, timeline: Timeline, lines: Iterable[PricedLine]) -> list[PricedLine]:
        return self._of_terms(shortfalls_now, timeline, lines) if timeline.credits else []

    def _of_terms(self, rule: _OfTerms, timeline: Timeline, lines: Iterable[PricedLine]) -> list[PricedLine]:
        if not (timeline.commitments or any(known.gone for known in self._terms.committed)):
            return []
        before = {(known.contract, known.commitment, known.start): known for known in self._terms.committed}
        mine = [line for line in lines if line.explanation.contract == timeline.id]
        rounding, line_ids = self._plan.legal_entity.rounding, self._terms.line_ids
        return rule(timeline, self._plan.period, mine, before, rounding, line_ids)


def _billed(month: EarlierPeriod, *, draws: bool) -> tuple[BilledLine, ...]:
    return tuple(line for line in month.billed if line.is_draw is draws)
