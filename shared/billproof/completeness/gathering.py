"""From what rules see of single accounts to what is said of a source: what happens to several at once is its own doing.

Nothing grows with the number of accounts: of each source, type and property sums are kept, and the account that shows
it most.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from billproof.completeness.chances import RARE, apart, at_least
from billproof.completeness.shapes import RULES, Observed, Shape
from billproof.usage.profiles import Profile
from billproof.usage.tallies import OTHER_SOURCES

LEAST_ACCOUNTS = 2
LEAST_SHARE = Decimal("0.1")
"""The share of a source's accounts that show what no chance makes, for it to be the source's doing."""
TIMES_MORE = 3
"""How many times the rate of the month before a rate must be, and how many accounts must rise for one that falls:
holidays and months of five Sundays make less."""
CHANCE_OF_ONE = 1e-6
"""One of many accounts is told of where its own chance is this small."""
CHANCE_OF_SIZE = 0.02
"""With tails as heavy as 1/x the largest of a month is a hundred times that of another in one month of a hundred, and
so is the smallest."""
ONLY_TOGETHER = {Shape.CUT, Shape.ROUNDED}
"""What one account may well do by itself."""
OF_VALUES = {Shape.CUT, Shape.RESIZED, Shape.ROUNDED}
"""What changes how large events are, and not how many there are."""


class ComparedPlace(NamedTuple):
    """What is compared: a source, a type of its events, and a property that they measure."""

    source: str
    event_type: str
    value_property: str


class Change(NamedTuple):
    """What the events of a source, or of one account of it, show that they did not show in the month before.

    `accounts` show it, of so many that are compared; `share` is what is missing of the usage of the event type (above
    zero) or too much, `own_share` that of the account which shows it most. `account` is empty where several show it.
    Where nothing is known of the month before (it has none), a month is looked at by itself.
    """

    shape: Shape
    place: ComparedPlace
    account: str
    accounts: int
    of_accounts: int
    share: Decimal
    own_share: Decimal
    says: str
    has_before: bool


@dataclass
class _Gathered:
    """What a rule saw of the accounts of a place; without a month before, only what they show together counts."""

    shape: Shape
    has_before: bool
    accounts: int = 0
    odd: int = 0
    rose: int = 0
    fell: int = 0
    strong: Counter[str] = field(default_factory=Counter)
    pooled: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    lost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    alike: Counter[str] = field(default_factory=Counter)
    worst: dict[str, tuple[bool, Decimal, str, Decimal, str]] = field(default_factory=dict)

    def add(self, profile: Profile, observed: Observed) -> None:
        """Take in what was seen of an account."""
        counts = observed.odd, observed.of, observed.odd_before, observed.of_before
        self.accounts += 1
        if observed.is_pooled:
            self.pooled = [was + more for was, more in zip(self.pooled, counts, strict=True)]
            self.rose += observed.odd * observed.of_before > observed.odd_before * observed.of
            self.fell += observed.odd * observed.of_before < observed.odd_before * observed.of
        if not observed.is_odd:
            return
        self.odd += 1
        is_strong = observed.is_strong or (self.shape not in OF_VALUES and apart(*counts) <= CHANCE_OF_ONE)
        if is_strong:
            self.strong[observed.alike] += 1
        self.alike[observed.alike] += 1
        lost = observed.share * weight(profile, self.shape)
        self.lost[observed.alike] += lost
        mine = is_strong, abs(lost), profile.account, observed.share, observed.says
        self.worst[observed.alike] = max(self.worst.get(observed.alike, mine), mine)

    def changes(self, place: ComparedPlace, whole: Decimal) -> Iterator[Change]:
        """Yield what is said of the place, or in each way of the account that shows it most."""
        many, cause = self._many()
        causes = [cause] if many else [alike for alike in sorted(self.strong) if self._is_of_one]
        for alike in causes if whole else ():
            _, worst, account, own_share, says = self.worst[alike]
            lost = self.lost[alike] if many else worst.copy_sign(own_share)
            yield Change(
                shape=self.shape,
                place=place,
                account="" if many else account,
                accounts=many or 1,
                of_accounts=self.accounts,
                share=lost / whole,
                own_share=own_share,
                says=f"{many} of {self.accounts} accounts, such as {account}: {says}" if many else says,
                has_before=self.has_before,
            )

    @property
    def _is_of_one(self) -> bool:
        return self.has_before and self.shape not in ONLY_TOGETHER

    def _many(self) -> tuple[int, str]:
        """Return how many accounts show it in which way where that is the source's doing; 0 where it is not."""
        if not self.alike:
            return 0, ""
        cause, together = self.alike.most_common(1)[0]
        if not self._is_of_one:
            return (together, cause) if self.strong and _are_many(together, self.accounts) else (0, "")
        for alike, strong in self.strong.most_common(1):
            if _are_many(strong, self.accounts):
                return strong, alike
        if self.shape is Shape.RESIZED:
            is_rare = at_least(self.odd, self.accounts, CHANCE_OF_SIZE) <= RARE
            return (self.odd, cause) if is_rare and self.odd >= LEAST_ACCOUNTS else (0, "")
        odd, of, odd_before, of_before = self.pooled
        is_more = apart(odd, of, odd_before, of_before) <= RARE and odd * of_before >= TIMES_MORE * odd_before * of
        is_wide = self.rose >= LEAST_ACCOUNTS and self.rose >= TIMES_MORE * self.fell
        return (self.rose, cause) if is_more and is_wide else (0, "")


def _are_many(accounts: int, of_accounts: int) -> bool:
    return accounts >= LEAST_ACCOUNTS and accounts >= LEAST_SHARE * of_accounts


def weight(profile: Profile, shape: Shape) -> Decimal:
    """Return what an account's share is of: what its values come to, or its events."""
    return profile.total if shape in OF_VALUES else Decimal(profile.events)


class Gathering:
    """Takes in profiles of one month beside those of the month before, and says at the end what changed."""

    def __init__(self) -> None:
        self._gathered: dict[tuple[ComparedPlace, Shape], _Gathered] = {}
        self._whole: dict[tuple[str, str, Shape], Decimal] = defaultdict(Decimal)

    def add(self, now: Iterable[Profile], before: Iterable[Profile] | None) -> None:
        """Compare the profiles of some accounts with those of the same ones in the month before.

        Without a month before, only what a month shows by itself is looked for; an account that is new in a month that
        has one before it is looked at in the next.
        """
        known = None if before is None else {profile.key: profile for profile in before}
        for profile in now:
            place = ComparedPlace(profile.source, profile.event_type, profile.value_property)
            for shape, rule in RULES.items():
                self._whole[profile.event_type, profile.value_property, shape] += weight(profile, shape)
                if profile.source == OTHER_SOURCES:  # not one source: nothing is said of them together
                    continue
                earlier = None if known is None else known.get(profile.key)
                observed = rule(profile, earlier) if known is None or earlier is not None else None
                if observed is not None:
                    new = _Gathered(shape, has_before=known is not None)
                    self._gathered.setdefault((place, shape), new).add(profile, observed)

    def changes(self) -> Iterator[Change]:
        """Yield what changed, by source."""
        for (place, shape), gathered in sorted(self._gathered.items(), key=lambda item: item[0]):
            yield from gathered.changes(place, self._whole[place.event_type, place.value_property, shape])
