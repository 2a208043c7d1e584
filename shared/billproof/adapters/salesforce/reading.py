"""Salesforce's records as orders: Order, OrderItem and Product2, as the REST API returns them. Pure functions.

Days in Salesforce are inclusive: an order that ends on the 31st holds that day. Fields that end in `__c` are an
organisation's own: one that has a value, and that the mapping does not ignore, keeps the order waiting.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pydantic import ValidationError

from billproof.adapters.crm_calls import NOT_AS_DOCUMENTED
from billproof.crm.orders import CrmLine, CrmOrder
from billproof.errors import Unreadable
from billproof.model import read_day, what_is_wrong

SYSTEM = "salesforce"
OWN_FIELD = "__c"
REDUCTION = "IsReductionOrder"
"""An order that takes back what another one sold: no rule makes a contract of it."""

type Document = Mapping[str, Any]


def order_of(order: Document, items: Sequence[Document], products: Mapping[str, Document]) -> CrmOrder:
    """Return an order of its record, those of its items, and those of their products by id; raises Unreadable."""
    try:
        return CrmOrder(
            system=SYSTEM,
            id=order["Id"],
            number=order["OrderNumber"],
            created=read_day(order["CreatedDate"][:10]),
            customer=order["AccountId"],
            status=order["Status"],
            currency=order.get("CurrencyIsoCode") or "",
            start=_day(order.get("EffectiveDate")),
            end=_day_after(order.get("EndDate")),
            total=order.get("TotalAmount"),
            lines=tuple(sorted((_line(item, products) for item in items), key=lambda line: line.number)),
            fields=_unread(order),
        )
    except ValidationError as error:
        message = f"not an order of Salesforce: {what_is_wrong(error)}"
    except NOT_AS_DOCUMENTED as error:
        message = f"not an order of Salesforce: {type(error).__name__}"
    raise Unreadable(message)


def _line(item: Document, products: Mapping[str, Document]) -> CrmLine:
    product = products.get(item["Product2Id"], {})
    return CrmLine(
        number=item["OrderItemNumber"],
        product=product.get("ProductCode") or item["Product2Id"],
        quantity=item.get("Quantity"),
        unit_price=item.get("UnitPrice"),
        total=item.get("TotalPrice"),
        start=_day(item.get("ServiceDate")),
        end=_day_after(item.get("EndDate")),
        fields=_unread(item),
    )


def _unread(record: Document) -> tuple[str, ...]:
    own = [name for name, value in record.items() if name.endswith(OWN_FIELD) and value not in (None, "", False)]
    return tuple(sorted([*own, *([REDUCTION] if record.get(REDUCTION) else [])]))


def _day(text: str | None) -> date | None:
    return None if text is None else read_day(text)


def _day_after(text: str | None) -> date | None:
    return None if text is None else read_day(text) + timedelta(days=1)
