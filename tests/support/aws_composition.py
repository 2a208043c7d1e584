"""The ports of a function of the chain: adapters over moto, a clock that is set, and an account at Stripe."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.s3 import S3Objects
from billproof.adapters.stripe.balances import StripeBalances
from billproof.adapters.stripe.payments import StripePayments
from billproof.adapters.stripe.refunds import StripeRefunds
from billproof.composition import Composition
from billproof.payments.gateway_balance import BalanceSources
from billproof.payments.refunding import RefundSources
from billproof.ports import VersionedObjects
from billproof.receivables.charging import ChargeSources
from billproof.settings import Settings
from tests.support.hiding_s3 import HidingS3
from tests.support.stripe_client import AccountClient


class Clock(Protocol):
    """What says the time of the chain, and holds its account at Stripe."""

    now: datetime
    stripe: AccountClient


class ChainComposition(Composition):
    """A function's ports over moto, with a clock that is set."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(settings)
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now

    def balance_sources(self) -> BalanceSources:
        return BalanceSources(
            self.directory, self.payment_events, StripeBalances(self.stripe_keys, http_client=self._clock.stripe)
        )

    def refund_sources(self, legal_entity: str) -> RefundSources:
        refunds = StripeRefunds(self.stripe_keys, http_client=self._clock.stripe)
        return replace(super().refund_sources(legal_entity), refunds=refunds)

    def charge_sources(self, legal_entity: str) -> ChargeSources:
        payments = StripePayments(self.stripe_keys, http_client=self._clock.stripe)
        return replace(super().charge_sources(legal_entity), payments=payments)

    def _bucket(self) -> VersionedObjects:
        return S3Objects(HidingS3(client("s3")), self.settings.data_bucket)
