"""Over which days what credit notes took back for good is earned back, as terms change after them.

- It is for some days, which still owe so much: over those days, for a credit note says for which days it is. Of what is
  not earned day by day none are: it is earned back as the fee is earned.
- Its days hold the whole part of the service period, or owe less now, or nothing: over the days that the part has now.
- It takes more than its part owes: over the days of the other parts, as far as they owe it; beyond them, not at all.
- Nothing is left of the part: with what is owed, so that nothing is earned of it any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from billproof.contracts.charges import RecognitionMethod
from billproof.money import Money, Rounding, exactly
from billproof.periods import Period
from billproof.pricing.concessions import Conceded, LineKey
from billproof.pricing.model import Earning, PricedLine, RevenueSchedule
from billproof.pricing.terms import BilledLine, Committed
from billproof.proration import share_of_days

ZERO = Decimal(0)

type Pairs = Mapping[LineKey, tuple[PricedLine, BilledLine | None]]
"""Each line as it is owed now, with what is billed of it."""


class OwedDays(NamedTuple):
    """Days of a service period, and what is owed of them after all that comes off."""

    days: Period
    owed: Decimal


class _Split(NamedTuple):
    """What a line's concessions still take of it, one amount for each, and what they take no more.

    Amounts are in the currency of the books, of which `rate` are one of the document's.
    """

    kept: list[Decimal]
    removed: list[Earning]
    rate: Decimal


@exactly
def stated_concessions(pairs: Pairs, conceded: Conceded, rounding: Rounding) -> dict[LineKey, tuple[Earning, ...]]:
    """Return how the concessions of each line are earned back otherwise than their credit notes say.

    What of a concession takes nothing of its line now is above zero; what it takes instead, over other days or for
    another part of the service period, is below zero. Amounts are in the currency of the books.
    """
    stated: dict[LineKey, tuple[Earning, ...]] = {}
    for bases in conceded.parts:
        splits = {base: _split(pairs[base][1], _gone(base, conceded), rounding) for base in bases if base in pairs}
        received = _received(splits, conceded, rounding)
        parts = [_part(base, pairs, conceded) for base in splits]
        for base in splits:
            lines = {
                key: (*pairs[key], splits.get(key) or _split(pairs[key][1], ZERO, rounding))
                for key in conceded.members[base]
            }
            is_emptied = base in conceded.emptied
            if base not in received and all(_is_unchanged(*line, is_emptied=is_emptied) for line in lines.values()):
                stated |= {key: before.exceeding for key, (_, before, _) in lines.items() if before is not None}
                continue
            for key, (line, before, split) in lines.items():
                days = _Days(line, parts, split.rate, is_emptied=is_emptied)
                own = zip(_own(before), _days_of_own(before), split.kept, strict=True)
                changes = [change for earning, named, kept in own for change in days.changes(earning, named, kept)]
                stated[key] = (*changes, *(days.of_part(earning) for earning in received.get(key, ())))
    return {key: earnings for key, earnings in stated.items() if earnings}


@exactly
def not_conceded(known: Committed, takes: Decimal, rounding: Rounding) -> tuple[Earning, ...]:
    """Return what the concessions of a commitment's shortfall take no more, where they take so much of it now."""
    return tuple(_split(known, known.conceded - takes, rounding).removed)


def _is_unchanged(line: PricedLine, before: BilledLine | None, split: _Split, *, is_emptied: bool) -> bool:
    """Say whether a line owes what it owed when it was billed, over the same days, which hold those of concessions.

    It is earned in the same way, too. Where nothing is left of it those are all its days: what is for some of them may
    take more than is earned.
    """
    if before is None:
        return False
    days = line.recognition.period
    is_owed_alike = line.net.amount == before.net.amount + before.conceded and not split.removed
    own = [earning.schedule.period for earning in _own(before)]
    is_within = all(days.start <= one.start and one.end <= days.end and not (is_emptied and one != days) for one in own)
    schedule = RevenueSchedule(method=before.recognition_method, period=before.recognized_over)
    return is_owed_alike and is_within and line.recognition == schedule


def _part(base: LineKey, pairs: Pairs, conceded: Conceded) -> OwedDays:
    owed = sum((pairs[key][0].net.amount for key in conceded.members[base]), ZERO)
    return OwedDays(pairs[base][0].recognition.period, owed)


class _Days:
    """Says over which days the concessions of a line are earned back, the oldest first."""

    def __init__(self, line: PricedLine, parts: Sequence[OwedDays], rate: Decimal, *, is_emptied: bool) -> None:
        self._own, self._rounding = line.recognition, line.explanation.rounding
        self._parts, self._rate, self._is_emptied = parts, rate, is_emptied
        self._taken: list[OwedDays] = []

    def changes(self, earning: Earning, named: Period, kept: Decimal) -> Iterable[Earning]:
        """Yield what takes the place of a concession that takes so much, where that is not what its note says.

        `named` are the days that the note is for, over which it is not earned back as long as its fee is not by days.
        """
        taken = earning.model_copy(update={"amount": Money.of(-kept, earning.amount.currency)})
        if self._keeps(named, -taken.amount):
            schedule = RevenueSchedule(method=RecognitionMethod.STRAIGHT_LINE_DAYS, period=named)
            now = taken.model_copy(update={"schedule": schedule})
        else:
            now = self.of_part(taken)
        if now == earning:
            return
        if (now.schedule, now.note) == (earning.schedule, earning.note):
            yield _excess(earning, now.amount - earning.amount)
            return
        yield _excess(earning, -earning.amount)
        if kept or self._is_emptied:
            yield now.model_copy(update={"is_excess": True})

    def of_part(self, earning: Earning) -> Earning:
        """Return a concession over the days of the line that it takes something of."""
        if earning.since is None:  # of before: it takes nothing back from a month on
            return earning
        note = None if self._is_emptied else earning.note  # rounded with what is owed, for it is all of it
        return earning.model_copy(update={"schedule": self._own, "note": note})

    def _keeps(self, days: Period, kept: Money) -> bool:
        part = self._own.period
        if self._own.method is not RecognitionMethod.STRAIGHT_LINE_DAYS:
            return False
        if self._is_emptied or (days.start <= part.start and part.end <= days.end):
            return False
        owed = sum((one.owed * share_of_days(days, one.days) for one in self._parts), ZERO) * self._rate
        taken = sum((one.owed * share_of_days(days, one.days) for one in self._taken), ZERO)
        if kept.amount > Money.rounded(owed - taken, kept.currency, self._rounding).amount:
            return False
        self._taken.append(OwedDays(days, kept.amount))
        return True


def _own(before: BilledLine | Committed | None) -> list[Earning]:
    earnings = before.earnings if before else ()
    return [earning for earning in earnings if earning.is_concession and not earning.is_excess]


def _days_of_own(before: BilledLine | None) -> list[Period]:
    """Return the days over which each concession of a line is earned; those that it is for, where it is not by days."""
    own = [earning.schedule for earning in _own(before)]
    named = [one.days for one in before.credited if one.is_concession] if before else []
    if len(named) != len(own):
        return [schedule.period for schedule in own]
    by_days = RecognitionMethod.STRAIGHT_LINE_DAYS
    return [one.period if one.method is by_days else days for one, days in zip(own, named, strict=True)]


def _excess(earning: Earning, amount: Money) -> Earning:
    return earning.model_copy(update={"amount": amount, "is_excess": True})


def _gone(base: LineKey, conceded: Conceded) -> Decimal:
    """Return what concessions of a fee take of it no more: what is in excess, and what other parts take for it."""
    return conceded.excess.get(base, ZERO) + max(-conceded.moved.get(base, ZERO), ZERO)


def _split(before: BilledLine | Committed | None, gone: Decimal, rounding: Rounding) -> _Split:
    """Take what is gone off the concessions of a line, the latest first."""
    own = _own(before)
    taken = [-earning.amount.amount for earning in own]
    rate = sum(taken, ZERO) / before.conceded if before and before.conceded else Decimal(1)
    rest = gone * rate
    removed: list[Earning] = []
    for place in reversed(range(len(own))):
        amount = Money.rounded(min(rest, taken[place]), own[place].amount.currency, rounding)
        if amount.amount > 0:
            removed.append(_excess(own[place], amount))
            taken[place] -= amount.amount
            rest -= amount.amount
    return _Split(taken, removed, rate)


def _received(splits: Mapping[LineKey, _Split], conceded: Conceded, rounding: Rounding) -> dict[LineKey, list[Earning]]:
    """Return what each part takes of concessions that other parts owe too little for, the oldest and first first."""
    pool: list[Earning] = []
    for base, split in splits.items():
        gave, gone = max(-conceded.moved.get(base, ZERO), ZERO), _gone(base, conceded)
        pool += _taken(split.removed[::-1], gave / gone if gone else ZERO, rounding)
    wanted = {base: max(conceded.moved.get(base, ZERO), ZERO) for base in splits}
    received: dict[LineKey, list[Earning]] = {}
    open_amount = sum(wanted.values(), ZERO)
    for base, amount in wanted.items():
        if amount:
            mine = _taken(pool, amount / open_amount, rounding)
            received[base] = [_excess(earning, -earning.amount) for earning in mine]
            pool, open_amount = _less(pool, mine), open_amount - amount
    return received


def _taken(earnings: Sequence[Earning], share: Decimal, rounding: Rounding) -> list[Earning]:
    """Return so much of the amounts in all, the first ones first."""
    rest = sum((earning.amount.amount for earning in earnings), ZERO) * share
    taken: list[Earning] = []
    for earning in earnings:
        amount = Money.rounded(min(rest, earning.amount.amount), earning.amount.currency, rounding)
        if amount.amount > 0:
            taken.append(earning.model_copy(update={"amount": amount}))
            rest -= amount.amount
    return taken


def _less(earnings: Sequence[Earning], taken: Sequence[Earning]) -> list[Earning]:
    """Return what is left of amounts of which the first were taken."""
    left = list(earnings)
    for place, earning in enumerate(taken):
        left[place] = left[place].model_copy(update={"amount": left[place].amount - earning.amount})
    return [earning for earning in left if not earning.amount.is_zero]
