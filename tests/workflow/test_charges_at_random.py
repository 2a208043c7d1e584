"""Whatever happens between charges: in all attempts no more is taken of an invoice than is open, as Stripe has them."""

import contextlib
import random
from datetime import date, timedelta

import pytest

from billproof.errors import ExternalServiceUnavailable
from tests.support.balances import FEB, JAN
from tests.support.cash import number_of, open_of, receipt, take, usd
from tests.support.charging import charge, charging, save
from tests.support.reminders import every_day
from tests.support.stripe_side import StripeSide


@pytest.mark.parametrize("seed", range(3))
def test_in_any_history_no_more_is_charged_of_an_invoice_than_is_open_in_all_its_attempts(seed: int) -> None:
    """Asked of the account at Stripe, whatever was noted: answers are lost, money comes, methods and keys change."""
    drawn, side, day = random.Random(seed), charging(JAN, FEB), date(2013, 3, 3)
    events = [_charged_within_what_is_open, *_HAPPENS]
    for _ in range(30):
        drawn.choice(events)(side, day, drawn)
        day += timedelta(days=drawn.randrange(4))
    assert side.account.intents()


def _answers_are_lost(side: StripeSide, _day: date, drawn: random.Random) -> None:
    side.client.losing, side.client.failing = drawn.choice([(1, 0), (0, 1), (0, 3)])


def _methods_change(side: StripeSide, _day: date, drawn: random.Random) -> None:
    both = {"pm_visa", "pm_new"}
    side.account.declined = dict.fromkeys(both, "insufficient_funds") if drawn.randrange(3) == 0 else {}
    side.account.slow = both if drawn.randrange(3) == 0 else set()
    save(side, customer=drawn.choice(["cus_united", "cus_other"]))


def _keys_are_forgotten(side: StripeSide, _day: date, _drawn: random.Random) -> None:
    side.client.keys.clear()


def _money_comes(side: StripeSide, _day: date, drawn: random.Random) -> None:
    text = drawn.choice([number_of(side.world, JAN), number_of(side.world, FEB), ""])
    take(side.world, receipt(usd(drawn.randrange(1, 9)), str(drawn.random()), remittance=text))


def _is_reminded(side: StripeSide, day: date, _drawn: random.Random) -> None:
    every_day(side.world, day.isoformat(), day.isoformat())


def _is_booked(side: StripeSide, _day: date, _drawn: random.Random) -> None:
    side.client.failing = side.client.losing = 0
    side.work_off()


_HAPPENS = [_answers_are_lost, _methods_change, _keys_are_forgotten, _money_comes, _is_reminded, _is_booked]


def _charged_within_what_is_open(side: StripeSide, day: date, _drawn: random.Random) -> None:
    """Charge on a day, and ask the account: what is new is no more than was open, and each is one payment."""
    before, was_open = _taken(side), {month: open_of(side.world, month) for month in (JAN, FEB)}
    with contextlib.suppress(ExternalServiceUnavailable):
        charge(side, day.isoformat())
    after = _taken(side)
    for month in (JAN, FEB):
        number = number_of(side.world, month)
        assert len(after.get(number, [])) <= 1
        new = sum(after.get(number, [])) - sum(before.get(number, []))
        assert 0 <= new <= was_open[month].amount * 100


def _taken(side: StripeSide) -> dict[str, list[int]]:
    """What was taken for each invoice, or is on its way, by every payment intent, in cents."""
    taken: dict[str, list[int]] = {}
    for intent in side.account.intents():
        if intent["status"] in {"succeeded", "processing"}:
            taken.setdefault(intent["metadata"]["invoice"], []).append(intent["amount"])
    return taken
