"""Balance transactions, asked of Stripe by its own library: one by its id, or those of a payout, a page at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe

from billproof.adapters.stripe.movements import movements_of
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
VERSION = "2025-03-31.basil"
"""Of the API, whatever that of the account is: what is read is as documented under this one."""

type Keys = Mapping[tuple[str, str], str]
"""The restricted keys by legal entity and gateway: they read balance transactions and their sources."""


class StripeBalances:
    """The balances of Stripe's accounts, each under a key of its own."""

    def __init__(self, keys: Keys, *, base: str | None = None) -> None:
        self._keys = keys
        self._base = base

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
        key = self._keys.get((entity.id, gateway.source))
        if key is None:
            message = f"there is no key for the gateway {gateway.source} of {entity.id}"
            raise ExternalServiceUnavailable(message, service="stripe")
        addresses: Any = {"api": self._base} if self._base else None
        return stripe.StripeClient(
            key,
            stripe_version=VERSION,
            base_addresses=addresses,
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=SECONDS),
        )

    @staticmethod
    def _transactions(client: stripe.StripeClient, change: BalanceChanged) -> tuple[list[dict[str, Any]], str | None]:
        """Return the transactions of a change, and after which one there are more."""
        asked = client.v1.balance_transactions
        with _errors():
            if change.payout is None:
                return [asked.retrieve(one, {"expand": ["source"]}).to_dict() for one in change.transactions], None
            params: Any = {"payout": change.payout, "limit": PAGE_SIZE, "expand": ["data.source"]}
            if change.after is not None:
                params["starting_after"] = change.after
            page = asked.list(params)
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
