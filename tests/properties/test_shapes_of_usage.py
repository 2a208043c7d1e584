"""Usage that only varies is told of nothing, however it varies; and what share of a leak is seen at which size."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest

from billproof.completeness.gathering import Gathering
from tests.support.profiles_by_hand import Sender, Sent, month, profile

ACCOUNTS, WORLDS = 12, 4
INSTANTS = 86_400_000
type Population = Callable[[Random], Sender]
"""Draws what an account is like."""


def _value(value: float, places: int = 2) -> Decimal:
    return Decimal(f"{value:.{places}f}")


def _number(draw: Random, mean: float) -> int:
    """Draw how many events a day has, about as Poisson does."""
    return max(0, round(draw.gauss(mean, mean**0.5)))


def _at_random(draw: Random, day: int, number: int, value: Callable[[], Decimal]) -> Iterator[Sent]:
    for _ in range(number):
        yield Sent(day, draw.randrange(INSTANTS), value())


def heavy_tails(draw: Random) -> Sender:
    mean, shape = draw.lognormvariate(2, 1), draw.uniform(1.0, 2.0)
    return lambda rng, day: _at_random(rng, day, _number(rng, mean), lambda: _value(rng.paretovariate(shape), 4))


def lognormal(draw: Random) -> Sender:
    mean, level, spread = draw.lognormvariate(2, 1), draw.gauss(3, 2), draw.uniform(0.2, 2.5)
    return lambda rng, day: _at_random(rng, day, _number(rng, mean), lambda: _value(rng.lognormvariate(level, spread)))


def bursts(draw: Random) -> Sender:
    chance, size = draw.uniform(0.05, 0.5), draw.lognormvariate(3, 1)

    def sender(rng: Random, day: int) -> Iterator[Sent]:
        if rng.random() < chance:  # a burst says the same again and again, within a few moments
            start = rng.randrange(INSTANTS)
            for _ in range(_number(rng, size * rng.lognormvariate(0, 1))):
                yield Sent(day, start + rng.randrange(5), Decimal(rng.randrange(1, 4)))

    return sender


def seasons(draw: Random) -> Sender:
    mean, weekend, begins = draw.lognormvariate(2, 1), draw.uniform(0, 0.5), draw.randrange(7)

    def sender(rng: Random, day: int) -> Iterator[Sent]:
        quiet = weekend if (day + begins) % 7 > 4 else 1
        yield from _at_random(rng, day, _number(rng, mean * quiet), lambda: Decimal(rng.randrange(1, 500)))

    return sender


def working_days(draw: Random) -> Sender:
    number, begins = draw.randrange(1, 30), draw.randrange(7)

    def sender(rng: Random, day: int) -> Iterator[Sent]:
        if (day + begins) % 7 < 5 and rng.random() < 0.95:  # holidays
            yield from (Sent(day, hour, Decimal(rng.randrange(1, 500))) for hour in range(number))

    return sender


def jobs_that_fail(draw: Random) -> Sender:
    number, fails = draw.choice([1, 4, 24, 96]), draw.uniform(0, 0.02)

    def sender(rng: Random, day: int) -> Iterator[Sent]:
        yield from (Sent(day, hour, _value(rng.gauss(50, 9))) for hour in range(number) if rng.random() > fails)

    return sender


def whole_hours(draw: Random) -> Sender:
    mean, step = draw.lognormvariate(1, 1), draw.choice([1, 5, 60, 3600])
    return lambda rng, day: _at_random(rng, day, _number(rng, mean), lambda: Decimal(step * rng.randrange(1, 9)))


def one_size(draw: Random) -> Sender:
    mean, size = draw.lognormvariate(2, 1), Decimal(draw.choice([1, 60, 1000]))
    return lambda rng, day: _at_random(rng, day, _number(rng, mean), lambda: size)


POPULATIONS: list[Population] = [
    heavy_tails,
    lognormal,
    bursts,
    seasons,
    working_days,
    jobs_that_fail,
    whole_hours,
    one_size,
]


@pytest.mark.parametrize("population", POPULATIONS)
def test_usage_that_only_varies_is_told_of_nothing(population: Population) -> None:
    for seed in range(WORLDS):
        draw = Random(f"{population.__name__} {seed}")
        senders = {f"a{number}": population(draw) for number in range(ACCOUNTS)}
        months = [
            [profile(name, events) for name, sender in senders.items() if (events := month(sender, draw, days))]
            for days in (31, 28, 31)
        ]
        for before, now in pairwise(months):
            gathering = Gathering()
            gathering.add(now, before)
            assert list(gathering.changes()) == [], seed


@pytest.mark.parametrize("population", [one for one in POPULATIONS if one is not jobs_that_fail])
def test_a_first_month_is_told_of_nothing(population: Population) -> None:
    for seed in range(WORLDS):
        draw = Random(f"first {population.__name__} {seed}")
        gathering = Gathering()
        sent = [month(population(draw), draw) for _ in range(ACCOUNTS)]
        gathering.add([profile(f"a{number}", events) for number, events in enumerate(sent) if events], None)
        assert list(gathering.changes()) == [], seed


def regular(rng: Random, day: int) -> Iterator[Sent]:
    yield from (Sent(day, hour, Decimal(rng.randrange(300, 350))) for hour in range(3))


def lost(rng: Random, events: list[Sent], share: float) -> Iterator[Sent]:
    yield from (event for event in events if rng.random() >= share)


def in_thousands(rng: Random, events: list[Sent], share: float) -> Iterator[Sent]:
    for event in events:
        yield event._replace(value=event.value / 1000) if rng.random() < share else event


def sent_twice(rng: Random, events: list[Sent], share: float) -> Iterator[Sent]:
    for event in events:
        yield from [event] * (1 + (rng.random() < share))


@pytest.mark.parametrize("leak", [lost, in_thousands, sent_twice])
@pytest.mark.parametrize(
    ("accounts", "share", "seen"), [(7, 0.05, 1), (7, 0.4, 1), (7, 0.002, 0), (50, 0.01, 1), (50, 0.0002, 0)]
)
def test_what_share_of_a_leak_is_seen_at_which_size(
    leak: Callable[[Random, list[Sent], float], Iterator[Sent]], accounts: int, share: float, seen: int
) -> None:
    """As docs/controls.md says it: three events a day of 7 accounts show 5 % of them, of 50 accounts 1 %."""
    draws = 4
    told = 0
    for seed in range(draws):
        rng = Random(f"{leak.__name__} {accounts} {share} {seed}")
        gathering = Gathering()
        before = [profile(f"a{number}", month(regular, rng, 31)) for number in range(accounts)]
        now = [profile(f"a{number}", leak(rng, month(regular, rng, 28), share)) for number in range(accounts)]
        gathering.add(now, before)
        told += any(not change.account for change in gathering.changes())
    assert told == seen * draws
