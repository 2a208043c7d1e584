"""Balance transactions, asked of Stripe by its own library: one by its id, or those of a payout, a page at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from billproof.adapters.stripe.movements import movements_of
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.errors import ExternalServiceUnavailable, InvalidInput
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity
from billproof.payments.gateway_balance import BalanceChanged, BalancePage, NotUnderstood
from billproof.payments.gateway_model import GatewayMovement

RETRIES = 1
SECONDS = 10
"""How long an answer may take: a call that hangs must not outlive the function that waits for it."""
PAGE_SIZE = 100
"""The most that Stripe lists at once."""


class StripeBalances:
    """The balances of Stripe's accounts, each under a restricted key of its own, which reads them and their sources."""

    def __init__(self, keys: GatewaySecrets, *, http_client: stripe.HTTPClient | None = None) -> None:
        self._keys = keys
        self._http_client = http_client or stripe.RequestsClient(timeout=SECONDS)

    def read(self, change: BalanceChanged, entity: LegalEntity, gateway: GatewayAccount) -> BalancePage:
        """Return what a change is: as GatewayBalances says."""
        client = self._client(entity, gateway)
        transactions, after = self._transactions(client, change)
        movements: list[GatewayMovement] = []
        refused: list[NotUnderstood] = []
        for transaction in transactions:
            try:
                movements += movements_of(transaction, entity, gateway, payout=change.payout)
            except InvalidInput as error:
                refused.append(NotUnderstood(str(transaction.get("id", "?")), error.message))
        return BalancePage(tuple(movements), tuple(refused), after)

    def _client(self, entity: LegalEntity, gateway: GatewayAccount) -> stripe.StripeClient:
        keys = self._keys.of(entity.id, gateway.source)
        if not keys:
            message = f"there is no key for the gateway {gateway.source} of {entity.id}"
            raise ExternalServiceUnavailable(message, service="stripe")
        return stripe.StripeClient(keys[0], max_network_retries=RETRIES, http_client=self._http_client)

    @staticmethod
    def _transactions(client: stripe.StripeClient, change: BalanceChanged) -> tuple[list[dict[str, Any]], str | None]:
        """Return the transactions of a change, and after which one there are more."""
        api = client.v1.balance_transactions
        with _errors():
            if change.payout is None:
                return [api.retrieve(one, {"expand": ["source"]}).to_dict() for one in change.transactions], None
            params: Any = {"payout": change.payout, "limit": PAGE_SIZE, "expand": ["data.source"]}
            if change.after is not None:
                params["starting_after"] = change.after
            page = api.list(params)
            listed = [one.to_dict() for one in page.data]
        return listed, listed[-1]["id"] if listed and page.has_more else None


@contextmanager
def _errors() -> Iterator[None]:
    """Turn Stripe's errors into ours: what it does not know is wrong, what failed on the way is tried again."""
    try:
        yield
    except stripe.InvalidRequestError as error:
        message = "Stripe does not know what it is asked for"
        raise InvalidInput(message, code=str(error.code or "")) from error
    except stripe.StripeError as error:
        message = f"Stripe does not answer: {type(error).__name__}"
        raise ExternalServiceUnavailable(message, service="stripe", code=str(error.code or "")) from error
