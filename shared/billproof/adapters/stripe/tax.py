"""Stripe Tax as a tax engine (docs.stripe.com/tax/custom): calculations, transactions and their reversals.

Stripe takes amounts in whole minor units, of currencies with none or two decimals, and a tax date that is at most 31
days away. It asks its own registrations where tax is due. Each call that declares something carries its reference as
the idempotency key, so that a repeated call is answered as the first one was.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import stripe

from billproof.adapters.stripe.amounts import money_of, units_of
from billproof.errors import Conflict, ExternalServiceUnavailable, UndeterminedTax
from billproof.masterdata.addresses import Address
from billproof.masterdata.parties import Account, CustomerKind
from billproof.money import CONTEXT, Money, Taxed, exponent
from billproof.tax.model import Component, Determination, Treatment
from billproof.tax.port import TaxAnswer, TaxQuestion, TaxTransaction

SOFTWARE = "txcd_10103001"
"""Software as a service, business use; for consumers the same with personal use."""
PERSONAL = "txcd_10103000"
RETRIES = 1
SECONDS = 10
"""How long an answer may take: a call that hangs must not outlive the function that waits for it."""
TAX_IDS = {"GB": "gb_vat", "CH": "ch_vat", "NO": "no_vat", "AU": "au_abn", "NZ": "nz_gst", "CA": "ca_bn"}
TREATMENTS = {
    "reverse_charge": Treatment.REVERSE_CHARGE,
    "customer_exempt": Treatment.EXEMPT,
    "product_exempt": Treatment.EXEMPT,
    "product_exempt_holiday": Treatment.EXEMPT,
    "zero_rated": Treatment.ZERO_RATED,
    "not_collecting": Treatment.NO_NEXUS,
    "not_subject_to_tax": Treatment.NOT_TAXABLE,
}
UNKNOWN = {"not_supported"}
"""What Stripe says where it does not know: that is never a zero rate."""
MOST_DECIMALS = 2


class StripeTax:
    """Stripe Tax, by its own library."""

    def __init__(self, key: str, *, base: str | None = None) -> None:
        addresses: Any = {"api": base} if base else None
        self._client = stripe.StripeClient(
            key,
            base_addresses=addresses,
            max_network_retries=RETRIES,
            http_client=stripe.RequestsClient(timeout=SECONDS),
        )

    def probe(self) -> None:
        """Ask for the settings of Stripe Tax; raises ExternalServiceUnavailable."""
        with _errors(Conflict):
            self._client.v1.tax.settings.retrieve()

    def calculate(self, question: TaxQuestion) -> TaxAnswer:
        """Ask for the tax on one line; raises UndeterminedTax where Stripe refuses or does not know the place."""
        account, net = question.customer, question.net
        params: Any = {
            "currency": net.currency.lower(),
            "line_items": [
                {
                    "amount": _units(net, account.id),
                    "reference": account.id,
                    "tax_behavior": "exclusive",
                    "tax_code": SOFTWARE if account.customer_kind is CustomerKind.BUSINESS else PERSONAL,
                }
            ],
            "customer_details": {
                "address": _address(account.address),
                "address_source": "billing",
                "tax_ids": _tax_ids(account),
            },
            "ship_from_details": {"address": _address(question.seller.address)},
            "tax_date": int(datetime.combine(question.tax_point, time(12), tzinfo=UTC).timestamp()),
            "expand": ["line_items.data.tax_breakdown"],
        }
        with _errors(UndeterminedTax):
            calculation = self._client.v1.tax.calculations.create(params)
        (line,) = calculation["line_items"]["data"]
        return TaxAnswer(
            calculation=calculation["id"],
            tax=money_of(line["amount_tax"], net.currency),
            determination=_determination(question, calculation["id"], line["tax_breakdown"]),
        )

    def commit(self, calculation: str, *, reference: str) -> TaxTransaction:
        """Make a transaction of a calculation; raises Conflict where it has expired or the reference is taken."""
        params: Any = {"calculation": calculation, "reference": reference, "expand": ["line_items"]}
        with _errors(Conflict):
            transaction = self._client.v1.tax.transactions.create_from_calculation(
                params, {"idempotency_key": reference}
            )
        (line,) = transaction["line_items"]["data"]
        return TaxTransaction(transaction=transaction["id"], line_item=line["id"])

    def void(self, transaction: TaxTransaction, *, reference: str, amounts: Taxed) -> None:
        """Reverse a part of a transaction, or all that is left of it."""
        line = {
            "original_line_item": transaction.line_item,
            "reference": reference,
            "amount": _units(amounts.net, reference),
            "amount_tax": _units(amounts.tax, reference),
        }
        params: Any = {
            "mode": "partial",
            "original_transaction": transaction.transaction,
            "reference": reference,
            "line_items": [line],
        }
        with _errors(Conflict):
            self._client.v1.tax.transactions.create_reversal(params, {"idempotency_key": reference})


def _determination(question: TaxQuestion, calculation: str, breakdown: list[Any]) -> Determination:
    reasons = {part["taxability_reason"] for part in breakdown}
    if not breakdown or reasons & UNKNOWN:
        message = f"Stripe Tax does not know what is due in {question.customer.address.country}"
        raise UndeterminedTax(message, account=question.customer.id)
    taxed = [part for part in breakdown if part["tax_rate_details"] is not None and part["taxable_amount"]]
    if not taxed and breakdown[0]["taxability_reason"] not in TREATMENTS:
        message = f"Stripe Tax puts no rate on it, and says {breakdown[0]['taxability_reason']}"
        raise UndeterminedTax(message, account=question.customer.id)
    parts = [_component(part) for part in taxed]
    shares = {_share(part["taxable_amount"], question.net) for part in taxed}
    first = breakdown[0]["jurisdiction"]
    place = first["country"] + (f"-{first['state']}" if first["state"] else "")
    return Determination(
        jurisdiction=place,
        treatment=Treatment.STANDARD if taxed else TREATMENTS[breakdown[0]["taxability_reason"]],
        percent=sum((part.percent for part in parts), Decimal(0)),
        taxable_share=shares.pop() if len(shares) == 1 else Decimal(1 if taxed else 0),
        reason=", ".join(f"{part['jurisdiction']['display_name']}: {part['taxability_reason']}" for part in breakdown),
        source=f"Stripe Tax, {calculation}",
        rules_version=f"stripe {stripe.VERSION.split('.')[0]}",
        tax_point=question.tax_point,
        needs_review=False,
        components=tuple(parts) if len(parts) > 1 else (),
    )


def _component(part: Any) -> Component:
    details, place = part["tax_rate_details"], part["jurisdiction"]
    return Component(name=details["display_name"], jurisdiction=place["country"], percent=details["percentage_decimal"])


def _share(taxable: int, net: Money) -> Decimal:
    exact = CONTEXT.divide(money_of(taxable, net.currency).amount, net.amount)
    return exact.quantize(Decimal("1e-6"), context=CONTEXT).normalize()


def _units(amount: Money, subject: str) -> int:
    if exponent(amount.currency) > MOST_DECIMALS:
        message = f"Stripe Tax is not asked in {amount.currency}, which has {exponent(amount.currency)} decimals"
        raise UndeterminedTax(message, account=subject)
    return units_of(amount)


def _address(address: Address) -> dict[str, str]:
    lines = [*address.lines, "", ""]
    fields = {
        "line1": lines[0],
        "line2": lines[1],
        "city": address.city,
        "state": address.region or "",
        "postal_code": address.postal_code,
        "country": address.country,
    }
    return {name: value for name, value in fields.items() if value}


def _tax_ids(account: Account) -> list[dict[str, str]]:
    if not account.vat_number:
        return []
    return [{"type": TAX_IDS.get(account.address.country, "eu_vat"), "value": account.vat_number}]


@contextmanager
def _errors(refused: type[UndeterminedTax | Conflict]) -> Iterator[None]:
    """Turn Stripe's errors into ours: what it refuses is for a person, what failed on the way is tried again."""
    try:
        yield
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        message = f"Stripe Tax refuses: {error.user_message or error}"
        raise refused(message, code=str(error.code or "")) from error
    except stripe.StripeError as error:
        message = f"Stripe Tax: {error.user_message or error}"
        raise ExternalServiceUnavailable(message, service="stripe-tax", code=type(error).__name__) from error
