"""Refunds that credit notes ask for, paid through Stripe: once, whatever becomes of a call, never more than paid."""

import itertools
from datetime import timedelta
from typing import Any

import pytest

from billproof.adapters.stripe.refunds import StripeRefunds
from billproof.errors import ExternalServiceUnavailable
from billproof.masterdata.keys import MEMBER_SHARDS
from billproof.payments.desk import CashDecision
from billproof.payments.model import UseKind
from billproof.payments.refunding import PaidRefunds, RefundSources, pay_refunds
from billproof.payments.refunds_due import refunds_due
from billproof.payments.unanswered import refuse_unanswered
from tests.support.balances import FEB, JAN
from tests.support.cash import desk_of, number_of, receipt, receivables_of, take, usd
from tests.support.gateways import CARDS, NOW, on_accounts, paid_by_card
from tests.support.stripe_refunding import FEBRUARY, JANUARY, at_stripe, pay, paying, sources_of
from tests.support.stripe_side import StripeSide
from tests.support.stripe_world import KEY, secrets
from tests.support.world import INC


def test_what_a_credit_note_says_is_refunded_once_and_booked() -> None:
    side = paying(JAN)
    assert pay(side) == (0, 0)
    side.world.credit_and_approve(JANUARY, refund=True)
    assert pay(side) == (1, 0)
    (refund,) = side.account.refunds_of("ch_1")
    assert (refund["amount"], refund["metadata"]) == (3000, {"invoice": number_of(side.world, JAN)})
    assert pay(side) == (0, 0)
    side.work_off()
    assert pay(side) == (0, 0)
    assert list(refunds_due(receivables_of(side.world))) == []
    assert (at_stripe(side), on_accounts(side.world)) == ([3000], {})


@pytest.mark.parametrize("is_key_forgotten", [False, True])
def test_a_refund_whose_answer_was_lost_is_found_and_not_paid_again(is_key_forgotten: bool) -> None:  # noqa: FBT001
    side = paying(JAN)
    side.world.credit_and_approve(JANUARY, refund=True)
    side.client.losing = 1
    with pytest.raises(ExternalServiceUnavailable):
        pay(side)
    assert at_stripe(side) == [3000]
    if is_key_forgotten:  # Stripe keeps a key for a day
        side.client.keys.clear()
    assert pay(side) == (0, 0)
    side.work_off()
    assert (at_stripe(side), on_accounts(side.world)) == ([3000], {})


def test_two_calls_at_once_come_to_one_refund() -> None:
    """Both asked what there is before either refunded."""
    side = paying(JAN)
    side.world.credit_and_approve(JANUARY, refund=True)
    real, both = sources_of(side), list[tuple[int, int]]()

    class AtOnce(StripeRefunds):
        def refunds_of(self, *args: object) -> list[object]:  # type: ignore[override]
            known = real.refunds.refunds_of(*args)  # type: ignore[arg-type]
            if not both:
                both.append(pay(side))
            return list(known)

    refunds = AtOnce(secrets(KEY), http_client=side.client)
    sources = RefundSources(**{**real.__dict__, "refunds": refunds})
    pay_refunds(sources, until=NOW + timedelta(minutes=12))
    assert (both, at_stripe(side)) == ([(1, 0)], [3000])


def test_one_charge_of_two_invoices_is_refunded_for_each_once() -> None:
    side = paying(JAN, FEB, amount=6000)
    side.world.credit_and_approve(JANUARY, refund=True)
    side.world.credit_and_approve(FEBRUARY, request="C-2", refund=True)
    side.client.losing = 1
    with pytest.raises(ExternalServiceUnavailable):
        pay(side)
    assert (pay(side), pay(side)) == ((1, 0), (0, 0))
    side.work_off()
    assert (at_stripe(side), pay(side), paid_by_card(side.world, "ch_1").refunded.amount) == (
        [3000, 3000],
        (0, 0),
        usd(60),
    )


@pytest.mark.long
def test_whatever_is_told_meanwhile_no_more_goes_back_than_is_due() -> None:
    """A person refunds a part at Stripe, and its event comes before, between or after two calls."""
    for order in itertools.permutations(["refunded by hand", "pay", "pay", "told"]):
        side = paying(JAN)
        side.world.credit_and_approve(JANUARY, refund=True)
        for step in order:
            if step == "refunded by hand" and sum(at_stripe(side)) < 3000:
                side.tell(side.account.refund("re_hand", "ch_1", 1000))
            elif step == "pay":
                pay(side)
            elif step == "told":
                side.work_off()
        pay(side)
        side.work_off()
        assert sum(at_stripe(side)) == 3000, order
        assert list(refunds_due(receivables_of(side.world))) == []


def test_what_a_person_gave_back_by_another_way_hides_no_refund_that_the_books_lack() -> None:
    """10.00 went back by the bank, and 10.00 at Stripe, of which no event came: 10.00 are left to refund."""
    side = paying(JAN)
    side.world.credit_and_approve(JANUARY, refund=True)
    (due,) = refunds_due(receivables_of(side.world))
    desk_of(side.world).give_back(due.of_receipts[0].receipt, usd(10), UseKind.REFUNDED, CashDecision("ben", "by bank"))
    side.account.refund("re_hand", "ch_1", 1000)
    assert (pay(side), at_stripe(side)) == ((1, 0), [1000, 1000])


def test_a_refund_that_the_books_take_in_while_it_is_asked_for_is_not_paid_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is due was worked out before an event told of 10.00 that a person refunded at Stripe."""
    side = paying(JAN)
    side.world.credit_and_approve(JANUARY, refund=True)
    ask = StripeRefunds.refunds_of

    def told_meanwhile(*arguments: Any) -> Any:
        if not at_stripe(side):
            side.tell(side.account.refund("re_hand", "ch_1", 1000))
            side.work_off()
        return ask(*arguments)

    monkeypatch.setattr(StripeRefunds, "refunds_of", told_meanwhile)
    pay(side)
    assert sum(at_stripe(side)) == 3000


def test_only_what_stripe_took_goes_back_by_it() -> None:
    """20.00 came by the bank and 10.00 by card: the former is for people."""
    side = StripeSide(JAN, pays_refunds=True)
    take(side.world, receipt(usd(20), "bank-1", remittance=number_of(side.world, JAN)))
    side.happens(side.account.charge("ch_1", 1000, description=number_of(side.world, JAN)))
    side.world.credit_and_approve(JANUARY, refund=True)
    assert (pay(side), at_stripe(side)) == ((1, 0), [1000])
    side.work_off()
    (left,) = refunds_due(receivables_of(side.world))
    assert [(way.reference, way.amount) for way in left.of_receipts] == [("bank-1", usd(20))]


def test_what_a_dispute_gave_back_is_for_people() -> None:
    side = paying(JAN)
    side.happens(side.account.dispute("dp_1", "ch_1", 3000, fee=0), side.account.wins("dp_1"))
    side.world.credit_and_approve(JANUARY, refund=True)
    assert (pay(side), at_stripe(side)) == ((0, 0), [])


def test_a_refund_that_failed_is_not_tried_again() -> None:
    side = paying(JAN)
    side.world.credit_and_approve(JANUARY, refund=True)
    assert pay(side) == (1, 0)
    (refund,) = side.account.refunds_of("ch_1")
    failed = side.account.refund_fails(refund["id"])
    assert pay(side) == (0, 0)
    side.happens(failed)
    assert [pay(side) for _ in range(2)] == [(0, 0), (0, 0)]


def test_what_a_dispute_or_a_refund_that_failed_gave_back_names_no_charge() -> None:
    names = ("ch_1", "py_1", "txn_1", "dp_1", "du_1", "re_1")
    assert [name for name in names if StripeRefunds(secrets(KEY)).is_charge(name)] == ["ch_1", "py_1"]


def test_what_stripe_refuses_is_counted_and_stays_due() -> None:
    side = paying(JAN)
    side.world.credit_and_approve(JANUARY, refund=True)
    side.account.sources["ch_1"]["amount"] = 2900  # the rest is held back by a dispute
    assert pay(side) == (0, 1)
    side.account.sources["ch_1"] |= {"currency": "eur", "amount": 3000}
    assert (pay(side), at_stripe(side)) == ((0, 1), [])
    assert len(list(refunds_due(receivables_of(side.world)))) == 1


def test_a_gateway_that_is_not_to_refund_is_not_asked() -> None:
    side = paying(JAN, pays_refunds=False)
    side.world.credit_and_approve(JANUARY, refund=True)
    before = len(side.client.calls)
    assert (pay(side), len(side.client.calls)) == ((0, 0), before)


def test_a_call_that_has_no_more_time_leaves_the_rest_for_the_next_one() -> None:
    side = paying(JAN)
    side.world.credit_and_approve(JANUARY, refund=True)
    assert pay_refunds(sources_of(side), until=NOW) == PaidRefunds(legal_entity=INC, is_whole=False)
    assert pay(side) == (1, 0)
    assert side.world.gateway_book.of_charge(INC, CARDS, "ch_1") == []


def test_a_gateway_that_does_not_answer_is_asked_once_and_stops_no_other_one() -> None:
    side = paying(JAN, FEB, amount=6000)
    side.world.credit_and_approve(JANUARY, refund=True)
    side.world.credit_and_approve(FEBRUARY, request="C-2", refund=True)
    real = sources_of(side)
    (cards,) = real.entity.gateways
    other = cards.model_copy(update={"source": "away"})
    asked: list[str] = []

    class OneIsAway(StripeRefunds):
        def refunds_of(self, charge: str, currency: str, entity: Any, gateway: Any) -> Any:
            asked.append(gateway.source)
            if gateway.source == "away":
                message = "away"
                raise ExternalServiceUnavailable(message, service="stripe")
            return super().refunds_of(charge, currency, entity, cards)

    refunds = OneIsAway(secrets(KEY), http_client=side.client)
    entity = real.entity.model_copy(update={"gateways": (cards, other)})
    dues = list(refunds_due(real.receivables))
    first = dues[0].of_receipts[0].model_copy(update={"source": "away"})
    dues = [due.model_copy(update={"of_receipts": (first, first, *due.of_receipts)}) for due in dues]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("billproof.payments.refunding.refunds_due", lambda *_args, **_fields: iter(dues))
        sources = RefundSources(**{**real.__dict__, "refunds": refunds, "entity": entity})
        result = pay_refunds(sources, until=NOW + timedelta(minutes=12))
    assert (result.paid, result.unanswered, asked) == (2, ("away",), ["away", CARDS])
    with pytest.raises(ExternalServiceUnavailable, match=f"away of {INC}"):
        refuse_unanswered([result])


def test_every_day_begins_with_other_accounts() -> None:
    directory = StripeSide(JAN).world.directory
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(directory, "members_of_part", lambda _entity, part, _parts: [f"of {part}"])
        orders = [list(directory.members(INC, first=first)) for first in (0, 1, MEMBER_SHARDS + 1)]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted({f"of {part}" for part in range(MEMBER_SHARDS)})
    assert [order[0] for order in orders] == ["of 0", "of 1", "of 1"]
