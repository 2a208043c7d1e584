"""Payments of saved methods, asked for by Stripe's own library: one payment intent for each document.

The customer is not there (docs.stripe.com/payments/save-during-payment, `off_session`): what asks for it is declined.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import stripe

from billproof.adapters.stripe.amounts import money_of, units_of
from billproof.adapters.stripe.clients import StripeClients, errors_of_stripe
from billproof.adapters.stripe.secrets import GatewaySecrets
from billproof.errors import BillproofError, ExternalServiceUnavailable
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity
from billproof.receivables.charging import GatewayPayment, PaymentOrder
from billproof.receivables.reminders import ChargeState

PAGE_SIZE = 100
_STATES = {
    "succeeded": ChargeState.SUCCEEDED,
    "processing": ChargeState.PROCESSING,
    "requires_capture": ChargeState.PROCESSING,
}
"""Every other state waits for another payment method or the customer, or somebody canceled it."""
_ORDER = [ChargeState.SUCCEEDED, ChargeState.PROCESSING, ChargeState.DECLINED]


class StripePayments:
    """The payments of Stripe's accounts, each under a restricted key of its own, which may write them."""

    def __init__(self, keys: GatewaySecrets, *, http_client: stripe.HTTPClient | None = None) -> None:
        self._clients = StripeClients(keys, http_client=http_client)

    def payment_of(self, order: PaymentOrder, entity: LegalEntity, gateway: GatewayAccount) -> GatewayPayment | None:
        """Return the payment of a document: as GatewayPayments says."""
        client = self._clients.of(entity, gateway)
        if order.known:
            with errors_of_stripe():
                intent = client.v1.payment_intents.retrieve(order.known, {"expand": ["latest_charge"]})
            return _read(intent.to_dict())
        params: Any = {"limit": PAGE_SIZE, "expand": ["data.latest_charge"], "created": {"gte": _since(order.issued)}}
        intents: list[dict[str, Any]] = []
        for customer in dict.fromkeys(filter(None, (order.earlier_customer, order.method.customer))):
            with errors_of_stripe():
                listed = client.v1.payment_intents.list(params | {"customer": customer}).auto_paging_iter()
                intents += [one.to_dict() for one in listed]
        known = [_read(one) for one in intents if (one.get("metadata") or {}).get("invoice") == order.number]
        return min(known, key=lambda payment: _ORDER.index(payment.state), default=None)

    def pay(
        self, order: PaymentOrder, before: GatewayPayment | None, entity: LegalEntity, gateway: GatewayAccount
    ) -> GatewayPayment:
        """Charge a document: as GatewayPayments says."""
        intents = self._clients.of(entity, gateway).v1.payment_intents
        amount: Any = {"amount": units_of(order.amount), "metadata": _metadata(order)}
        method: Any = {"payment_method": order.method.method, "off_session": True, "expand": ["latest_charge"]}
        try:
            with errors_of_stripe():
                if before is None:
                    params: Any = amount | method | _of_document(order)
                    intent = intents.create(params, {"idempotency_key": order.number})
                else:
                    key = f"{order.number}/{order.after}"
                    intents.update(before.reference, amount, {"idempotency_key": f"{key}/amount"})
                    intent = intents.confirm(before.reference, method, {"idempotency_key": key})
        except BillproofError as error:
            declined = _declined(error.__cause__)
            if declined is None:
                raise
            return declined._replace(after=order.after)
        return _read(intent.to_dict())


def _since(issued: date) -> int:
    """Return a moment before any payment of a document, in seconds: a day before it was issued, for time zones."""
    return int((datetime.combine(issued, time.min, UTC) - timedelta(days=1)).timestamp())


def _of_document(order: PaymentOrder) -> dict[str, Any]:
    return {
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "confirm": True,
        "currency": order.amount.currency.lower(),
        "customer": order.method.customer,
        "description": order.number,
    }


def _metadata(order: PaymentOrder) -> dict[str, str]:
    return {"invoice": order.number, "after": str(order.after)}


def _declined(error: BaseException | None) -> GatewayPayment | None:
    """Return the payment that a card's error is about; what another call asks for at once is asked for again."""
    if isinstance(error, stripe.IdempotencyError):
        message = "another call charges the same document"
        raise ExternalServiceUnavailable(message, service="stripe") from error
    if not isinstance(error, stripe.CardError):
        return None
    said: Any = error.json_body
    intent = ((said or {}).get("error") or {}).get("payment_intent")
    return _read(intent) if intent else None


def _read(intent: dict[str, Any]) -> GatewayPayment:
    error = intent.get("last_payment_error") or {"code": intent["status"]}
    state = _STATES.get(intent["status"], ChargeState.DECLINED)
    charge = intent.get("latest_charge")
    after = str((intent.get("metadata") or {}).get("after", "0"))
    return GatewayPayment(
        reference=intent["id"],
        amount=money_of(intent["amount"], intent["currency"]),
        state=state,
        after=int(after) if after.isascii() and after.isdigit() else 0,
        code=str(error.get("decline_code") or error.get("code") or "") if state is ChargeState.DECLINED else "",
        transaction=charge.get("balance_transaction") if isinstance(charge, dict) else None,
    )
