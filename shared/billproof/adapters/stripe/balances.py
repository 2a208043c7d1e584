"""Balance transactions, asked of Stripe by its own library: one by its id, or those of a payout, a page at a time."""

from typing import Any

import stripe

from billproof.adapters.stripe.clients import StripeClients, errors_of_stripe
from billproof.adapters.stripe.movements import movements_of
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.errors import InvalidInput
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity
from billproof.payments.gateway_balance import BalanceChanged, BalancePage, NotUnderstood
from billproof.payments.gateway_model import GatewayMovement

PAGE_SIZE = 100
"""The most that Stripe lists at once."""


class StripeBalances:
    """The balances of Stripe's accounts, each under a restricted key of its own, which reads them and their sources."""

    def __init__(self, keys: GatewaySecrets, *, http_client: stripe.HTTPClient | None = None) -> None:
        self._clients = StripeClients(keys, http_client=http_client)

    def read(self, change: BalanceChanged, entity: LegalEntity, gateway: GatewayAccount) -> BalancePage:
        """Return what a change is: as GatewayBalances says."""
        client = self._clients.of(entity, gateway)
        transactions, after = self._transactions(client, change)
        movements: list[GatewayMovement] = []
        refused: list[NotUnderstood] = []
        for transaction in transactions:
            try:
                movements += movements_of(transaction, entity, gateway, payout=change.payout)
            except InvalidInput as error:
                refused.append(NotUnderstood(str(transaction.get("id", "?")), error.message))
        return BalancePage(tuple(movements), tuple(refused), after)

    @staticmethod
    def _transactions(client: stripe.StripeClient, change: BalanceChanged) -> tuple[list[dict[str, Any]], str | None]:
        """Return the transactions of a change, and after which one there are more."""
        api = client.v1.balance_transactions
        with errors_of_stripe():
            if change.payout is None:
                return [api.retrieve(one, {"expand": ["source"]}).to_dict() for one in change.transactions], None
            params: Any = {"payout": change.payout, "limit": PAGE_SIZE, "expand": ["data.source"]}
            if change.after is not None:
                params["starting_after"] = change.after
            page = api.list(params)
            listed = [one.to_dict() for one in page.data]
        return listed, listed[-1]["id"] if listed and page.has_more else None
