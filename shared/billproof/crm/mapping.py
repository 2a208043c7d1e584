"""From an order to a contract, by a mapping: pure, and all or nothing.

order + mapping -> contract, whole | everything that is missing, each with the money at risk
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from billproof.contracts.crm_mappings import ChargeTemplate, CrmMapping, MappedProduct, PricedBy
from billproof.contracts.model import Contract
from billproof.crm.customers import Customers
from billproof.crm.orders import CrmLine, CrmOrder
from billproof.errors import BillproofError, InvalidInput
from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof.model import MOST_DECIMALS, Model, decimal_text, what_is_wrong
from billproof.money import CONTEXT, Money, Rounding, exponent
from billproof.names import PUBLISHED


class MissingPart(StrEnum):
    """What a mapping does not know, or an order does not say."""

    CUSTOMER = "customer"
    PRODUCT = "product"
    PRICE = "price"
    CURRENCY = "currency"
    FIELD = "field"


class Missing(Model):
    """What keeps an order from being a contract: `place` is in the order, `amount` is what it puts at risk."""

    part: MissingPart
    place: str
    message: str
    amount: Money | None


class MappedOrder(Model):
    """What an order is by a mapping: a contract, or what is missing. An order that is not signed is neither."""

    order: str
    contract_id: str
    is_signed: bool
    account: str | None = None
    contract: Contract | None = None
    missing: tuple[Missing, ...] = ()
    amount: Money | None = None


def contract_id(order: CrmOrder, mapping: CrmMapping) -> str:
    """Return the id of the contract that an order becomes."""
    return f"{mapping.contract_prefix}{order.number}"


def map_order(order: CrmOrder, mapping: CrmMapping, crosswalks: CrosswalkBook | None = None) -> MappedOrder:
    """Return the contract, as version 1, that an order becomes, or everything that is missing for it.

    Its customer is looked up in the crosswalks first, where there are any.
    """
    named = contract_id(order, mapping)
    account = Customers(mapping, crosswalks or CrosswalkBook()).account(order)
    amount = _total(order, mapping)
    if order.status in mapping.unsigned:
        return MappedOrder(order=order.id, contract_id=named, is_signed=False, account=account, amount=amount)
    missing = [*_missing_of_order(order, mapping, amount, account)]
    charges: list[dict[str, Any]] = []
    for line in order.lines:
        product = mapping.product(line.product)
        reasons = [*_missing_of_line(order, line, product, mapping)]
        if product is not None and not reasons:
            try:
                charges += [_charge(template, line, by_line=product.by_line) for template in product.charges]
            except InvalidInput as error:
                reasons = [_of_line(MissingPart.PRICE, str(error), order, line, mapping)]
        missing += reasons
    contract = None
    if not missing:
        try:
            contract = _contract(order, mapping, charges, account)
        except (ValidationError, BillproofError) as error:
            said = what_is_wrong(error) if isinstance(error, ValidationError) else str(error)
            message = f"the contract that comes out is refused: {said}"
            missing = [Missing(part=MissingPart.FIELD, place="order", message=message, amount=amount)]
    return MappedOrder(
        order=order.id,
        contract_id=named,
        is_signed=order.status in mapping.signed,
        account=account,
        contract=contract,
        missing=tuple(missing),
        amount=amount,
    )


def _currency(order: CrmOrder, mapping: CrmMapping) -> str:
    return order.currency or mapping.currency or ""


def _money(amount: Decimal | None, order: CrmOrder, mapping: CrmMapping) -> Money | None:
    """Return an amount in the order's currency; None where either is not known."""
    currency = _currency(order, mapping)
    try:
        exponent(currency)
    except InvalidInput:
        return None
    return None if amount is None else Money.rounded(amount, currency, Rounding.HALF_UP)


def _total(order: CrmOrder, mapping: CrmMapping) -> Money | None:
    totals = [line.total for line in order.lines]
    known = [total for total in totals if total is not None]
    stated = order.total
    if stated is None and known and len(known) == len(totals):
        stated = sum(known, Decimal(0))
    return _money(stated, order, mapping)


def _of_line(part: MissingPart, message: str, order: CrmOrder, line: CrmLine, mapping: CrmMapping) -> Missing:
    amount = _money(line.total, order, mapping)
    return Missing(part=part, place=f"line {line.number}", message=message, amount=amount)


def _missing_of_order(
    order: CrmOrder, mapping: CrmMapping, amount: Money | None, account: str | None
) -> Iterator[Missing]:
    def missing(part: MissingPart, place: str, message: str) -> Missing:
        return Missing(part=part, place=place, message=message, amount=amount)

    if order.status not in mapping.signed:
        yield missing(MissingPart.FIELD, "status", f"the status {order.status!r} is not known")
    if account is None:
        said = f"the customer {order.customer!r} is no account, by the mapping or a crosswalk of {mapping.id}"
        yield missing(MissingPart.CUSTOMER, "customer", said)
    currency = _currency(order, mapping)
    if currency not in mapping.currencies:
        yield missing(MissingPart.CURRENCY, "currency", f"the currency {currency!r} is not known")
    if order.start is None:
        yield missing(MissingPart.FIELD, "start", "the order says no day on which it begins")
    if not order.lines:
        yield missing(MissingPart.FIELD, "lines", "the order has no lines")
    for field in order.fields:
        if field not in mapping.ignored_fields:
            yield missing(MissingPart.FIELD, field, f"the field {field!r} has a value, and no rule reads it")


def _missing_of_line(
    order: CrmOrder, line: CrmLine, product: MappedProduct | None, mapping: CrmMapping
) -> Iterator[Missing]:
    def missing(part: MissingPart, message: str) -> Missing:
        return _of_line(part, message, order, line, mapping)

    for field in line.fields:
        if field not in mapping.ignored_fields:
            yield missing(MissingPart.FIELD, f"the field {field!r} has a value, and no rule reads it")
    if product is None:
        yield missing(MissingPart.PRODUCT, f"the product {line.product!r} is not known")
        return
    if line.frequency != product.frequency:
        message = f"{line.product!r} is billed {line.frequency or 'at no stated interval'!r}"
        yield missing(MissingPart.FIELD, f"{message}, the mapping knows {product.frequency or 'none'!r}")
    same = [other for other in order.lines if other.product == line.product]
    if len(same) > 1 and not product.by_line:
        yield missing(MissingPart.PRODUCT, f"the product {line.product!r} stands there {len(same)} times, not by_line")
    yield from (missing(MissingPart.PRICE, reason) for reason in _wrong_price(line, product, order, mapping))


def _adds_up(line: CrmLine, order: CrmOrder, mapping: CrmMapping) -> bool:
    """Say whether a line's total is its quantity at its price, as it is or rounded to the currency's minor unit."""
    if line.quantity is None or line.unit_price is None or line.total is None:
        return False
    exact = CONTEXT.multiply(line.quantity, line.unit_price)
    rounded = _money(exact, order, mapping)
    return line.total in {exact, rounded.amount if rounded else exact}


def _wrong_price(line: CrmLine, product: MappedProduct, order: CrmOrder, mapping: CrmMapping) -> Iterator[str]:
    """Say why a line's price cannot be taken as it stands: nothing of it may be lost or counted otherwise."""
    quantity, price, total = line.quantity, line.unit_price, line.total
    if quantity is None or price is None or total is None:
        yield f"{line.product!r} has no quantity, no price or no total"
    elif quantity < 0 or price < 0:
        yield f"{line.product!r} takes something back: {decimal_text(quantity)} at {decimal_text(price)}"
    elif not _adds_up(line, order, mapping):
        stated = f"{decimal_text(quantity)} at {decimal_text(price)} is not {decimal_text(total)}"
        yield f"{line.product!r}: {stated}"
    else:
        taking = [charge for charge in product.charges if charge.priced_by is not PricedBy.MAPPING]
        if not taking and total:
            yield f"{line.product!r} costs {decimal_text(total)}, and the mapping has a price of its own"
        for template in product.charges:
            is_lost = template.priced_by is not PricedBy.TOTAL and not template.states_quantity
            if is_lost and quantity != 1:
                yield f"{line.product!r}: its quantity {decimal_text(quantity)} would count for nothing"


def _charge(template: ChargeTemplate, line: CrmLine, *, by_line: bool) -> dict[str, Any]:
    """Return a charge as JSON, its days still to be filled in; raises InvalidInput for a price too fine to state."""
    amount = line.total if template.priced_by is PricedBy.TOTAL else line.unit_price
    price = Decimal(0) if amount is None else CONTEXT.divide(amount, template.per_units)
    if CONTEXT.multiply(price, template.per_units) != (amount or 0) or not _is_exact(price):
        message = f"{line.product!r}: {amount} for {template.per_units} units has more than {MOST_DECIMALS} decimals"
        raise InvalidInput(message)
    charge = {**template.terms, "price": template.price_of(decimal_text(price))}
    if by_line:
        charge["id"] = f"{template.id}-{line.number}"
    if template.states_quantity and line.quantity is not None:
        charge["quantity"] = decimal_text(line.quantity)
    return {**charge, "effective": {"start": line.start, "end": line.end}}


def _is_exact(price: Decimal) -> bool:
    return len(decimal_text(price).partition(".")[2]) <= MOST_DECIMALS


def _contract(order: CrmOrder, mapping: CrmMapping, charges: list[dict[str, Any]], account: str | None) -> Contract:
    document = {
        "id": contract_id(order, mapping),
        "account": account,
        "version": 1,
        "signed_by": mapping.signed_by,
        "effective": {"start": order.start, "end": order.end},
        "currency": _currency(order, mapping),
        "time_zone": mapping.time_zone,
        "charges": [{**charge, "effective": _days(charge["effective"], order)} for charge in charges],
        "exclusions": [exclusion.model_dump(mode="json") for exclusion in mapping.exclusions],
    }
    return Contract.model_validate(document, context=PUBLISHED)


def _days(days: dict[str, Any], order: CrmOrder) -> dict[str, Any]:
    return {"start": days["start"] or order.start, "end": days["end"] or order.end}
