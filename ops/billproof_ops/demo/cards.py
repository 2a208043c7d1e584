"""What a customer of SkyMeter pays by card: an account at Stripe, made up, in the shapes that Stripe documents.

    8 February      the customer pays its invoice by card
    11 February     its bank takes a part of that back: a dispute
    13 February     what is left after fees is paid out, and at the bank on the 15th

docs.stripe.com/api has the shapes: events, charges, disputes, payouts and balance transactions. Nothing of it depends
on when the demo is played, so that what is told again is known.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from billproof.adapters.stripe.amounts import money_of, units_of
from billproof.masterdata.gateways import GatewayAccount
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof_ops.demo.bank import FIRST_DAY, BankedPayment, BilledInvoice

PAYER = "B6"
DISPUTED = Decimal("250.00")
FEE_PERCENT, FEE, DISPUTE_FEE = Decimal("2.9"), Decimal("0.30"), Decimal("15.00")
DISPUTED_ON, PAID_OUT_ON = FIRST_DAY + timedelta(days=3), FIRST_DAY + timedelta(days=5)
ARRIVES_ON = FIRST_DAY + timedelta(days=7)
_CHARGE, _DISPUTE, _PAYOUT, _CUSTOMER = "ch_demo_1", "du_demo_1", "po_demo_1", "cus_demo_b6"

type Json = dict[str, Any]


@dataclass(frozen=True)
class CardAccount:
    """The account of a gateway at Stripe, on which one invoice was paid."""

    legal_entity: str
    gateway: GatewayAccount
    invoice: BilledInvoice

    @classmethod
    def of(cls, entity: LegalEntity, invoices: Mapping[str, BilledInvoice]) -> "CardAccount | None":
        """Return the account of a legal entity at Stripe; None where it has none."""
        return cls(entity.id, entity.gateways[0], invoices[PAYER]) if entity.gateways else None

    @property
    def payout(self) -> Money:
        """What is paid out: the charge less the dispute and both fees."""
        paid_out = -int(self._transactions[_of(_PAYOUT)]["amount"])
        return money_of(paid_out, self.invoice.amount.currency)

    @property
    def at_bank(self) -> BankedPayment:
        """The payout, as the bank books it: no customer's payment."""
        return BankedPayment(
            legal_entity=self.legal_entity,
            reference=f"STRIPE-{_PAYOUT}",
            payer=self.gateway.bank_texts[0],
            amount=self.payout,
            text=f"{self.gateway.bank_texts[0]} PAYOUT",
            structured="",
            on=ARRIVES_ON,
            pays=(),
        )

    def _money(self, amount: Decimal) -> Money:
        return Money.of(amount, self.invoice.amount.currency)

    def _units(self, amount: Decimal | Money) -> int:
        return units_of(amount if isinstance(amount, Money) else self._money(amount))

    @cached_property
    def _transactions(self) -> dict[str, Json]:
        """The transactions of the balance by their ids, each with what it is of."""
        paid = self.invoice.amount
        fee = (paid.amount * FEE_PERCENT / 100 + FEE).quantize(Decimal("0.01"))
        moved = {
            _CHARGE: self._transaction("charge", self._charge, self._units(paid), self._units(fee), FIRST_DAY),
            _DISPUTE: self._transaction(
                "dispute", self._dispute, -self._units(DISPUTED), self._units(DISPUTE_FEE), DISPUTED_ON
            ),
        }
        left = sum(one["net"] for one in moved.values())
        moved[_PAYOUT] = self._transaction("payout", self._paid_out(left), -left, 0, PAID_OUT_ON)
        return {_of(name): one for name, one in moved.items()}

    def _transaction(self, category: str, source: Json, amount: int, fee: int, on: date) -> Json:
        return {
            "id": _of(source["id"]),
            "object": "balance_transaction",
            "amount": amount,
            "currency": self.invoice.amount.currency.lower(),
            "fee": fee,
            "net": amount - fee,
            "created": _seconds(on, hour=17),
            "reporting_category": category,
            "source": source,
        }

    @property
    def _charge(self) -> Json:
        return {
            "id": _CHARGE,
            "object": "charge",
            "amount": self._units(self.invoice.amount),
            "balance_transaction": _of(_CHARGE),
            "billing_details": {"name": self.invoice.name},
            "customer": _CUSTOMER,
            "description": f"SkyMeter invoice {self.invoice.number}",
            "metadata": {"invoice": self.invoice.number},
            "status": "succeeded",
        }

    @property
    def _dispute(self) -> Json:
        return {
            "id": _DISPUTE,
            "object": "dispute",
            "amount": self._units(DISPUTED),
            "balance_transactions": [{"id": _of(_DISPUTE)}],
            "charge": _CHARGE,
            "status": "needs_response",
        }

    @staticmethod
    def _paid_out(amount: int) -> Json:
        return {
            "id": _PAYOUT,
            "object": "payout",
            "amount": amount,
            "arrival_date": _seconds(ARRIVES_ON),
            "automatic": True,
            "balance_transaction": _of(_PAYOUT),
            "reconciliation_status": "completed",
            "status": "paid",
        }

    def events(self) -> Iterator[Json]:
        """Yield the events that Stripe calls with, in an order in which they may come: the payout first."""
        changes = (
            ("payout.reconciliation_completed", _PAYOUT, PAID_OUT_ON),
            ("charge.dispute.funds_withdrawn", _DISPUTE, DISPUTED_ON),
            ("charge.succeeded", _CHARGE, FIRST_DAY),
        )
        for number, (kind, changed, on) in enumerate(changes, start=1):
            yield {
                "id": f"evt_demo_{number}",
                "object": "event",
                "created": _seconds(on, hour=17),
                "data": {"object": self._transactions[_of(changed)]["source"]},
                "livemode": False,
                "type": kind,
            }

    def answer(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, Json]:
        """Return the status and the answer of Stripe's API to a call that reads balance transactions."""
        *_, last = path.split("/")
        if path.startswith("/v1/balance_transactions/") and last in self._transactions:
            return 200, self._transactions[last]
        if path == "/v1/balance_transactions" and query.get("payout") == [_PAYOUT]:
            return 200, {"object": "list", "url": path, "has_more": False, "data": [*self._transactions.values()]}
        return 404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "unknown"}}


def _of(source: str) -> str:
    return f"txn_of_{source}"


def _seconds(day: date, *, hour: int = 0) -> int:
    return int(datetime.combine(day, time(hour), UTC).timestamp())
