"""What a profile shows that the one of the month before does not: every boundary, counted by hand."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from math import isclose

import pytest

from billproof.completeness.chances import apart, at_least
from billproof.completeness.gathering import Change, Gathering
from billproof.completeness.shapes import Shape, cut, irregular, repeated, resized, rounded
from billproof.usage.profiles import Band, Profile
from tests.support.profiles_by_hand import Sent, profile

D = Decimal


def regular(a_day: int = 3, days: Iterable[int] = range(30), *, without: int = 0, values: int = 97) -> list[Sent]:
    sent = [Sent(day, moment, D(100 + (7 * day + moment) % values)) for day in days for moment in range(a_day)]
    lost = {(day, 0) for day in range(without)}
    return [event for event in sent if (event.day, event.moment) not in lost]


def changes(
    now: Iterable[tuple[str, list[Sent]]], before: Iterable[tuple[str, list[Sent]]] | None
) -> dict[Shape, Change]:
    gathering = Gathering()
    earlier = None if before is None else [profile(name, events) for name, events in before]
    gathering.add([profile(name, events) for name, events in now], earlier)
    return {change.shape: change for change in gathering.changes()}


def test_chances_are_those_of_chernoff() -> None:
    # 10 of 10 where none of 10 were: the rate that fits best is a half, so 0.5 ** 10 twice
    assert isclose(apart(10, 10, 0, 10), 0.5**20)
    assert apart(3, 10, 3, 10) == apart(2, 10, 3, 10) == apart(1, 0, 0, 10) == 1.0
    assert isclose(at_least(10, 10, 0.5), 0.5**10)
    assert at_least(1, 100, 0.02) == at_least(0, 0, 0.02) == 1.0


def test_a_bound_is_above_what_it_bounds() -> None:
    # of 4 accounts 2 or more at a chance of 0.1: 1 - 0.9**4 - 4 * 0.1 * 0.9**3 = 0.0523
    assert 0.0523 < at_least(2, 4, 0.1) < 1


def test_regular_senders_that_send_less_are_the_source_s_doing() -> None:
    names = [f"a{number}" for number in range(5)]
    before = [(name, regular()) for name in names]
    found = changes([(name, regular(without=3)) for name in names], before)
    # 3 of 30 days of 5 accounts: 15 events of 5 * 87 are missing
    change = found.pop(Shape.IRREGULAR)
    assert (change.account, change.accounts, change.of_accounts) == ("", 5, 5)
    assert change.share == D(15) / D(435)
    assert found == {}


@pytest.mark.parametrize(
    ("without", "is_told"),
    [(0, False), (1, False), (2, False), (3, True)],  # of 150 days: 5 are chance of 0.028, 10 of 9e-4, 15 of 3e-5
)
def test_what_chance_makes_is_not_told(without: int, *, is_told: bool) -> None:
    names = [f"a{number}" for number in range(5)]
    found = changes([(name, regular(without=without)) for name in names], [(name, regular()) for name in names])
    assert (Shape.IRREGULAR in found) is is_told


def test_one_account_that_sends_other_numbers_is_told_of_itself() -> None:
    names = [f"a{number}" for number in range(30)]
    now = [("a0", regular(4)), *((name, regular()) for name in names[1:])]
    change = changes(now, [(name, regular()) for name in names])[Shape.IRREGULAR]
    assert (change.account, change.accounts) == ("a0", 1)
    assert change.share < 0  # too many
    assert change.says == "120 events on 30 days, 90 are usual: 3 a day"


def test_usage_that_moves_to_another_account_is_told_of_both() -> None:
    names = [f"a{number}" for number in range(10)]
    moved = {"a0": regular(2), "a1": regular(4)}
    gathering = Gathering()
    gathering.add(
        [profile(name, moved.get(name, regular())) for name in names], [profile(name, regular()) for name in names]
    )
    found = [(change.account, change.share * 900) for change in gathering.changes()]
    assert found == [("a0", D(30)), ("a1", D(-30))]


def test_a_source_of_one_account_is_told_of_as_that_account() -> None:
    before = [("a0", regular())]
    assert changes([("a0", regular(1))], before)[Shape.IRREGULAR].account == "a0"
    kilo = [("a0", [event._replace(value=event.value / 1000) for event in regular()])]
    assert changes(kilo, before)[Shape.RESIZED].account == "a0"
    assert changes([("a0", limited(regular(), 120))], before) == {}


def test_who_sends_on_working_days_alone_is_no_regular_sender() -> None:
    weekdays = [day for day in range(30) if day % 7 < 5]
    holidays = [day for day in weekdays if day not in {1, 2, 3}]
    assert irregular(profile("a", regular(days=holidays)), profile("a", regular(days=weekdays))) is None


def test_a_month_of_five_sundays_after_one_of_four_is_as_ever() -> None:
    names = [f"a{number}" for number in range(1000)]
    four, five = ([day for day in range(30) if day % 7 != closed or day == skip] for closed, skip in ((6, 99), (1, 99)))
    now, before = profile("a", regular(days=five)), profile("a", regular(days=four))
    gathering = Gathering()
    gathering.add(
        [now.model_copy(update={"account": name}) for name in names],
        [before.model_copy(update={"account": name}) for name in names],
    )
    assert list(gathering.changes()) == []


def test_without_a_month_before_short_days_of_regular_senders_are_told_and_hold_nothing() -> None:
    change = changes([("a", regular(without=4)), ("b", regular(without=4))], None)[Shape.IRREGULAR]
    assert not change.has_before
    assert (
        change.says == "2 of 2 accounts, such as b: 4 of 30 days have fewer than 3 events, all others have just as many"
    )
    assert changes([("a", regular(without=4))], None) == {}  # one alone may be so
    assert changes([("a", regular()), ("b", regular())], None) == {}


def twice(events: list[Sent], number: int) -> list[Sent]:
    return [*events, *events[:number]]


def bursty(seed: int) -> list[Sent]:
    return [Sent(day, moment, D(1 + (seed * moment) % 89)) for day in range(30) for moment in range(day * seed % 7 + 1)]


def test_the_same_content_under_new_ids_on_more_days_is_told() -> None:
    names = {f"a{number}": bursty(number + 3) for number in range(6)}
    now = [(name, twice(events, 12)) for name, events in names.items()]
    change = changes(now, list(names.items()))[Shape.REPEATED]
    assert (change.account, change.of_accounts) == ("", 6)
    assert change.share == -D(72) / sum(len(events) for _, events in now)


def test_who_always_sends_some_content_twice_is_as_ever() -> None:
    names = {f"a{number}": twice(bursty(number + 3), 9) for number in range(6)}
    assert changes(list(names.items()), list(names.items())) == {}


def test_repeats_are_compared_with_the_share_of_before() -> None:
    before = profile("a", twice(bursty(3), 9))
    seen = repeated(before.model_copy(update={"events": before.events * 2, "repeated": 18}), before)
    assert seen is not None
    assert seen.share == 0


def limited(events: Iterable[Sent], most: int) -> list[Sent]:
    return [event._replace(value=min(event.value, D(most))) for event in events]


def test_values_of_several_accounts_that_are_cut_to_one_limit_are_told_with_what_is_lost() -> None:
    names = [("a", regular()), ("b", regular()), ("c", regular())]
    change = changes([(name, limited(events, 120)) for name, events in names], names)[Shape.CUT]
    assert (change.account, change.accounts) == ("", 3)
    whole, left = change_total(regular()), change_total(limited(regular(), 120))
    assert change.share.quantize(D("0.0001")) == ((whole - left) / left).quantize(D("0.0001"))


def test_one_account_of_many_may_set_itself_a_limit() -> None:
    names = [(f"a{number}", regular()) for number in range(3)]
    assert changes([("a0", limited(regular(), 120)), *names[1:]], names) == {}


def test_a_limit_that_was_there_before_is_not_told_again() -> None:
    names = [(name, limited(regular(), 120)) for name in ("a", "b")]
    assert changes(names, names) == {}
    assert changes(names, None)[Shape.CUT].has_before is False


@pytest.mark.parametrize(
    ("at_most", "others", "values", "is_piled"),
    [(20, 10, 11, True), (19, 10, 11, False), (20, 10, 10, False), (40, 20, 11, True), (39, 20, 11, False)],
)
def test_a_limit_comes_twenty_times_as_often_as_the_ten_other_values_or_more(
    at_most: int, others: int, values: int, *, is_piled: bool
) -> None:
    one = profile("a", regular()).model_copy(
        update={"at_most": at_most, "values": values, "bands": (Band(band=8, events=at_most + others),)}
    )
    seen = cut(one, None)
    assert seen is None or seen.is_strong is is_piled
    assert seen is not None or at_most + others < 30


def sized(*bands: tuple[int, int]) -> Profile:
    events = sum(number for _, number in bands)
    return profile("a", regular()).model_copy(
        update={"events": events, "bands": tuple(Band(band=band, events=number) for band, number in bands)}
    )


@pytest.mark.parametrize(
    ("band", "outside"),
    [(0, 2), (1, 0), (20, 0), (21, 2)],  # from 10 ** 2.25 to 10 ** 3.25: below 10 ** 0.25, from 10 ** 5.25 on
)
def test_a_value_of_another_size_is_a_hundred_times_outside_of_the_month_before(band: int, outside: int) -> None:
    seen = resized(sized((band, 2), (10, 40)), sized((9, 20), (12, 20)))
    assert seen is not None
    assert (seen.odd, seen.is_strong) == (outside, False)


def test_a_unit_of_a_thousand_in_a_share_of_the_values_of_a_source_is_told() -> None:
    names = [(f"a{number}", regular()) for number in range(7)]
    kilo = [
        (name, [event._replace(value=event.value / 1000) if event.day == 5 else event for event in events])
        for name, events in names
    ]
    change = changes(kilo, names)[Shape.RESIZED]
    assert (change.account, change.accounts) == ("", 7)
    assert change.share.quantize(D("1e-9")) == (D(3) / D(87)).quantize(D("1e-9"))


def change_total(events: list[Sent]) -> Decimal:
    return sum((event.value for event in events), D(0))


def test_one_large_value_in_each_of_two_accounts_of_seven_may_be_chance() -> None:
    names = [(f"a{number}", regular()) for number in range(7)]
    now = [(name, [*events, Sent(3, 99, D(99_999))] if name in {"a0", "a1"} else events) for name, events in names]
    assert Shape.RESIZED not in changes(now, names)


@pytest.mark.parametrize("step", ["5", "25", "0.1"])
def test_values_that_are_all_multiples_of_a_step_are_told_with_half_a_step_each(step: str) -> None:
    fine = [(name, [event._replace(value=event.value + D("0.03")) for event in regular()]) for name in ("a", "b")]
    whole = [(name, [one._replace(value=one.value // D(step) * D(step)) for one in events]) for name, events in fine]
    change = changes(whole, fine)[Shape.ROUNDED]
    total = sum(change_total(events) for _, events in whole)
    taken = D("1") if step == "0.1" else D(step)  # nothing but whole numbers and their hundredths: tenths are ones
    assert change.share.quantize(D("1e-9")) == (taken / 2 * 180 / total).quantize(D("1e-9"))


@pytest.mark.parametrize(("off", "is_told"), [(0, True), (1, False)])
def test_all_of_thirty_values_are_multiples(off: int, *, is_told: bool) -> None:
    before = profile("a", regular(1))
    now = before.model_copy(update={"multiples": (30, 30, 30, 30 - off, 0, 0, 0, 0, 0, 0)})
    seen = rounded(now, before)
    assert seen is not None
    assert seen.is_odd is is_told


def test_values_that_were_mostly_multiples_before_are_as_ever() -> None:
    before = profile("a", regular()).model_copy(update={"multiples": (90,) * 3 + (46,) + (0,) * 6})
    seen = rounded(before.model_copy(update={"multiples": (90,) * 4 + (0,) * 6}), before)
    assert seen is not None
    assert not seen.is_odd


def test_an_account_that_is_new_is_looked_at_in_the_next_month() -> None:
    names = [("a", regular()), ("b", regular())]
    new = [(name, limited(regular(), 120)) for name in ("c", "d", "e")]
    assert changes([*names, *new], names) == {}


def test_what_is_seen_can_be_told_of() -> None:
    seen = irregular(profile("a", regular(without=2)), profile("a", regular()))
    assert seen is not None
    assert replace(seen, says="") == replace(seen, says="", odd=2, of=30, odd_before=0, of_before=30)
