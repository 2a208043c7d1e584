"""The tax of a difference of a line that a change of rate divides: what its days owe now, less what they were charged.

    a year of 3,660.00 at 7.7 % to December (1,840.00) and 8.1 % from January (1,820.00), then
    ended on 1 April     910.00 less, all of it of days at 8.1 %
    at half the price    920.00 less of days at 7.7 %, and 910.00 of days at 8.1 %

A concession is of the days whose tax its credit note bears: it comes off what those owe, and never makes it negative.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billproof.money import Money, allocate, total
from billproof.periods import Period
from billproof.pricing.model import PricedLine
from billproof.tax.amounts import Share
from billproof.tax.charged import ChargedPart, shares_back
from billproof.tax.model import Determination

ZERO = Decimal(0)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The days between two changes of rate: those that the line covers now, and what was charged on all of them."""

    covered: Period | None
    charged: tuple[ChargedPart, ...]


def divided_shares(
    line: PricedLine, parts: Sequence[ChargedPart], spans: Sequence[Period], tax_on: Callable[[date], Determination]
) -> list[Share]:
    """Return the shares of a difference by the days that they are of; none where it was not charged so.

    `spans` are the days of the service period between changes of rate; `tax_on` says the tax of a day by the rules.
    """
    stretches = [_days(line, parts, span, spans) for span in spans]
    covered = [days.covered for days in stretches]
    if not parts or not any(covered) or _was_whole(stretches):
        return []
    currency = line.net.currency
    conceded = [-total((part.price for part in days.charged if part.is_concession), currency) for days in stretches]
    charged = [total((part.price for part in days.charged), currency) for days in stretches]
    owed = line.net + total(charged, currency)
    before = allocate(owed + total(conceded, currency), [Decimal(days.days if days else 0) for days in covered])
    left = _after(owed, [whole - taken for whole, taken in zip(before, conceded, strict=True)])
    shares: list[Share] = []
    for days, now, was in zip(stretches, left, charged, strict=True):
        price = now - was
        if price.is_zero:
            continue
        if days.charged and price.amount * was.amount < 0:
            shares.extend(_back(days, price))
        else:
            last = (days.covered or line.covered).end - DAY
            shares.append(Share(price, tax_on(last), days.covered))
    return shares


def _back(days: _Stretch, price: Money) -> list[Share]:
    """Take back what was charged on some days, the latest first; what bears the same tax is one share."""
    shares: dict[tuple[str, ...], Share] = {}
    for share in shares_back(days.charged, price):
        tax = share.determination.same_tax
        before = shares[tax].price if tax in shares else Money.zero(price.currency)
        shares[tax] = Share(before + share.price, share.determination, days.covered)
    return list(shares.values())


def _days(line: PricedLine, parts: Sequence[ChargedPart], span: Period, spans: Sequence[Period]) -> _Stretch:
    covered = _both(span, line.covered)
    is_last = span == spans[-1]
    mine = (part for part in parts if _falls_in(part.determination.tax_point, span, is_last=is_last))
    return _Stretch(covered, tuple(mine))


def _falls_in(day: date, span: Period, *, is_last: bool) -> bool:
    return span.start <= day and (is_last or day < span.end)


def _both(span: Period, covered: Period) -> Period | None:
    start, end = max(span.start, covered.start), min(span.end, covered.end)
    return Period(start=start, end=end) if start < end else None


def _was_whole(stretches: Sequence[_Stretch]) -> bool:
    """Say whether all was charged with one tax, that of the last days, though the line covers earlier ones, too."""
    return not any(days.charged for days in stretches[:-1]) and any(days.covered for days in stretches[:-1])


def _after(owed: Money, left: list[Money]) -> list[Money]:
    """Let no days owe less than nothing after concessions: the others owe so much less."""
    sign = -1 if owed.amount < 0 else 1
    missing = sum((money.amount * sign for money in left if money.amount * sign < 0), ZERO)
    settled: list[Money] = []
    for money in left:
        amount = max(money.amount * sign, ZERO)
        taken = min(amount, -missing)
        missing += taken
        settled.append(Money.of((amount - taken) * sign, money.currency))
    return settled
