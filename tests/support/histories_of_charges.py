"""What is due is charged to the method that a customer saved, declined once, step by step."""

from dataclasses import replace
from datetime import datetime, timedelta

from billproof.adapters.stripe.payments import StripePayments
from billproof.masterdata.parties import PaymentMethod
from billproof.payments.unanswered import refuse_unanswered
from billproof.receivables.charging import charge_customers
from tests.support.balances import FEB, JAN
from tests.support.gateways import CARDS
from tests.support.histories import History, Step
from tests.support.histories_of_money import side_of, taken, world_of
from tests.support.reminders import with_reminders
from tests.support.stripe_side import StripeSide
from tests.support.stripe_world import KEY, secrets
from tests.support.world import INC, World


def saved() -> World:
    """UA saved a card, and its contract is charged automatically."""
    world = world_of(StripeSide(JAN, FEB))
    with_reminders(world)
    newest, account = world.directory.contracts("UA")[-1], world.directory.account("UA")
    assert account is not None
    world.publish(newest.model_copy(update={"version": newest.version + 1, "charges_automatically": True}))
    method = PaymentMethod(gateway=CARDS, customer="cus_united", method="pm_visa")
    world.publish(account.model_copy(update={"version": account.version + 1, "payment_method": method}))
    return world


def charged(world: World, day: str) -> None:
    sources = replace(
        world.charge_sources(INC),
        payments=StripePayments(secrets(KEY), http_client=side_of(world).client),
        clock=lambda: datetime.fromisoformat(f"{day}T16:00:00+00:00"),
    )
    refuse_unanswered([charge_customers(sources, until=sources.clock() + timedelta(minutes=12))])


def declined(world: World) -> None:
    side_of(world).account.declined["pm_visa"] = "insufficient_funds"
    charged(world, "2013-04-03")


CHARGES = History(
    "charges",
    saved,
    (
        Step(("charge_customers",), "charge", lambda world: charged(world, "2013-03-03")),
        Step(("apply_payment",), "charge-told", taken),
        Step(("charge_customers",), "decline", declined),
    ),
)
