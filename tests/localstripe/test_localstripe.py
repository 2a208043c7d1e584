"""The adapter of Stripe's payments against localstripe: charges, refunds, and the signatures of its webhooks.

What localstripe has, it has as Stripe's library reads it. It repeats whatever is sent again, whatever the key: so a
refund whose answer is lost has to be looked up.
"""

import json
import queue
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from billproof.adapters.stripe.balances import StripeBalances
from billproof.adapters.stripe.payments import StripePayments
from billproof.adapters.stripe.refunds import StripeRefunds
from billproof.adapters.stripe.signatures import is_signed
from billproof.errors import ExternalServiceUnavailable, InvalidInput
from billproof.masterdata.gateways import MovementOfGateway
from billproof.masterdata.parties import PaymentMethod
from billproof.payments.gateway_balance import BalanceChanged, BalanceSources, ask_gateway, read_balance_change
from billproof.payments.refunding import RefundSources, pay_refunds
from billproof.payments.refunds_due import refunds_due
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.unanswered import refuse_unanswered
from billproof.receivables.charging import charge_customers
from tests.support.balances import JAN
from tests.support.cash import by_number, number_of, open_of, receivables_of, usd
from tests.support.gateway import served as calls_served
from tests.support.gateways import CARDS
from tests.support.localstripe_server import KEY, SECONDS, LocalClient
from tests.support.stripe_side import StripeSide, call
from tests.support.stripe_world import SECRET, secrets
from tests.support.world import INC, World

GOOD_CARD, DECLINED_CARD = "4242424242424242", "4000000000000341"
JANUARY = f"{INC}.{JAN}.UA"


class LocalSide:
    """A world whose customers pay by localstripe, today."""

    def __init__(self, local: LocalClient) -> None:
        self.world: World = StripeSide(JAN, pays_refunds=True).world
        self.now = datetime.now(UTC)
        self.world.moment = self.now
        self.world.stripe_webhook_secrets = secrets(SECRET, self.now)
        self.local = local
        self.api = stripe.StripeClient(KEY, http_client=local).v1
        self.keys = secrets(KEY, self.now)

    def charge(self, units: int, description: str, card: str = GOOD_CARD) -> stripe.Charge:
        details = {"number": card, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
        params: Any = {"type": "card", "card": details}
        method = self.api.payment_methods.create(params)
        return self.api.charges.create(
            {"amount": units, "currency": "usd", "source": method.id, "description": description}
        )

    def told(self, kind: str, changed: stripe.StripeObject) -> None:
        """Let an event come, which localstripe does not send, of an object that it has."""
        document = {"object": "event", "type": kind, "livemode": False, "data": {"object": changed.to_dict()}}
        assert call(self.world, json.dumps(document))[0] == 200

    def work_off(self) -> None:
        balances = StripeBalances(self.keys, http_client=self.local)
        while bodies := list(self.world.payment_events.bodies):
            self.world.payment_events.bodies.clear()
            for body in bodies * 2:
                change = read_balance_change(body)
                if change is None:
                    sources = self.world.cash_sources(self.now)
                    event = read_payment_event(body)
                    apply_payment(event, sources=sources, matcher=by_number, erps=self.world.erps)
                    continue
                ask_gateway(change, sources=BalanceSources(self.world.directory, self.world.payment_events, balances))

    def pay_refunds(self) -> tuple[int, int]:
        sources = RefundSources(
            entity=self.world.directory.legal_entity(INC),
            receivables=receivables_of(self.world),
            refunds=StripeRefunds(self.keys, http_client=self.local),
            events=self.world.payment_events,
            clock=lambda: self.now,
        )
        result = pay_refunds(sources, until=self.now + timedelta(minutes=12))
        refuse_unanswered([result])
        return result.paid, result.refused

    def saves(self, card: str, customer: str | None = None) -> PaymentMethod:
        """Let the customer save a card, and say that its contract is charged automatically."""
        params: Any = {"type": "card", "card": {"number": card, "exp_month": 12, "exp_year": 2040, "cvc": "123"}}
        method = self.api.payment_methods.create(params).id
        name = customer or self.api.customers.create({"email": "ap@ua.example"}).id
        self.api.payment_methods.attach(method, {"customer": name})
        saved = PaymentMethod(gateway=CARDS, customer=name, method=method)
        directory = self.world.directory
        account, contract = directory.account("UA"), directory.contracts("UA")[-1]
        assert account is not None
        self.world.publish(account.model_copy(update={"version": account.version + 1, "payment_method": saved}))
        changes = {"version": contract.version + 1, "charges_automatically": True}
        self.world.publish(contract.model_copy(update=changes))
        return saved

    def charge_automatically(self) -> tuple[int, int]:
        sources = replace(
            self.world.charge_sources(INC),
            payments=StripePayments(self.keys, http_client=self.local),
            clock=lambda: self.now,
        )
        result = charge_customers(sources, until=self.now + timedelta(minutes=12))
        refuse_unanswered([result])
        return result.charged, result.declined

    def intents(self, customer: str) -> list[stripe.PaymentIntent]:
        return list(self.api.payment_intents.list({"customer": customer}).data)

    def refunded(self, charge: stripe.Charge) -> list[int]:
        return [refund.amount for refund in self.api.refunds.list({"charge": charge.id}).data]


@pytest.fixture
def side(local: LocalClient) -> LocalSide:
    local.losing = 0
    return LocalSide(local)


def test_a_charge_pays_its_invoice(side: LocalSide) -> None:
    charge = side.charge(3000, number_of(side.world, JAN))
    side.told("charge.succeeded", charge)
    side.work_off()
    assert open_of(side.world, JAN) == usd(0)
    movement = side.world.gateway_book.find(INC, CARDS, MovementOfGateway.CHARGE, charge.id)
    assert movement is not None
    assert movement.amount == usd(30)
    kept = str([records.items for records in side.world.records.values()])
    assert charge.id in kept
    assert GOOD_CARD not in kept


def test_a_declined_card_moves_nothing(side: LocalSide) -> None:
    with pytest.raises(stripe.CardError) as declined:
        side.charge(3000, number_of(side.world, JAN), DECLINED_CARD)
    answer: Any = declined.value.json_body
    name = answer["error"]["charge"]
    side.told("charge.failed", side.api.charges.retrieve(name))
    assert side.world.payment_events.bodies == []


def test_what_a_credit_note_says_is_refunded_once_also_where_the_answer_is_lost(side: LocalSide) -> None:
    charge = side.charge(3000, number_of(side.world, JAN))
    side.told("charge.succeeded", charge)
    side.work_off()
    side.world.credit_and_approve(JANUARY, refund=True)
    side.local.losing = 1
    with pytest.raises(ExternalServiceUnavailable):
        side.pay_refunds()
    assert side.refunded(charge) == [3000]
    assert side.pay_refunds() == (0, 0)
    side.work_off()
    assert side.pay_refunds() == (0, 0)
    assert (side.refunded(charge), list(refunds_due(receivables_of(side.world)))) == ([3000], [])


def test_what_a_person_refunded_there_is_not_refunded_again(side: LocalSide) -> None:
    charge = side.charge(3000, number_of(side.world, JAN))
    side.told("charge.succeeded", charge)
    side.work_off()
    side.world.credit_and_approve(JANUARY, refund=True)
    side.api.refunds.create({"charge": charge.id, "amount": 1000})
    assert side.pay_refunds() == (1, 0)
    side.work_off()
    assert (sorted(side.refunded(charge)), side.pay_refunds()) == ([1000, 2000], (0, 0))


def test_a_saved_card_is_charged_once_also_where_the_answer_is_lost(side: LocalSide) -> None:
    """The charge of a payment intent has no description here, so its money waits for a person."""
    saved = side.saves(GOOD_CARD)
    side.local.losing = 1
    with pytest.raises(ExternalServiceUnavailable):
        side.charge_automatically()
    assert [side.charge_automatically(), side.charge_automatically()] == [(1, 0), (0, 0)]
    side.work_off()
    (intent,) = side.intents(saved.customer)
    assert (intent.amount, intent.status, intent.metadata["invoice"]) == (3000, "succeeded", number_of(side.world, JAN))
    charge: Any = intent.latest_charge
    movement = side.world.gateway_book.find(INC, CARDS, MovementOfGateway.CHARGE, charge.id)
    assert movement is not None
    assert movement.amount == usd(30)


def test_a_saved_card_that_is_declined_is_not_tried_again_without_a_reminder(side: LocalSide) -> None:
    saved = side.saves(DECLINED_CARD)
    assert [side.charge_automatically(), side.charge_automatically()] == [(0, 1), (0, 0)]
    (intent,) = side.intents(saved.customer)
    assert (intent.status, side.world.payment_events.bodies) == ("requires_payment_method", [])
    noted, attempt = (fact.charged for fact in side.world.collection_book.state(INC, "UA").facts)
    assert noted is not None
    assert attempt is not None
    assert (noted.amount, attempt.amount, attempt.code) == (usd(30), usd(30), "card_declined")


def test_a_transaction_that_is_not_there_is_refused(side: LocalSide) -> None:
    change = BalanceChanged(kind="balance", legal_entity=INC, source=CARDS, transactions=("txn_none",))
    entity = side.world.directory.legal_entity(INC)
    with pytest.raises(InvalidInput, match="Stripe refuses what it is asked for"):
        StripeBalances(side.keys, http_client=side.local).read(change, entity, entity.gateway(CARDS))


@pytest.fixture
def received() -> Iterator[tuple[str, "queue.Queue[tuple[str, bytes]]"]]:
    """Where webhooks of localstripe arrive: the signature and the body of each."""
    arrived: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def answer(_method: str, _path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        arrived.put((headers["stripe-signature"], body))
        return 200, {}, b"{}"

    with calls_served(answer) as address:
        yield address, arrived


def test_what_localstripe_signs_is_signed_and_about_something_else(side: LocalSide, received: Any) -> None:
    address, arrived = received
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    hook = urlencode({"url": address, "secret": SECRET})
    side.local.request("post", f"{stripe.DEFAULT_API_BASE}/_config/webhooks/ours", form, hook)
    side.api.customers.create({"name": "United"})
    header, body = arrived.get(timeout=SECONDS)
    now = datetime.now(UTC)
    assert is_signed(body, header, secrets=[SECRET], now=now)
    assert not is_signed(body + b" ", header, secrets=[SECRET], now=now)
    assert not is_signed(body, header, secrets=["whsec_of_another"], now=now)
    assert json.loads(body)["type"] == "customer.created"
    status, document = call(side.world, body.decode(), header=header)
    assert (status, document["outcome"]) == (200, "ignored")
