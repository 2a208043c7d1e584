"""An account of Stripe: what happens to its balance, the events that tell of it, and its API over balance transactions.

The shapes are those of docs.stripe.com/api. A charge has the last digits of its card, as there: nothing of them is to
come through.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

import stripe

LAST_DIGITS, FINGERPRINT = "4242", "Xt5EWLLDS7FJjR1c"
FEBRUARY = 1_359_979_200
"""2013-02-04 12:00 UTC."""
A_DAY = 86_400


@dataclass
class FakeAccount:
    """What an account did, each movement of its balance with what it is of."""

    currency: str = "usd"
    livemode: bool = False
    transactions: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    payouts: dict[str, list[str]] = field(default_factory=dict)
    declined: dict[str, str] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    last: int = 0

    def _number(self) -> int:
        self.last += 1
        return self.last

    def moved(self, category: str, source: str, amount: int, **fields: Any) -> str:
        """Move the balance by an amount; return the id of the transaction."""
        name = f"txn_{self._number()}"
        fee = fields.pop("fee", 0)
        self.transactions[name] = {
            "id": name,
            "object": "balance_transaction",
            "amount": amount,
            "currency": self.currency,
            "fee": fee,
            "net": amount - fee,
            "created": FEBRUARY,
            "exchange_rate": None,
            "reporting_category": category,
            "status": "pending",
            "source": source,
            **fields,
        }
        return name

    def charge(self, name: str, amount: int, **fields: Any) -> dict[str, Any]:
        """Take a charge; return its event."""
        fee = fields.pop("fee", 0)
        self.sources[name] = {
            "id": name,
            "object": "charge",
            "amount": amount,
            "amount_captured": amount,
            "billing_details": {"name": fields.pop("payer", "United"), "email": "paying@united.example"},
            "captured": True,
            "currency": self.currency,
            "customer": "cus_united",
            "description": None,
            "failure_balance_transaction": None,
            "metadata": {},
            "paid": True,
            "payment_intent": f"pi_of_{name}",
            "payment_method_details": {
                "card": {"brand": "visa", "last4": LAST_DIGITS, "exp_year": 2034, "fingerprint": FINGERPRINT},
                "type": "card",
            },
            "status": "succeeded",
            **fields,
        }
        self.sources[name]["balance_transaction"] = self.moved("charge", name, amount, fee=fee)
        return self.event("charge.succeeded", name)

    def refund(self, name: str, charge: str, amount: int, **fields: Any) -> dict[str, Any]:
        """Refund of a charge; return its event."""
        source = {"object": "refund", "amount": amount, "charge": charge, "currency": self.currency}
        source["status"] = "succeeded"
        self.sources[name] = {"id": name, **source, "failure_balance_transaction": None, **fields}
        self.sources[name]["balance_transaction"] = self.moved("refund", name, -amount)
        return self.event("refund.created", name)

    def refund_fails(self, name: str) -> dict[str, Any]:
        """Take the money of a refund back, which did not arrive; return its event."""
        refund = self.sources[name]
        failed = self.moved("refund_failure", name, refund["amount"])
        refund |= {"status": "failed", "failure_balance_transaction": failed}
        return self.event("refund.failed", name)

    def dispute(self, name: str, charge: str, amount: int, *, fee: int = 1500) -> dict[str, Any]:
        """Withdraw what is disputed; return the event."""
        self.sources[name] = {
            "id": name,
            "object": "dispute",
            "amount": amount,
            "charge": charge,
            "status": "needs_response",
            "balance_transactions": [],
        }
        self._of_dispute(name, self.moved("dispute", name, -amount, fee=fee))
        return self.event("charge.dispute.funds_withdrawn", name)

    def wins(self, name: str, *, fee: int = 0) -> list[dict[str, Any]]:
        """Reinstate what was disputed; return the events, which come in any order."""
        amount = self.sources[name]["amount"]
        self._of_dispute(name, self.moved("dispute_reversal", name, amount, fee=fee))
        self.sources[name]["status"] = "won"
        return [self.event("charge.dispute.funds_reinstated", name), self.event("charge.dispute.closed", name)]

    def withdraws_again(self, name: str) -> dict[str, Any]:
        """Withdraw once more what was reinstated, a week later; return the event."""
        moved = self.moved("dispute", name, -self.sources[name]["amount"], created=FEBRUARY + 7 * A_DAY)
        self._of_dispute(name, moved)
        self.sources[name]["status"] = "needs_response"
        return self.event("charge.dispute.funds_withdrawn", name)

    def loses(self, name: str) -> dict[str, Any]:
        """Close a dispute that was lost; return the event."""
        self.sources[name]["status"] = "lost"
        return self.event("charge.dispute.closed", name)

    def _of_dispute(self, name: str, transaction: str) -> None:
        self.sources[name]["balance_transactions"].append(self._shown(self.transactions[transaction]))

    def payout(self, name: str, **fields: Any) -> list[dict[str, Any]]:
        """Pay out whatever was not paid out yet; return the events."""
        settled = {one for items in self.payouts.values() for one in items}
        items = [one for one in self.transactions if one not in settled]
        amount = sum(self.transactions[one]["net"] for one in items)
        self.sources[name] = {
            "id": name,
            "object": "payout",
            "amount": amount,
            "arrival_date": FEBRUARY - FEBRUARY % A_DAY + 2 * A_DAY,
            "automatic": True,
            "currency": self.currency,
            "failure_balance_transaction": None,
            "reconciliation_status": "in_progress",
            "status": "in_transit",
            **fields,
        }
        moved = self.moved("payout", name, -amount)
        self.sources[name]["balance_transaction"] = moved
        self.payouts[name] = [*reversed([*items, moved])]
        events = [self.event("payout.created", name)]
        self.sources[name]["status"] = "paid"
        events.append(self.event("payout.paid", name))
        self.sources[name]["reconciliation_status"] = "completed"
        return [*events, self.event("payout.reconciliation_completed", name)]

    def event(self, kind: str, source: str) -> dict[str, Any]:
        """Return an event about a source as it is now."""
        return {
            "id": f"evt_{self._number()}",
            "object": "event",
            "api_version": stripe.api_version,
            "created": FEBRUARY + A_DAY,
            "data": {"object": copy.deepcopy(self.sources[source])},
            "livemode": self.livemode,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }

    def _shown(self, transaction: dict[str, Any], *, expanded: bool = False) -> dict[str, Any]:
        shown = copy.deepcopy(transaction)
        if expanded:
            shown["source"] = copy.deepcopy(self.sources.get(shown["source"]))
        return shown

    def refund_by_api(self, params: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Refund of a charge; more than is left of it is refused."""
        charge, amount = params["charge"], int(params["amount"])
        left = self.sources[charge]["amount"] - sum(one["amount"] for one in self.refunds_of(charge))
        if amount > left:
            return 400, {"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}
        name = f"re_by_api_{self._number()}"
        metadata = {"invoice": params["metadata[invoice]"]}
        self.refund(name, charge, amount, metadata=metadata, currency=self.currency)
        return 200, copy.deepcopy(self.sources[name])

    def intent_by_api(self, path: str, params: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Create, change or confirm a payment intent; a method that is among the `declined` ones is declined."""
        *_, last = path.split("/")
        if last == "payment_intents":
            name = f"pi_{self._number()}"
            self.sources[name] = {
                "id": name,
                "object": "payment_intent",
                "created": FEBRUARY + 365 * A_DAY,
                "currency": params["currency"],
                "customer": params["customer"],
                "description": params["description"],
                "last_payment_error": None,
                "latest_charge": None,
                "metadata": {},
                "status": "requires_payment_method",
            }
        else:
            name = last if last in self.sources else path.split("/")[-2]
        intent = self.sources[name]
        if "amount" in params:
            intent["amount"] = int(params["amount"])
        intent["metadata"] |= {key[9:-1]: value for key, value in params.items() if key.startswith("metadata[")}
        if params.get("confirm") == "true" or last == "confirm":
            return self._confirm(intent, params["payment_method"])
        return 200, copy.deepcopy(intent)

    def _confirm(self, intent: dict[str, Any], method: str) -> tuple[int, dict[str, Any]]:
        if intent["status"] in {"succeeded", "processing", "canceled"}:
            return 400, {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}}
        if method in self.declined:
            said = {"type": "card_error", "code": "card_declined", "decline_code": self.declined[method]}
            intent |= {"status": "requires_payment_method", "last_payment_error": said}
            return 402, {"error": said | {"payment_intent": copy.deepcopy(intent)}}
        if method in self.slow:
            intent["status"] = "processing"
            return 200, copy.deepcopy(intent)
        return 200, self.intent_succeeds(intent["id"])

    def intent_succeeds(self, name: str) -> dict[str, Any]:
        """Let a payment intent be paid by a charge."""
        intent, charge = self.sources[name], f"ch_of_{name}"
        self.charge(charge, intent["amount"], description=intent["description"], payment_intent=name)
        intent |= {"status": "succeeded", "latest_charge": charge, "last_payment_error": None}
        return self._expanded(intent)

    def _expanded(self, intent: dict[str, Any]) -> dict[str, Any]:
        """Return an object of the account, a payment intent with its charge."""
        charge = {"latest_charge": self.sources.get(intent["latest_charge"])} if "latest_charge" in intent else {}
        return copy.deepcopy(intent | charge)

    def intents(self) -> list[dict[str, Any]]:
        """Return all payment intents."""
        return [one for one in self.sources.values() if one["object"] == "payment_intent"]

    def refunds_of(self, charge: str) -> list[dict[str, Any]]:
        """Return the refunds of a charge."""
        return [one for one in self.sources.values() if one["object"] == "refund" and one["charge"] == charge]

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """Answer a call of the API that reads."""
        *_, last = path.split("/")
        if path.startswith(("/v1/charges/", "/v1/payment_intents/")) and last in self.sources:
            return 200, self._expanded(self.sources[last])
        if path == "/v1/payment_intents":
            since, customer = int(query["created[gte]"][0]), query["customer"][0]
            shown = [one for one in self.intents() if one["customer"] == customer and one["created"] >= since]
            data = [self._expanded(one) for one in shown]
            return 200, {"object": "list", "url": path, "has_more": False, "data": data}
        if path == "/v1/refunds":
            data = copy.deepcopy(self.refunds_of(query["charge"][0]))
            return 200, {"object": "list", "url": path, "has_more": False, "data": data}
        if path.startswith("/v1/balance_transactions/") and last in self.transactions:
            return 200, self._shown(self.transactions[last], expanded=query.get("expand[0]") == ["source"])
        if path == "/v1/balance_transactions" and query["payout"][0] in self.payouts:
            items = self.payouts[query["payout"][0]]
            after = items.index(query["starting_after"][0]) + 1 if "starting_after" in query else 0
            page = items[after : after + int(query["limit"][0])]
            is_expanded = query.get("expand[0]") == ["data.source"]
            data = [self._shown(self.transactions[one], expanded=is_expanded) for one in page]
            more = after + len(page) < len(items)
            return 200, {"object": "list", "url": path, "has_more": more, "data": data}
        return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "no such thing"}}
