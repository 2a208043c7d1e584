"""HubSpot's objects as orders: a deal, its line items and its company, as the API returns them. Pure functions.

A deal's line has its own term: it begins on hs_recurring_billing_start_date, or on the day the deal was closed, and
hs_recurring_billing_period (`P12M`) says how long it runs. The order runs from the first line to the end of the last.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from billproof.adapters.crm_calls import NOT_AS_DOCUMENTED
from billproof.crm.orders import CrmLine, CrmOrder
from billproof.errors import Unreadable
from billproof.model import exact_decimal, read_day, what_is_wrong
from billproof.money import CONTEXT
from billproof.periods import add_months

SYSTEM = "hubspot"
PRIMARY_COMPANY = 5
"""The type of the association of a deal with its primary company."""
DEAL_FIELDS = ("dealstage", "deal_currency_code", "closedate", "amount", "createdate")
LINE_FIELDS = (
    "hs_sku",
    "hs_product_id",
    "quantity",
    "price",
    "amount",
    "discount",
    "hs_discount_percentage",
    "recurringbillingfrequency",
    "hs_recurring_billing_period",
    "hs_recurring_billing_start_date",
)
_MONTHS = re.compile(r"P(?:([0-9]{1,2})Y)?(?:([0-9]{1,3})M)?")
MONTHS_OF_A_YEAR = 12
HUNDRED = Decimal(100)

type Document = Mapping[str, Any]


def order_of(
    deal: Document, items: Sequence[Document], companies: Sequence[Document], own_fields: frozenset[str]
) -> CrmOrder:
    """Return an order of a deal, its line items and its companies; raises Unreadable.

    `own_fields` are the properties that HubSpot has not defined itself.
    """
    try:
        said = deal["properties"]
        closed = _day(said.get("closedate"))
        lines = tuple(_line(item, closed, own_fields) for item in sorted(items, key=lambda item: int(item["id"])))
        starts = [line.start for line in lines if line.start is not None]
        ends = [line.end for line in lines if line.end is not None]
        return CrmOrder(
            system=SYSTEM,
            id=str(deal["id"]),
            number=str(deal["id"]),
            created=read_day(deal["createdAt"][:10]),
            customer=_company(companies),
            status=said.get("dealstage") or "",
            currency=said.get("deal_currency_code") or "",
            start=min(starts, default=closed),
            end=max(ends) if ends and len(ends) == len(lines) else None,
            total=said.get("amount") or None,
            lines=lines,
            fields=_unread(said, own_fields),
        )
    except ValidationError as error:
        message = f"not a deal of HubSpot: {what_is_wrong(error)}"
    except NOT_AS_DOCUMENTED as error:
        message = f"not a deal of HubSpot: {type(error).__name__}"
    raise Unreadable(message)


def _company(companies: Sequence[Document]) -> str:
    """Return the primary company of a deal, or its only one; of several without a primary one, none."""
    primary = [
        company
        for company in companies
        if any(kind["typeId"] == PRIMARY_COMPANY for kind in company["associationTypes"])
    ]
    chosen = primary if len(primary) == 1 else companies
    return str(chosen[0]["toObjectId"]) if len(chosen) == 1 else ""


def _line(item: Document, closed: date | None, own_fields: frozenset[str]) -> CrmLine:
    said = item["properties"]
    start = _day(said.get("hs_recurring_billing_start_date")) or closed
    return CrmLine(
        number=str(item["id"]),
        product=said.get("hs_sku") or said.get("hs_product_id") or "",
        quantity=said.get("quantity") or None,
        unit_price=_net_price(said),
        total=said.get("amount") or None,
        frequency=said.get("recurringbillingfrequency") or "",
        start=start,
        end=_end(start, said.get("hs_recurring_billing_period") or ""),
        fields=_unread(said, own_fields),
    )


def _net_price(said: Document) -> Decimal | None:
    """Return the price of one, after the discount of an amount or of a percentage."""
    if not said.get("price"):
        return None
    price = exact_decimal(said["price"])
    price = CONTEXT.subtract(price, exact_decimal(said.get("discount") or "0"))
    percent = exact_decimal(said.get("hs_discount_percentage") or "0")
    return CONTEXT.divide(CONTEXT.multiply(price, HUNDRED - percent), HUNDRED)


def _end(start: date | None, period: str) -> date | None:
    if start is None or not period:
        return None
    match = _MONTHS.fullmatch(period)
    months = int(match[1] or 0) * MONTHS_OF_A_YEAR + int(match[2] or 0) if match else 0
    if not months:
        message = "a term that is not in months or years"
        raise ValueError(message)
    return add_months(start, months)


def _unread(said: Document, own_fields: frozenset[str]) -> tuple[str, ...]:
    return tuple(
        sorted(name for name, value in said.items() if name in own_fields and value not in (None, "", "false"))
    )


def _day(text: str | None) -> date | None:
    return read_day(text[:10]) if text else None
