"""Who may tell of an event of Stripe, and what of it is taken: by its webhook, and by a partner event bus."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.adapters.stripe.events import messages_of, partner_event
from billproof.adapters.stripe.signatures import signature
from billproof.errors import InvalidInput, NotFound
from billproof.payments.gateway_balance import read_balance_change
from tests.support.balances import JAN
from tests.support.gateways import CARDS, gateway_world
from tests.support.stripe_account import FINGERPRINT, LAST_DIGITS, FakeAccount
from tests.support.stripe_side import StripeSide, call
from tests.support.stripe_world import OLD_SECRET, SECRET, STRIPE
from tests.support.world import EUROPE, INC

type Event = dict[str, Any]


def test_nothing_of_a_card_goes_further_than_the_signature() -> None:
    side = StripeSide(JAN)
    side.happens(side.account.charge("ch_1", 3000), side.account.refund("re_1", "ch_1", 1000))
    side.tell(side.account.event("charge.updated", "ch_1"))
    kept = str([records.items for records in side.world.records.values()]) + str(side.world.payment_events.bodies)
    assert "ch_1" in kept
    assert all(private not in kept for private in (f'"{LAST_DIGITS}"', FINGERPRINT, "exp_year", "paying@united"))


def test_an_event_about_something_else_is_acknowledged_and_counted() -> None:
    side = StripeSide()
    other = {
        "object": "event",
        "type": "customer.created",
        "livemode": False,
        "data": {"object": {"object": "customer"}},
    }
    side.tell(other, other | {"type": "something.new", "data": {"object": {"object": "novelty"}}})
    assert [answer["outcome"] for answer in side.answers] == ["ignored", "ignored"]
    assert side.world.payment_events.bodies == []


def test_a_charge_of_which_nothing_moved_yet_is_ignored() -> None:
    """A payment that is not captured, or failed, moves no balance."""
    side = StripeSide()
    event = side.account.charge("ch_1", 3000)
    event["data"]["object"]["balance_transaction"] = None
    side.tell(event, event | {"type": "charge.failed"})
    assert side.world.payment_events.bodies == []


def refused(side: StripeSide, event: Event, **fields: Any) -> tuple[int, str, str]:
    status, problem = call(side.world, json.dumps(event), **fields)
    assert side.world.payment_events.bodies == []
    return status, problem["code"], problem["detail"]


NOBODY = (401, "no_caller", "nobody who may call this signed it")


@pytest.mark.parametrize(
    "fields",
    [
        {"secret": "whsec_of_another"},
        {"header": ""},
        {"header": "t=,v1="},
        {"header": "v1=" + "0" * 64},
        {"header": "t=1363737601,t=1363737601,v1=" + "0" * 64},
        {"header": "t=1363737601,v1=\u00e9"},
        {"header": "t=1363737601," + "v1=0," * 1_000},
        {"later": 301},
        {"later": -301},
        {"gateway": "others"},
        {"legal_entity": EUROPE},
        {"legal_entity": "nobody"},
    ],
)
def test_what_no_secret_of_the_gateway_signed_now_is_refused_and_told_nothing(fields: dict[str, Any]) -> None:
    side = StripeSide()
    assert refused(side, side.account.charge("ch_1", 3000), **fields) == NOBODY


@pytest.mark.parametrize("fields", [{"secret": OLD_SECRET}, {"secret": SECRET}, {"later": 299}, {"later": -299}])
def test_while_a_secret_is_replaced_both_sign(fields: dict[str, Any]) -> None:
    side = StripeSide()
    assert call(side.world, json.dumps(side.account.charge("ch_1", 3000)), **fields)[0] == 200


def test_a_body_that_was_changed_by_one_letter_is_refused() -> None:
    side = StripeSide()
    body = json.dumps(side.account.charge("ch_1", 3000))
    at = str(int(side.world.now().timestamp()))
    header = f"t={at},v1={signature(body.encode(), at, SECRET)}"
    assert call(side.world, body, header=header)[0] == 200
    assert call(side.world, body.replace("ch_1", "ch_2"), header=header)[0] == 401
    assert call(side.world, body, header=header.replace(f"t={at}", f"t={int(at) + 1}"))[0] == 401


def test_a_body_that_is_too_large_is_refused() -> None:
    side = StripeSide()
    assert call(side.world, "x" * 1_000_001)[0] == 413


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"livemode": True}, "not of the test mode"),
        ({"livemode": None}, "not of the test mode"),
        ({"account": "acct_other"}, "another account"),
        ({"object": "v2.core.event"}, "no event of Stripe"),
        ({"data": {}}, "not as Stripe documents"),
        ({"data": []}, "not as Stripe documents"),
        ({"data": {"object": {"object": "charge", "balance_transaction": 7}}}, "transactions"),
        ({"data": {"object": {"object": "charge", "balance_transaction": {}}}}, "not as Stripe documents"),
        ({"data": {"object": {"object": "payout", "reconciliation_status": "completed"}}}, "not as Stripe documents"),
    ],
)
def test_an_event_of_another_account_or_shape_is_refused_with_a_reason(change: Event, what: str) -> None:
    side = StripeSide()
    status, code, detail = refused(side, side.account.charge("ch_1", 3000) | change)
    assert (status, code) == (422, "invalid_input")
    assert what in detail


@pytest.mark.parametrize("body", ["{", "[]", "null", "[" * 100_000, '"event"'])
def test_what_is_signed_and_no_event_is_refused(body: str) -> None:
    assert call(StripeSide().world, body)[0] == 422


def test_a_gateway_that_is_not_stripe_takes_no_event_of_it() -> None:
    world = gateway_world()
    entity = world.directory.legal_entity(INC)
    with pytest.raises(InvalidInput, match="no account of Stripe"):
        messages_of(FakeAccount().charge("ch_1", 100), entity, entity.gateway(CARDS))


# -------------------------------------------------------------------------------------------------------- EventBridge


def envelope(detail: object, destination: str = "ed_test_skymeter") -> str:
    return json.dumps(
        {
            "version": "0",
            "id": "8d5b1d1c-0000-4000-8000-000000000000",
            "detail-type": "charge.succeeded",
            "source": f"aws.partner/stripe.com/{destination}",
            "account": "123456789012",
            "time": "2013-02-04T12:00:00Z",
            "region": "us-east-1",
            "resources": [f"arn:aws:events:us-east-1::event-source/aws.partner/stripe.com/{destination}"],
            "detail": detail,
        }
    )


def test_an_event_of_the_partner_bus_says_the_same_as_the_webhook() -> None:
    side = StripeSide(JAN)
    event = side.account.charge("ch_1", 3000)
    side.tell(event)
    (body,) = side.waiting()
    taken = partner_event(envelope(event), side.world.directory)
    assert taken == (INC, [read_balance_change(body)])


def test_an_event_of_no_gateways_destination_is_refused() -> None:
    side = StripeSide(JAN)
    with pytest.raises(InvalidInput, match="no gateway has the event destination"):
        partner_event(envelope(side.account.charge("ch_1", 3000), "ed_test_other"), side.world.directory)
    with pytest.raises(InvalidInput, match="no event of Stripe"):
        partner_event(envelope(None), side.world.directory)


@pytest.mark.parametrize("body", ["{", "[]", '"aws.partner/stripe.com/"', '{"source": "aws.partner/stripe.co/ed_1"}'])
def test_every_other_message_is_no_event_of_the_partner_bus(body: str) -> None:
    assert partner_event(body, StripeSide().world.directory) is None
    assert read_balance_change(body) is None


# -------------------------------------------------------------------------------------------------- what is published


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"kind": "stripe", "report": None}, "names its account"),
        ({"stripe": STRIPE}, "names its account"),
        ({"kind": "stripe", "stripe": STRIPE}, "the format of its settlement reports"),
        ({"kind": "stripe", "report": None, "stripe": STRIPE | {"livemode": "true"}}, "livemode"),
        ({"kind": "stripe", "report": None, "stripe": STRIPE | {"account": "skymeter"}}, "account"),
    ],
)
def test_a_gateway_at_stripe_names_its_account_and_nothing_else(fields: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        gateway_world(**fields)


def test_a_legal_entity_that_nobody_knows_is_not_there() -> None:
    side = StripeSide()
    with pytest.raises(NotFound):
        side.take('{"kind": "balance", "legal_entity": "nobody", "source": "cards", "transactions": ["txn_1"]}')


def test_an_event_destination_of_two_gateways_is_nobodys() -> None:
    """It would be booked by whichever legal entity comes first."""
    side = StripeSide()
    entity = side.world.directory.legal_entity(INC)
    side.world.publish(entity.model_copy(update={"id": "skymeter-other", "version": 1}))
    event = envelope(side.account.charge("ch_1", 3000))
    with pytest.raises(InvalidInput, match=f"{CARDS} of {INC}, {CARDS} of skymeter-other have the event destination"):
        partner_event(event, side.world.directory)
