"""Stripe at its worst: events of nobody's among real ones, calls for refunds in one another, answers lost anywhere."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.errors import ExternalServiceUnavailable
from billproof.payments.refunds_due import refunds_due
from tests.support.balances import FEB, JAN
from tests.support.cash import number_of, receivables_of
from tests.support.gateways import on_accounts
from tests.support.levels import LEVEL
from tests.support.stripe_client import AccountClient
from tests.support.stripe_days import charged, end_of, everything
from tests.support.stripe_refunding import FEBRUARY, JANUARY, at_stripe, pay
from tests.support.stripe_side import StripeSide, call
from tests.support.verifying import verified

type Event = dict[str, Any]
OTHER = "whsec_of_another"
SEEDS = st.integers(0, 2**32)
FORGED: dict[str, Callable[[StripeSide, Event], tuple[int, Any]]] = {
    "signed by another": lambda side, event: call(side.world, json.dumps(event), secret=OTHER),
    "signed long ago": lambda side, event: call(side.world, json.dumps(event), later=301),
    "not signed": lambda side, event: call(side.world, json.dumps(event), header=""),
    "of another account": lambda side, event: call(side.world, json.dumps(event | {"account": "acct_other"})),
    "of live money": lambda side, event: call(side.world, json.dumps(event | {"livemode": True})),
    "cut off": lambda side, event: call(side.world, json.dumps(event)[:-9]),
}


@settings(max_examples=6 * LEVEL)
@given(seed=SEEDS)
def test_events_of_nobodys_among_real_ones_change_nothing(seed: int) -> None:
    """The forged ones tell of charges, refunds and disputes at Stripe of which no real event came yet, or ever."""
    draw = random.Random(seed)
    plain, side = StripeSide(JAN, FEB), StripeSide(JAN, FEB)
    plain.happens(everything(plain))
    events = everything(side)
    for event in draw.sample(events, len(events)):
        for _ in range(draw.randrange(3)):
            kind = draw.choice(list(FORGED))
            status, _answer = FORGED[kind](side, draw.choice(events))
            assert status in {401, 422}, kind
        side.tell(event)
        if draw.random() < 0.3:
            side.work_off()
    side.work_off()
    assert end_of(side) == end_of(plain)
    side.world.settle()
    assert verified(side.world).findings == ()


class Disturbed(AccountClient):
    """Stripe, at whose every call another one may begin, an event arrive, or the answer be lost."""

    def __init__(self, side: StripeSide, draw: random.Random) -> None:
        super().__init__(side.account)
        self._side, self._draw, self._depth = side, draw, 0

    def request(self, method: str, url: str, *args: Any, **terms: Any) -> tuple[str, int, dict[str, str]]:
        """Answer as Stripe, after what happens first."""
        if self._depth < 3:
            self._depth += 1
            if self._draw.random() < 0.3:
                asked_for(self._side)
            if self._draw.random() < 0.2:
                with_lost_answers(self._side)
            self._depth -= 1
        self.losing = int(method != "get" and self._draw.random() < 0.3)
        return super().request(method, url, *args, **terms)


def asked_for(side: StripeSide) -> None:
    """Pay what is due, as a schedule does: what Stripe does not answer is left for the next time."""
    try:
        pay(side)
    except ExternalServiceUnavailable:
        return


def with_lost_answers(side: StripeSide) -> None:
    """Take what waits in the queue; what could not be asked is delivered again."""
    for body in side.waiting():
        try:
            side.take(body)
        except ExternalServiceUnavailable:
            side.world.payment_events.bodies.append(body)


@settings(max_examples=12 * LEVEL)
@given(seed=SEEDS)
def test_refunds_asked_for_at_once_and_with_lost_answers_are_paid_once(seed: int) -> None:
    """30.00 of each invoice go back, however many calls are under way: never more, at Stripe and in the books."""
    draw = random.Random(seed)
    side = StripeSide(JAN, FEB, pays_refunds=True)
    numbers = f"{number_of(side.world, JAN)} {number_of(side.world, FEB)}"
    side.happens(side.account.charge("ch_1", 6000, description=numbers))
    side.world.credit_and_approve(JANUARY, refund=True)
    side.client = Disturbed(side, draw)
    asked_for(side)
    side.world.credit_and_approve(FEBRUARY, request="C-2", refund=True)
    for _ in range(draw.randrange(1, 4)):
        asked_for(side)
        side.client.keys.clear()  # Stripe keeps them for a day
    side.client = AccountClient(side.account)
    for _ in range(2):
        pay(side)
        side.work_off()
    assert at_stripe(side) == [3000, 3000]
    assert list(refunds_due(receivables_of(side.world))) == []
    assert on_accounts(side.world) == {}


@pytest.mark.parametrize("kind", FORGED)
def test_each_kind_of_forged_event_is_refused(kind: str) -> None:
    side = StripeSide(JAN)
    status, _answer = FORGED[kind](side, charged(side))
    assert (status in {401, 422}, side.world.payment_events.bodies) == (True, [])
