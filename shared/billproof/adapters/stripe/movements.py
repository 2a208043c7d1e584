"""Balance transactions of Stripe as movements of a gateway (docs.stripe.com/api/balance_transactions).

Every change of a balance is one, with its fee and, expanded, its source. What it is says its reporting category
(docs.stripe.com/reports/reporting-categories):

    charge                                               charge      ch_, py_
    refund, partial_capture_reversal, charge_failure     refund      re_, pyr_
    refund_failure                                       charge      txn_: the money of a refund that failed is back
    dispute                                              dispute     dp_, du_; dp_/2 where it is taken once more
    dispute_reversal                                     dispute_won the same
    fee, tax, network_cost                               fee         txn_, as is the fee of every other one
    payout                                               payout      po_, once its day is final
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic import ValidationError

from billproof.adapters.stripe.amounts import money_of
from billproof.errors import InvalidInput
from billproof.masterdata.gateways import GatewayAccount, MovementOfGateway
from billproof.masterdata.parties import LegalEntity
from billproof.model import what_is_wrong
from billproof.money import Money
from billproof.payments.gateway_model import GatewayMovement
from billproof.payments.model import Payer
from billproof.periods import zone
from billproof.personal_numbers import without_card_numbers

MOST_TEXT, MOST_NAME = 4096, 200
_KINDS = {
    "charge": MovementOfGateway.CHARGE,
    "refund_failure": MovementOfGateway.CHARGE,
    "refund": MovementOfGateway.REFUND,
    "partial_capture_reversal": MovementOfGateway.REFUND,
    "charge_failure": MovementOfGateway.REFUND,
    "dispute": MovementOfGateway.DISPUTE,
    "dispute_reversal": MovementOfGateway.DISPUTE_WON,
    "payout": MovementOfGateway.PAYOUT,
}
_FEES = frozenset({"fee", "tax", "network_cost"})
_CANCELED = "canceled"
_SENT = frozenset({"paid", "failed"})
"""Of a payout in one of these states the day of arrival does not change any more."""

type Parsed = Mapping[str, Any]


def movements_of(
    transaction: Parsed, entity: LegalEntity, gateway: GatewayAccount, *, payout: str | None = None
) -> tuple[GatewayMovement, ...]:
    """Return what a balance transaction is: a movement and its fee, or nothing yet for a payout that is not sent.

    Raises InvalidInput, whose text repeats nothing private, for one that is no movement of ours or reads as none.
    """
    try:
        return tuple(_Transaction(transaction, entity, gateway, payout).movements())
    except ValidationError as error:
        raise InvalidInput(what_is_wrong(error)) from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        message = "this balance transaction is not as Stripe documents them"
        raise InvalidInput(message) from None


class _Transaction:
    """One balance transaction while it is read."""

    def __init__(self, parsed: Parsed, entity: LegalEntity, gateway: GatewayAccount, payout: str | None) -> None:
        self._parsed, self._entity, self._gateway, self._payout = parsed, entity, gateway, payout
        source = parsed.get("source")
        self._source: Parsed = source if isinstance(source, Mapping) else {}

    def movements(self) -> Iterator[GatewayMovement]:
        category, currency = self._parsed["reporting_category"], self._parsed["currency"]
        amount, fee = money_of(self._parsed["amount"], currency), money_of(self._parsed["fee"], currency)
        if category in _FEES:
            yield from self._fee(amount - fee)
            return
        kind = _KINDS.get(category)
        is_returned = category == "payout_reversal" and self._source.get("status") == _CANCELED
        if kind is None and not is_returned:
            message = f"nobody books a balance transaction of the category {_word(category)} yet: a person does"
            raise InvalidInput(message)
        if kind is MovementOfGateway.PAYOUT and self._source["status"] not in {*_SENT, _CANCELED}:
            return  # payout.paid says so
        if kind is not None and not (kind is MovementOfGateway.PAYOUT and self._source["status"] == _CANCELED):
            yield self._movement(kind, category, amount)
        yield from self._fee(-fee)

    def _movement(self, kind: MovementOfGateway, category: str, amount: Money) -> GatewayMovement:
        is_payout = kind is MovementOfGateway.PAYOUT
        is_of_charge = self._source["object"] == "charge"
        name = self._source["id"]
        fields: dict[str, Any] = {}
        if category == "charge":
            fields = {"payer": self._payer(), "remittance": self._text()}
        elif category == "refund_failure":
            name = self._parsed["id"]
            fields = {"remittance": f"refund {_id(self._source)} did not arrive"}
        elif not is_payout:
            name = self._parsed["id"] if is_of_charge else self._of_dispute(name)
            fields = {"original": _id(self._source if is_of_charge else self._source["charge"])}
        return GatewayMovement(
            legal_entity=self._entity.id,
            source=self._gateway.source,
            movement=kind,
            reference=name,
            amount=amount,
            booked_on=_day_in_utc(self._source["arrival_date"]) if is_payout else self._day(),
            payout=None if is_payout else self._payout,
            **fields,
        )

    def _of_dispute(self, name: str) -> str:
        """Return the name of a movement of a dispute, or refund: what moves in the same way once more has another one.

        A dispute lists its transactions, and each is listed from when it is there on.
        """
        listed = self._source.get("balance_transactions")
        of_kind = [
            one
            for one in (listed if isinstance(listed, list) else [])
            if isinstance(one, Mapping) and one.get("reporting_category") == self._parsed["reporting_category"]
        ]
        in_time = [one["id"] for one in sorted(of_kind, key=lambda one: int(one["created"]))]
        place = in_time.index(self._parsed["id"]) + 1 if self._parsed["id"] in in_time else 1
        return name if place == 1 else "/".join((name, str(place)))

    def _fee(self, amount: Money) -> Iterator[GatewayMovement]:
        """Yield what Stripe keeps, below zero, or gives back."""
        if not amount.is_zero:
            yield GatewayMovement(
                legal_entity=self._entity.id,
                source=self._gateway.source,
                movement=MovementOfGateway.FEE,
                reference=self._parsed["id"],
                amount=amount,
                booked_on=self._day(),
                payout=self._payout,
            )

    def _day(self) -> date:
        return datetime.fromtimestamp(self._parsed["created"], zone(self._entity.time_zone)).date()

    def _payer(self) -> Payer:
        """Return who paid: the name with the card or account, and Stripe's own number of the customer."""
        name = (self._source.get("billing_details") or {}).get("name")
        customer = self._source.get("customer")
        return Payer(
            name=without_card_numbers(name)[:MOST_NAME] if name else None,
            account=_id(customer) if customer else None,
        )

    def _text(self) -> str:
        """Return what a charge says that it pays: its description, and the metadata that the gateway names."""
        metadata = self._source.get("metadata") or {}
        keys = self._gateway.stripe.metadata if self._gateway.stripe else ()
        texts = [self._source.get("description") or "", *(metadata[key] for key in keys if key in metadata)]
        return without_card_numbers(" ".join(text for text in texts if text))[:MOST_TEXT]


def _id(object_or_id: Any) -> str:
    """Return the id of what is expanded or not; raises TypeError where there is none."""
    name = object_or_id["id"] if isinstance(object_or_id, Mapping) else object_or_id
    if not isinstance(name, str):
        raise TypeError
    return name


def _day_in_utc(seconds: int) -> date:
    """Return the day of a date, which Stripe writes as its midnight in UTC."""
    return datetime.fromtimestamp(seconds, UTC).date()


def _word(category: object) -> str:
    """Return the name of a category, where it is one."""
    is_one = isinstance(category, str) and category.replace("_", "").isalpha() and category.isascii()
    return str(category)[:64] if is_one else "?"
