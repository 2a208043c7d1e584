"""What is due is charged to the saved method: once, whatever becomes of a call; declines follow the reminders.

UA owes 30.00 of January, due on the 3rd of March. The policy reminds after 5, 15 and 30 days.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.adapters.stripe.payments import StripePayments
from billproof.errors import ExternalServiceUnavailable
from billproof.masterdata.parties import PaymentMethod
from billproof.payments.desk import CashDecision
from billproof.payments.matching import match
from billproof.payments.model import ReceiptStatus, UseKind
from billproof.receivables.charging import charge_customers
from billproof.receivables.reminders import ChargeAttempt, ChargeState
from tests.support.balances import FEB, JAN
from tests.support.cash import number_of, open_of, receipt, take, usd
from tests.support.charging import DUE, METHOD, change, charge, charging, save, sources_of
from tests.support.disputes import dispute
from tests.support.gateways import CARDS, NOW, paid_by_card
from tests.support.reminders import every_day, note
from tests.support.stripe_side import StripeSide
from tests.support.stripe_world import KEY, secrets
from tests.support.world import INC


def charges(side: StripeSide) -> list[tuple[int, str]]:
    return [(intent["amount"], intent["status"]) for intent in side.account.intents()]


def noted(side: StripeSide) -> list[ChargeAttempt]:
    """What is noted of charges, also that one is asked for, before any answer."""
    facts = side.world.collection_book.state(INC, "UA").facts
    return [fact.charged for fact in facts if fact.charged is not None]


def attempts(side: StripeSide) -> list[ChargeAttempt]:
    return [attempt for attempt in noted(side) if attempt.payment or attempt.state is not ChargeState.PROCESSING]


def test_what_is_due_is_charged_once_under_its_number_and_booked() -> None:
    side = charging(JAN, FEB)
    assert [charge(side, "2013-03-02"), charge(side), charge(side)] == [(0, 0), (1, 0), (0, 0)]
    (intent,) = side.account.intents()
    number = number_of(side.world, JAN)
    assert (intent["amount"], intent["description"], intent["metadata"]["invoice"]) == (3000, number, number)
    assert set(side.client.keys) == {number}
    side.work_off()
    assert (open_of(side.world, JAN), open_of(side.world, FEB)) == (usd(0), usd(30))
    assert paid_by_card(side.world, f"ch_of_{intent['id']}").applied.amount == usd(30)
    assert charge(side, "2013-03-04") == (0, 0)
    (attempt,) = attempts(side)
    assert (attempt.state, attempt.amount, attempt.number) == (ChargeState.SUCCEEDED, usd(30), number)


@pytest.mark.parametrize("is_key_forgotten", [False, True])
def test_a_charge_whose_answer_was_lost_is_found_and_not_made_again(is_key_forgotten: bool) -> None:  # noqa: FBT001
    side = charging(JAN)
    side.client.losing = 1
    with pytest.raises(ExternalServiceUnavailable, match=f"{CARDS} of {INC}"):
        charge(side)
    if is_key_forgotten:  # Stripe keeps a key for a day
        side.client.keys.clear()
    assert charge(side) == (1, 0)
    side.work_off()
    assert (charges(side), open_of(side.world, JAN)) == ([(3000, "succeeded")], usd(0))


def test_a_decline_is_tried_again_after_each_reminder_and_not_before() -> None:
    side = charging(JAN)
    side.account.declined["pm_visa"] = "insufficient_funds"
    assert [charge(side), charge(side, "2013-03-04"), charge(side, "2013-03-07")] == [(0, 1), (0, 0), (0, 0)]
    every_day(side.world, "2013-03-08", "2013-03-08")
    assert [charge(side, "2013-03-08"), charge(side, "2013-03-09")] == [(0, 1), (0, 0)]
    side.account.declined.clear()
    assert charge(side, "2013-03-10") == (0, 0)
    every_day(side.world, "2013-03-09", "2013-03-18")
    assert charge(side, "2013-03-19") == (1, 0)
    assert charges(side) == [(3000, "succeeded")]
    told = [(attempt.state, attempt.code) for attempt in attempts(side)]
    assert told == [(ChargeState.DECLINED, "insufficient_funds")] * 2 + [(ChargeState.SUCCEEDED, "")]


def test_a_decline_whose_answer_was_lost_is_not_tried_again_before_the_next_reminder() -> None:
    side = charging(JAN)
    side.account.declined["pm_visa"] = "expired_card"
    side.client.losing = 1
    with pytest.raises(ExternalServiceUnavailable):
        charge(side)
    side.client.keys.clear()
    side.account.declined.clear()
    assert (charge(side, "2013-03-04"), charges(side)) == ((0, 1), [(3000, "requires_payment_method")])


def test_what_is_open_at_the_time_is_charged_also_where_it_changed_since_a_decline() -> None:
    side = charging(JAN)
    take(side.world, receipt(usd(10), remittance=number_of(side.world, JAN)))
    side.account.declined["pm_visa"] = "insufficient_funds"
    assert charge(side) == (0, 1)
    take(side.world, receipt(usd(5), "2", remittance=number_of(side.world, JAN)))
    every_day(side.world, "2013-03-08", "2013-03-08")
    side.account.declined.clear()
    assert charge(side, "2013-03-09") == (1, 0)
    side.work_off()
    assert ([attempt.amount for attempt in attempts(side)], open_of(side.world, JAN)) == ([usd(20), usd(15)], usd(0))


def test_what_is_on_its_way_is_not_charged_again_and_one_that_fails_later_follows_the_reminders() -> None:
    side = charging(JAN)
    side.account.slow.add("pm_visa")
    assert [charge(side), charge(side, "2013-03-04"), charge(side, "2013-03-09")] == [(1, 0), (0, 0), (0, 0)]
    (intent,) = side.account.intents()
    intent |= {"status": "requires_payment_method", "last_payment_error": {"code": "debit_not_authorized"}}
    assert [charge(side, "2013-03-10"), charge(side, "2013-03-11")] == [(0, 1), (0, 0)]
    side.account.slow.clear()
    every_day(side.world, "2013-03-12", "2013-03-12")
    assert (charge(side, "2013-03-13"), charges(side)) == ((1, 0), [(3000, "succeeded")])


@pytest.mark.parametrize("changes", [{"customer": "cus_other"}, {"gateway": "another"}])
def test_what_is_on_its_way_is_not_charged_again_where_another_method_is_saved(changes: dict[str, str]) -> None:
    """A debit takes days: longer than Stripe keeps a key, which is forgotten here."""
    side = charging(JAN)
    side.account.slow.add("pm_visa")
    assert charge(side) == (1, 0)
    save(side, **changes)
    side.client.keys.clear()
    assert [charge(side, "2013-03-05"), charge(side, "2013-03-09")] == [(0, 0), (0, 0)]
    assert charges(side) == [(3000, "processing")]


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("changes", [{"customer": "cus_other"}, {"gateway": "another"}])
def test_a_charge_whose_answer_was_lost_is_not_made_again_where_another_method_is_saved(
    changes: dict[str, str],
    is_slow: bool,  # noqa: FBT001
) -> None:
    """It was noted before it was asked for: so it is looked for where it was."""
    side = charging(JAN)
    if is_slow:
        side.account.slow.add("pm_visa")
    side.client.losing = 1
    with pytest.raises(ExternalServiceUnavailable):
        charge(side)
    (asked,) = noted(side)
    assert (asked.payment, asked.state, asked.customer) == ("", ChargeState.PROCESSING, "cus_united")
    save(side, **changes)
    side.client.keys.clear()
    for day in ("2013-03-05", "2013-03-09"):
        charge(side, day)
    assert charges(side) == [(3000, "processing" if is_slow else "succeeded")]


def test_what_was_asked_for_and_never_came_is_charged_to_the_method_that_is_saved_then() -> None:
    side = charging(JAN)
    side.client.failing = 0
    real, side.client.account.intent_by_api = side.account.intent_by_api, lambda *_: (500, {"error": {}})  # type: ignore[method-assign]
    with pytest.raises(ExternalServiceUnavailable):
        charge(side)
    side.account.intent_by_api = real  # type: ignore[method-assign]
    save(side, customer="cus_other")
    side.client.keys.clear()
    assert (charge(side, "2013-03-05"), charges(side)) == ((1, 0), [(3000, "succeeded")])
    assert [one.customer for one in noted(side)] == ["cus_united", "cus_other", "cus_other"]


def test_money_that_pays_nothing_yet_is_not_charged_again_oldest_first() -> None:
    side = charging(JAN, FEB)
    nobody_says_what_for = receipt(usd(35), payer={"name": "United Air Lines Inc."})
    cash, rules = side.world.cash_sources(NOW), side.world.directory.policy(INC).matching
    state = cash.desk(INC).take(nobody_says_what_for, match, rules)
    assert (state.status, state.proposal is not None and state.proposal.account) == (ReceiptStatus.PROPOSED, "UA")
    assert charge(side) == (0, 0)
    assert charge(side, "2013-03-31") == (1, 0)
    assert [intent["amount"] for intent in side.account.intents()] == [2500]
    cash.desk(INC).decide(state.receipt.id, account="UA", payments=[], decision=CashDecision("ben", "theirs"))
    assert charge(side, "2013-04-02") == (0, 0)
    cash.desk(INC).give_back(state.receipt.id, usd(35), UseKind.RETURNED, CashDecision("ben", "it went back"))
    assert charge(side, "2013-04-03") == (1, 0)
    assert charges(side) == [(2500, "succeeded"), (3000, "succeeded")]


def test_two_calls_at_once_come_to_one_charge() -> None:
    """Both asked what there is before either charged."""
    side = charging(JAN)
    inner: list[tuple[int, int]] = []

    class AtOnce(StripePayments):
        def payment_of(self, *args: Any) -> Any:
            known = super().payment_of(*args)
            if not inner:
                inner.append((9, 9))
                inner.append(charge(side))
            return known

    sources = replace(sources_of(side, DUE), payments=AtOnce(secrets(KEY), http_client=side.client))
    charge_customers(sources, until=sources.clock() + timedelta(minutes=12))
    side.work_off()
    assert (inner[1], charges(side), open_of(side.world, JAN)) == ((1, 0), [(3000, "succeeded")], usd(0))


def test_who_is_not_charged_automatically_is_not_asked_for() -> None:
    for side in (charging(JAN, automatic=False), charging(JAN, method=None)):
        assert (charge(side), side.account.intents()) == ((0, 0), [])
    side = charging(JAN, method=METHOD | {"gateway": "another"})
    assert (charge(side), side.client.calls) == ((0, 0), [])
    side = charging(JAN)
    change(side, automatic=False)
    assert (charge(side), side.client.calls) == ((0, 0), [])


def test_what_is_disputed_promised_or_handed_over_is_left_out() -> None:
    side = charging(JAN, FEB)
    note(side.world, "2013-03-01", "promised", until="2013-03-10", numbers=[number_of(side.world, JAN)])
    assert [charge(side), charge(side, "2013-03-11")] == [(0, 0), (1, 0)]
    side = charging(JAN)
    note(side.world, "2013-03-01", "handed_over")
    assert charge(side) == (0, 0)
    side = charging(JAN)
    dispute(side.world, date(2013, 3, 2))
    assert (charge(side), side.client.calls) == ((0, 0), [])


def test_what_stripe_refuses_or_somebody_canceled_is_left_to_people() -> None:
    side = charging(JAN)
    number = number_of(side.world, JAN)
    side.client.keys[number] = ({}, (400, {}))  # somebody paid under this key with other values
    with pytest.raises(ExternalServiceUnavailable):
        charge(side)
    side = charging(JAN)
    side.account.slow.add("pm_visa")
    assert charge(side) == (1, 0)
    side.account.intents()[0]["status"] = "canceled"
    assert [charge(side, "2013-03-04"), charge(side, "2013-03-05")] == [(0, 1), (0, 0)]
    every_day(side.world, "2013-03-08", "2013-03-08")
    assert [charge(side, "2013-03-09"), charge(side, "2013-03-10")] == [(0, 1), (0, 0)]
    assert [attempt.code for attempt in attempts(side)[1:]] == ["canceled", "payment_intent_unexpected_state"]


@pytest.mark.parametrize("field", ["customer", "method"])
@pytest.mark.parametrize("value", ["4242424242424242", "pm_4242 4242", "", "cus_"])
def test_no_number_of_a_card_is_a_token(field: str, value: str) -> None:
    with pytest.raises(ValidationError):
        PaymentMethod.model_validate(METHOD | {field: value})


def test_a_call_without_time_says_so_and_one_without_an_answer_stops_no_other_entity() -> None:
    side = charging(JAN)
    sources = sources_of(side, DUE)
    assert not charge_customers(sources, until=sources.clock()).is_whole
    side.client.failing = 9
    assert charge_customers(sources, until=datetime(2013, 4, 1, tzinfo=UTC)).unanswered == (CARDS,)
    assert attempts(side) == []
    assert date.fromisoformat(DUE) == date(2013, 3, 3)
