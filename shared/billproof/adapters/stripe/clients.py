"""The clients of Stripe's library, one for each gateway, and its errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import stripe
from stripe._base_address import BaseAddresses

from billproof.adapters.stripe.secrets import ADDRESS, GatewaySecrets
from billproof.errors import ExternalServiceUnavailable, InvalidInput
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity

RETRIES = 1
LIVE = "_live_"
"""What a key of real payments has in it: it is never sent to a stand-in."""
SECONDS = 10
"""How long an answer may take: a call that hangs must not outlive the function that waits for it."""


class StripeClients:
    """A client for each gateway, under its own key; other tests than those of HTTP give another way to call."""

    def __init__(self, keys: GatewaySecrets, *, http_client: stripe.HTTPClient | None = None) -> None:
        self._keys = keys
        self._http_client = http_client or stripe.RequestsClient(timeout=SECONDS)

    def of(self, entity: LegalEntity, gateway: GatewayAccount) -> stripe.StripeClient:
        """Return the client of a gateway; raises ExternalServiceUnavailable where there is no key for it."""
        keys = self._keys.of(entity.id, gateway.source)
        if not keys:
            message = f"there is no key for the gateway {gateway.source} of {entity.id}"
            raise ExternalServiceUnavailable(message, service="stripe")
        return stripe.StripeClient(
            keys[0],
            max_network_retries=RETRIES,
            http_client=self._http_client,
            base_addresses=self._stand_in(entity, gateway),
        )

    def _stand_in(self, entity: LegalEntity, gateway: GatewayAccount) -> BaseAddresses:
        """Return where a stand-in of Stripe is; Stripe itself where none is named, and for payments that are real."""
        is_real = gateway.stripe is None or gateway.stripe.livemode
        address = [] if is_real else self._keys.of(entity.id, f"{gateway.source}{ADDRESS}")
        return {"api": address[0]} if address else {}

    def probe(self) -> None:
        """Ask for the balance under each key; raises ExternalServiceUnavailable, InvalidInput for a key without it."""
        for key, address in self._keys.all():
            stand_in: BaseAddresses = {"api": address} if address and LIVE not in key else {}
            with errors_of_stripe():
                stripe.StripeClient(
                    key, max_network_retries=RETRIES, http_client=self._http_client, base_addresses=stand_in
                ).v1.balance.retrieve()


@contextmanager
def errors_of_stripe() -> Iterator[None]:
    """Turn Stripe's errors into ours: what it does not know is wrong, what failed on the way is tried again."""
    try:
        yield
    except (stripe.InvalidRequestError, stripe.CardError, stripe.IdempotencyError) as error:
        message = "Stripe refuses what it is asked for"
        raise InvalidInput(message, code=str(error.code or "")) from error
    except stripe.StripeError as error:
        message = f"Stripe does not answer: {type(error).__name__}"
        raise ExternalServiceUnavailable(message, service="stripe", code=str(error.code or "")) from error
