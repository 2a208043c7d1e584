"""UA saved a card at Stripe, and its contract is charged automatically."""

from dataclasses import replace
from datetime import datetime, timedelta

from billproof.adapters.stripe.payments import StripePayments
from billproof.masterdata.parties import PaymentMethod
from billproof.payments.unanswered import refuse_unanswered
from billproof.receivables.charging import ChargeSources, charge_customers
from tests.support.gateways import CARDS
from tests.support.reminders import with_reminders
from tests.support.stripe_side import StripeSide
from tests.support.stripe_world import KEY, secrets
from tests.support.world import INC

METHOD = {"gateway": CARDS, "customer": "cus_united", "method": "pm_visa"}
DUE = "2013-03-03"


def charging(*months: str, method: dict[str, str] | None = METHOD, automatic: bool = True) -> StripeSide:
    """UA saved a card, and its contract is charged automatically."""
    side = StripeSide(*months)
    with_reminders(side.world)
    change(side, automatic=automatic)
    account = side.world.directory.account("UA")
    assert account is not None
    saved = PaymentMethod.model_validate(method) if method else None
    side.world.publish(account.model_copy(update={"version": account.version + 1, "payment_method": saved}))
    return side


def change(side: StripeSide, *, automatic: bool) -> None:
    newest = side.world.directory.contracts("UA")[-1]
    side.world.publish(newest.model_copy(update={"version": newest.version + 1, "charges_automatically": automatic}))


def sources_of(side: StripeSide, day: str) -> ChargeSources:
    return replace(
        side.world.charge_sources(INC),
        payments=StripePayments(secrets(KEY), http_client=side.client),
        clock=lambda: datetime.fromisoformat(f"{day}T16:00:00+00:00"),
    )


def charge(side: StripeSide, day: str = DUE) -> tuple[int, int]:
    sources = sources_of(side, day)
    result = charge_customers(sources, until=sources.clock() + timedelta(minutes=12))
    assert (result.legal_entity, result.is_whole) == (INC, True)
    refuse_unanswered([result])
    return result.charged, result.declined


def save(side: StripeSide, **changes: str) -> None:
    """Let UA save another method."""
    account = side.world.directory.account("UA")
    assert account is not None
    saved = PaymentMethod.model_validate(METHOD | {"method": "pm_new"} | changes)
    side.world.publish(account.model_copy(update={"version": account.version + 1, "payment_method": saved}))
