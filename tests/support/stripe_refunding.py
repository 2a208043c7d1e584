"""A charge of Stripe that paid invoices, and the function that refunds what credit notes ask for."""

from datetime import timedelta

from billproof.adapters.stripe.refunds import StripeRefunds
from billproof.payments.refunding import RefundSources, pay_refunds
from billproof.payments.unanswered import refuse_unanswered
from tests.support.balances import FEB, JAN
from tests.support.cash import number_of, receivables_of
from tests.support.gateways import NOW
from tests.support.stripe_side import StripeSide
from tests.support.stripe_world import KEY, secrets
from tests.support.world import INC

JANUARY, FEBRUARY = f"{INC}.{JAN}.UA", f"{INC}.{FEB}.UA"


def paying(*months: str, amount: int = 3000, **stripe: object) -> StripeSide:
    """UA paid its invoices of 30.00 with one charge."""
    side = StripeSide(*months, **{"pays_refunds": True} | stripe)
    numbers = " ".join(number_of(side.world, month) for month in months)
    side.happens(side.account.charge("ch_1", amount, description=numbers))
    return side


def sources_of(side: StripeSide) -> RefundSources:
    return RefundSources(
        entity=side.world.directory.legal_entity(INC),
        receivables=receivables_of(side.world),
        refunds=StripeRefunds(secrets(KEY), http_client=side.client),
        events=side.world.payment_events,
        clock=lambda: NOW,
    )


def pay(side: StripeSide) -> tuple[int, int]:
    result = pay_refunds(sources_of(side), until=NOW + timedelta(minutes=12))
    assert (result.legal_entity, result.is_whole) == (INC, True)
    refuse_unanswered([result])
    return result.paid, result.refused


def at_stripe(side: StripeSide) -> list[int]:
    return [refund["amount"] for refund in side.account.refunds_of("ch_1")]
