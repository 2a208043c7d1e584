"""Refunds, asked for by Stripe's own library: what there is of a charge, and another one under an idempotency key."""

from typing import Any

import stripe

from billproof.adapters.stripe.amounts import money_of, units_of
from billproof.adapters.stripe.clients import StripeClients, errors_of_stripe
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.errors import InvalidInput
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity
from billproof.payments.refunding import GatewayRefund, RefundOrder

PAGE_SIZE = 100
CHARGES = ("ch_", "py_")
"""What the names of charges begin with (docs.stripe.com/api/charges): that of a refund that failed is its `txn_`."""
_CANCELED = "canceled"


class StripeRefunds:
    """The refunds of Stripe's accounts, each under a restricted key of its own, which may write them."""

    def __init__(self, keys: GatewaySecrets, *, http_client: stripe.HTTPClient | None = None) -> None:
        self._clients = StripeClients(keys, http_client=http_client)

    def is_charge(self, reference: str) -> bool:
        """Say whether this names a charge: as GatewayRefunds says."""
        return reference.startswith(CHARGES)

    def refunds_of(
        self, charge: str, currency: str, entity: LegalEntity, gateway: GatewayAccount
    ) -> list[GatewayRefund]:
        """Return the refunds of a charge: as GatewayRefunds says. One that failed is among them, for a person."""
        client = self._clients.of(entity, gateway)
        with errors_of_stripe():
            charged = client.v1.charges.retrieve(charge).currency.upper()
            if charged != currency:
                message = f"the charge is in {charged}, and the gateway's account in {currency}: a person refunds it"
                raise InvalidInput(message)
            page = client.v1.refunds.list({"charge": charge, "limit": PAGE_SIZE})
            return [_read(one.to_dict()) for one in page.auto_paging_iter() if one.status != _CANCELED]

    def refund(self, order: RefundOrder, entity: LegalEntity, gateway: GatewayAccount) -> GatewayRefund:
        """Refund a part of a charge: as GatewayRefunds says."""
        params: Any = {
            "charge": order.charge,
            "amount": units_of(order.amount),
            "metadata": {"invoice": order.number},
        }
        with errors_of_stripe():
            created = self._clients.of(entity, gateway).v1.refunds.create(params, {"idempotency_key": order.key})
        return _read(created.to_dict())


def _read(refund: dict[str, Any]) -> GatewayRefund:
    return GatewayRefund(
        refund["id"], money_of(refund["amount"], refund["currency"]), refund.get("balance_transaction")
    )
