"""What of an account's profile is not as it was in the month before; each rule looks at one account, source and type.

A rule knows nothing of the cause. Telecom operators control the usage of their networks in such ways (TM Forum GB941D,
Revenue Leakage Framework and Examples, and GB941E, Risk Coverage Model), and utilities what their meters send (missing
intervals, spikes: California's Standards for Validating, Editing and Estimating Monthly and Interval Data, revision 2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from billproof.usage.profiles import BANDS_OF_A_DECADE, STEPS, Profile

LEAST_EVENTS = 30
"""Events with a value that make a history of values."""
LEAST_VALUES = 10
"""Different values that an account must have for one of them to be remarkable."""
LEAST_DAYS_BEFORE, LEAST_DAYS_NOW = 20, 7
REGULAR = Decimal("0.8")
"""The share of the days of two months with one and the same number of events that makes a regular sender."""
WAS_REGULAR = Decimal("0.93")
"""The share of the days of the month before that made one, whatever it sends now."""
TIMES_PILED = 20
"""How many times as often as the others the largest value must come to be a limit."""
TIMES_LESS_PILED = 4
"""How many times less often it came in the month before."""
DECADES_AWAY = 2
"""A value of another size is a hundred times as large, or as small, as any of the month before: units differ by more,
and an account's own growth by less."""
ALL = Decimal("0.99")
"""The share of an account's values that must be multiples of a step to be all of them."""
MOST_BEFORE = Decimal("0.5")
"""The share of them that may have been multiples before."""


class Shape(StrEnum):
    """What changed; the value is the code of its finding."""

    IRREGULAR = "usage_irregular"
    REPEATED = "usage_repeated"
    CUT = "usage_cut"
    RESIZED = "usage_resized"
    ROUNDED = "usage_rounded"


@dataclass(frozen=True, slots=True)
class Observed:
    """What a rule saw of an account: `odd` of so many days, values or the one account, now and before.

    `share` is what of the account's usage is missing (above zero) or too much, as a share of what it has now. `alike`
    is what accounts with the same cause have in common; `says` is told of one that `is_odd`.
    It `is_strong` where no chance makes it of a single account, and `is_pooled` where its days count with those of its
    source.
    """

    odd: int
    of: int
    odd_before: int = 0
    of_before: int = 0
    is_odd: bool = False
    share: Decimal = Decimal(0)
    alike: str = ""
    says: str = ""
    is_strong: bool = False
    is_pooled: bool = True


type Rule = Callable[[Profile, Profile | None], Observed | None]


def irregular(now: Profile, before: Profile | None) -> Observed | None:
    """See how many days of a regular sender do not have the number of events that its days usually have.

    By itself a month shows it where nearly all days with events have the same number, and the others less.
    """
    if before is None:
        return _short_days(now)
    if before.days < LEAST_DAYS_BEFORE or now.days < LEAST_DAYS_NOW:
        return None
    kept = now.usual_days if now.usual == before.usual else 0
    is_regular = kept + before.usual_days >= REGULAR * (now.days + before.days)
    if not is_regular and before.usual_days < WAS_REGULAR * before.days:
        return None
    odd, expected = now.days - kept, before.usual * now.days
    text = f"{now.events} events on {now.days} days, {expected} are usual: {before.usual} a day"
    return Observed(
        odd=odd,
        of=now.days,
        odd_before=before.days - before.usual_days,
        of_before=before.days,
        is_odd=odd * before.days > (before.days - before.usual_days) * now.days,
        share=Decimal(expected - now.events) / now.events,
        alike="fewer" if now.events <= expected else "more",
        says=text,
        is_pooled=is_regular,
    )


def _short_days(now: Profile) -> Observed | None:
    missing, short = now.usual * now.active_days - now.events, now.active_days - now.usual_days
    if now.days < LEAST_DAYS_BEFORE or now.usual_days < REGULAR * now.active_days or now.usual == 1:
        return None
    return Observed(
        odd=short,
        of=now.active_days,
        is_odd=missing > 0,
        share=Decimal(max(missing, 0)) / now.events,
        says=f"{short} of {now.active_days} days have fewer than {now.usual} events, all others have just as many",
        is_strong=missing > 0,
    )


def repeated(now: Profile, before: Profile | None) -> Observed | None:
    """See on how many days an account has events that say at the same instant what another one of it says."""
    if before is None:
        return None
    extra = now.repeated - Decimal(before.repeated) * now.events / before.events
    return Observed(
        odd=now.repeated_days,
        of=now.days,
        odd_before=before.repeated_days,
        of_before=before.days,
        is_odd=now.repeated_days * before.days > before.repeated_days * now.days,
        share=-max(extra, Decimal(0)) / now.events,
        says=f"{now.repeated} of {now.events} events say what another one says of the same instant, "
        f"{before.repeated} of {before.events} did",
    )


def cut(now: Profile, before: Profile | None) -> Observed | None:
    """See whether the largest value comes far more often than the others, and than in the month before.

    By itself a month shows it where other accounts have the same largest value, were it the only one that they have.
    """
    if now.sized < LEAST_EVENTS or (before is not None and before.sized < LEAST_EVENTS):
        return None
    others, values = now.sized - now.at_most, now.values - 1
    is_piled = values >= LEAST_VALUES and now.at_most * values >= TIMES_PILED * max(others, 1)
    text = f"{now.at_most} of {now.sized} values are {now.most:f}, the largest one"
    if before is None:
        is_odd = is_piled or now.values == 1
        return Observed(int(is_odd), 1, is_odd=is_odd, alike=f"{now.most:f}", says=text, is_strong=is_piled)
    is_piled = is_piled or (before.values >= LEAST_VALUES and 2 * now.at_most >= now.sized)
    was_less = now.at_most * before.sized > TIMES_LESS_PILED * before.at_most * now.sized
    is_cut = is_piled and was_less and before.most > now.most
    mean_now, mean_before = now.total / now.sized, before.total / before.sized
    return Observed(
        int(is_cut),
        1,
        is_odd=is_cut,
        share=max(mean_before / mean_now - 1, Decimal(0)) if mean_now else Decimal(0),
        alike=f"{now.most:f}",
        is_strong=is_cut,
        says=f"{text}; it was {before.most:f}",
    )


def resized(now: Profile, before: Profile | None) -> Observed | None:
    """See how many values are a hundred times as large, or as small, as any of the month before."""
    if before is None or before.sized < LEAST_EVENTS or not now.sized:
        return None
    least, most = min(band.band for band in before.bands), max(band.band for band in before.bands)
    away = DECADES_AWAY * BANDS_OF_A_DECADE
    small = sum(band.events for band in now.bands if band.band + 1 <= least - away)
    large = sum(band.events for band in now.bands if band.band >= most + 1 + away)
    outside = small + large
    text = f"{outside} of {now.sized} values are a hundred times {'smaller' if small >= large else 'larger'} or more"
    return Observed(
        odd=outside,
        of=now.sized,
        of_before=before.sized,
        is_odd=outside > 0,
        share=Decimal(small - large) / max(now.sized - small, 1),
        alike="small" if small >= large else "large",
        says=f"{text} than any of the month before",
        is_strong=outside >= LEAST_OUTSIDE,
    )


LEAST_OUTSIDE = 3
"""Values of one account that are none of chance: of heavy tails, one a month may be."""


def rounded(now: Profile, before: Profile | None) -> Observed | None:
    """See whether all values are multiples of a step that they were not of before."""
    if before is None or min(before.sized, now.sized) < LEAST_EVENTS or before.values < LEAST_VALUES:
        return None
    steps = [
        step
        for step, multiples, multiples_before in zip(STEPS, now.multiples, before.multiples, strict=True)
        if multiples >= ALL * now.sized and multiples_before <= MOST_BEFORE * before.sized
    ]
    if not steps:
        return Observed(0, 1)
    step = steps[-1]
    return Observed(
        1,
        1,
        is_odd=True,
        share=step / 2 * now.sized / now.total,
        alike=f"{step:f}",
        is_strong=True,
        says=f"its {now.sized} values are multiples of {step:f}, of those of the month before they are not",
    )


RULES: dict[Shape, Rule] = {
    Shape.IRREGULAR: irregular,
    Shape.REPEATED: repeated,
    Shape.CUT: cut,
    Shape.RESIZED: resized,
    Shape.ROUNDED: rounded,
}
"""Every rule."""
