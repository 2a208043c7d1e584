"""What customers pay, dispute, promise and are refunded, step by step."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from billproof.adapters.stripe.refunds import StripeRefunds
from billproof.payments.deciding import decide_receipt
from billproof.payments.decisions import PaidInvoice, ReceiptDecision, ReceiptVerdict
from billproof.payments.refunding import RefundSources, pay_refunds
from billproof.payments.service import apply_payment, read_payment_event
from billproof.payments.statements import MovementKind
from billproof.payments.taking_advices import take_advices
from billproof.payments.taking_statements import BankFile
from tests.support.advices import with_advices
from tests.support.api_events import DOCUMENT, api_event, route_event
from tests.support.balances import FEB, JAN
from tests.support.bank_days import entry, of_day, put
from tests.support.cash import by_number, cash_world, number_of, receivables_of
from tests.support.closing import ask_to_reopen, close
from tests.support.gateways import NOW, gateway_world, report
from tests.support.histories import History, Step
from tests.support.invoking import Context, handler
from tests.support.reminders import remind, reminding_world
from tests.support.ses_events import reminder_bounced
from tests.support.stripe_side import StripeSide
from tests.support.stripe_world import KEY, secrets
from tests.support.world import INC, World

JANUARY = f"{INC}.{JAN}.UA"


def first_file(world: World) -> None:
    """30.00 that name January, 20.00 of February's 30.00, and 7.00 of nobody."""
    entries = (
        entry("30", 5, reference="r-1", remittance=number_of(world, JAN)),
        entry("20", 5, reference="r-2", remittance=number_of(world, FEB)),
        entry("7", 5, reference="r-3", remittance="thank you"),
    )
    put(world, of_day(5, "100", *entries), name="first.xml")


def second_file(world: World) -> None:
    """The bank takes January's 30.00 back."""
    back = entry("-30", 6, kind=MovementKind.REVERSAL, reference="r-1")
    put(world, of_day(6, "157", back), name="second.xml")


def deliver(world: World) -> None:
    """Take every message, and only then forget them."""
    for body in world.payment_events.bodies:
        apply_payment(read_payment_event(body), sources=world.cash_sources(NOW), matcher=by_number, erps=world.erps)
    world.payment_events.bodies.clear()


def _decide(world: World, reference: str, verdict: ReceiptVerdict, **said: Any) -> None:
    (known,) = (state for state in world.cash_book.received(INC) if state.receipt.reference == reference)
    wanted = ReceiptDecision(
        legal_entity=INC, receipt=known.receipt.id, verdict=verdict, reason="they told us on the telephone", **said
    )
    decide_receipt(wanted, decided_by="ben", sources=world.cash_sources(NOW), events=world.payment_events)


def decide(world: World) -> None:
    """Ben knows whose the 7.00 are: a part of February."""
    pays = (PaidInvoice(number=number_of(world, FEB), amount=entry("7", 5).amount.amount),)
    _decide(world, "r-3", ReceiptVerdict.APPLIED, account="UA", pays=pays)


def decide_anew(world: World) -> None:
    """It was not for February, and goes back."""
    _decide(world, "r-3", ReceiptVerdict.REVERSED)
    _decide(world, "r-3", ReceiptVerdict.REFUNDED, amount=entry("7", 5).amount.amount)


def advise(world: World) -> None:
    """The customer says that 3.00 of a payment of 7.00 are for January, and the rest for February."""
    lines = (f"p-1,2013-02-05,{number_of(world, month)},{paid}" for month, paid in ((JAN, "3.00"), (FEB, "4.00")))
    data = "\n".join(("Payment,Day,Invoice,Amount", *lines)).encode()
    take_advices(BankFile(f"bank-statements/{INC}/advice=plain/p-1.csv", data), sources=world.advice_sources())


PAYMENTS = History(
    "payments",
    lambda: with_advices(cash_world(JAN, FEB)),
    (
        Step(("take_statement",), "advice", advise),
        Step(("take_statement",), "file", first_file),
        Step(("apply_payment",), "apply", deliver),
        Step(("decide_receipt",), "decide-receipt", decide),
        Step(("apply_payment",), "book", deliver),
        Step(("take_statement",), "return", second_file),
        Step(("apply_payment",), "take-back", deliver),
        Step(("decide_receipt",), "decide-anew", decide_anew),
    ),
)


def card_report(world: World) -> None:
    """January and February by card; 10.00 go back, a bank takes February's, and gives it back."""
    number, other = number_of(world, JAN), number_of(world, FEB)
    rows = (
        f"2013-02-04,charge,ch-1,,po-1,30.00,1.17,,{number}",
        "2013-02-05,refund,re-1,ch-1,po-1,-10.00,,,",
        f"2013-02-04,charge,ch-2,,po-1,30.00,1.17,,{other}",
        "2013-02-05,chargeback,dp-1,ch-2,po-1,-30.00,,,",
        "2013-02-06,reversal,dp-1,ch-2,po-1,30.00,,,",
        "2013-02-07,payout,po-1,,,-47.66,,,",
    )
    report(world, *rows)


def payout_at_the_bank(world: World) -> None:
    put(world, of_day(8, "0", entry("47.66", 8, reference="p-1", remittance="Card Processor")), name="payout.xml")


CARD = History(
    "card",
    lambda: gateway_world(JAN, FEB),
    (
        Step(("take_statement",), "report", card_report),
        Step(("apply_payment",), "movements", deliver),
        Step(("take_statement",), "payout", payout_at_the_bank),
        Step(("apply_payment",), "payout-found", deliver),
    ),
)


def stripe() -> World:
    """UA is to pay 30.00 through Stripe; what is there is killed at, too."""
    return world_of(StripeSide(JAN, pays_refunds=True))


def world_of(side: StripeSide) -> World:
    """Return the world of what is at Stripe, which holds it, too."""
    vars(side.world).update(side=side, stripe_client=side.client, stripe_account=side.account)
    return side.world


def side_of(world: World) -> StripeSide:
    return cast("StripeSide", vars(world)["side"])


def charged(world: World) -> None:
    side = side_of(world)
    name = "ch_1"
    event = (
        side.account.event("charge.succeeded", name)
        if name in side.account.sources
        else side.account.charge(name, 3000, description=number_of(world, JAN))
    )
    side.account.last = 2  # Stripe tells of one event, however often
    side.tell(event | {"id": "evt_2"})


def taken(world: World) -> None:
    """Take the messages that wait, and what comes of them."""
    side, bodies = side_of(world), world.payment_events.bodies
    done = 0
    while done < len(bodies):
        side.take(bodies[done])
        done += 1
    bodies.clear()


def refunds_paid(world: World) -> None:
    sources = RefundSources(
        entity=world.directory.legal_entity(INC),
        receivables=receivables_of(world),
        refunds=StripeRefunds(secrets(KEY), http_client=side_of(world).client),
        events=world.payment_events,
        clock=lambda: NOW,
    )
    pay_refunds(sources, until=NOW + timedelta(minutes=12))


REFUNDS = History(
    "refunds",
    stripe,
    (
        Step(("receive_stripe_event",), "webhook", charged),
        Step(("apply_payment",), "ask-stripe", taken),
        Step((), "credit", lambda world: world.credit_and_approve(JANUARY, refund=True)),
        Step(("pay_refunds",), "pay-refunds", refunds_paid),
        Step(("apply_payment",), "refund-told", taken),
    ),
)


def api(world: World, function: str, body: dict[str, Any], by: str, **in_path: str) -> dict[str, Any]:
    """Call a function of the API as a person, and return what it answers."""
    response = handler(function)(api_event(body, by, **in_path), Context(), world)
    assert response["statusCode"] == 200, response["body"]
    answer: dict[str, Any] = json.loads(response["body"])
    return answer


def collecting() -> World:
    world = reminding_world(JAN, FEB)
    world.call_limits.burst = 1_000_000
    world.moment = datetime(2013, 3, 10, 12, tzinfo=UTC)
    return world


def reminded(world: World, day: str = "2013-03-20") -> None:
    remind(world, day, mailer=world.mailer)


def given(world: World) -> None:
    """Give the customer a statement of account and a pro forma invoice, each of which is kept."""
    for document in ("statement", "pro-forma-2013-03"):
        response = handler("api_operations")(
            route_event(DOCUMENT, "ana", account="UA", document=document), Context(), world
        )
        assert response["statusCode"] == 200, response["body"]


def disputed(world: World) -> None:
    said = {"cause": "service", "owner": "billing", "deadline": "2013-03-31", "reason": "it was down"}
    api(world, "dispute_invoice", {"invoice": JANUARY, **said}, "ana")
    api(world, "dispute_invoice", {"invoice": f"{INC}.{FEB}.UA", **said}, "ana")


def noted(verdict: str, until: str | None = None, **fields: Any) -> Step:
    def work(world: World) -> None:
        body = {"legal_entity": INC, "verdict": verdict, "reason": "they called", "until": until, **fields}
        api(world, "note_collection", body, "ben", account="UA")

    return Step(("note_collection",), verdict, work)


def resolved(world: World) -> None:
    """January's is upheld: a credit note waits for somebody else; February's is rejected."""
    for dispute, verdict in (("1", "upheld"), ("2", "rejected")):
        body = {"legal_entity": INC, "verdict": verdict, "reason": "we looked"}
        api(world, "resolve_dispute", body, "ana", account="UA", dispute=dispute)


def credit_approved(world: World) -> None:
    assert world.decide(f"{JANUARY}~01.001", "approved", "ben").outcome == "decided"


def credited(world: World) -> None:
    assert world.apply(f"{JANUARY}~01.001").outcome == "released"


COLLECTIONS = History(
    "collections",
    collecting,
    (
        Step(("remind_customers",), "remind", reminded),
        Step(("dispute_invoice",), "dispute", disputed),
        noted("promised", "2013-04-20"),
        noted("paused", "2013-04-21"),
        noted("resumed"),
        noted("handed_over"),
        Step(("record_delivery_event",), "bounce-for-good", reminder_bounced),
        noted("reachable", address="ap@ua.example"),
        Step(("api_operations",), "given", given),
        Step(("resolve_dispute",), "resolve", resolved),
        Step(("decide_exception",), "approve-the-credit", credit_approved),
        Step(("apply_decision",), "credit-of-a-dispute", credited),
        Step(("remind_customers",), "remind-again", lambda world: reminded(world, "2013-05-20")),
    ),
)


def closed(world: World) -> None:
    close(world, by="ana")


def reopening_asked(world: World) -> None:
    ask_to_reopen(world, by="ana")


def _reopening(world: World) -> str:
    (state,) = world.exception_store.of_period(INC, JAN)
    return state.opened.id


def reopening_approved(world: World) -> None:
    assert world.decide(_reopening(world), "approved", "ben").outcome == "decided"


def reopened(world: World) -> None:
    assert world.apply(_reopening(world)).outcome == "reopened"


CLOSING = History(
    "closing",
    lambda: cash_world(JAN),
    (
        Step(("reconcile",), "reconcile", lambda world: world.reconcile(period=JAN)),
        Step(("sign_off_month",), "close-the-month", closed),
        Step(("sign_off_month",), "ask-to-reopen", reopening_asked),
        Step(("decide_exception",), "approve-the-reopening", reopening_approved),
        Step(("apply_decision",), "reopen", reopened),
    ),
)
