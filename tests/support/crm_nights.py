"""Orders of a CRM in memory, hinted at by day and compared with billing by night."""

import json
from collections.abc import Iterator

from billproof.crm.orders import CrmOrder
from billproof.crm.port import ListedOrder
from billproof.money import Money
from tests.support.crm import CrmWorld
from tests.support.world import INC

DECEMBER = "2012-12"
LISTING = json.dumps({"kind": "crm_listing", "system": "salesforce"})


def order(name: str = "1", *, fee: str = "2500", **changes: object) -> CrmOrder:
    line = {"number": "1", "product": "SKY-PLATFORM", "quantity": "1", "unit_price": fee, "total": fee}
    document = {
        "system": "salesforce",
        "id": name,
        "number": name,
        "created": "2012-12-18",
        "customer": "0015g00000UAAAAAA1",
        "status": "Activated",
        "currency": "USD",
        "start": "2013-01-01",
        "lines": [line],
    }
    return CrmOrder.model_validate({**document, **changes})


class MemoryCrm:
    """A CRM in memory."""

    def __init__(self, *orders: CrmOrder) -> None:
        self.orders = {one.id: one for one in orders}

    def put(self, changed: CrmOrder) -> None:
        self.orders[changed.id] = changed

    def order(self, order: str) -> CrmOrder | None:
        return self.orders.get(order)

    def orders_of(self, kind: str, records: tuple[str, ...]) -> tuple[str, ...]:
        assert kind == "Order"
        return records

    def probe(self) -> None: ...

    def listed(self) -> Iterator[ListedOrder]:
        for one in self.orders.values():
            yield ListedOrder(one.id, one.number)


class Night(CrmWorld):
    def hint(self, name: str = "1") -> None:
        self.take(json.dumps({"kind": "crm_hint", "system": "salesforce", "record_kind": "Order", "records": [name]}))

    def check_orders(self) -> int:
        listing = self.take(LISTING)
        return listing.drifted + sum(taken.drifted for taken in self.take_all())

    def found(self, period: str = DECEMBER) -> list[tuple[str, str, Money | None]]:
        states = self.exception_store.of_period(INC, period)
        return [(state.opened.findings[0].code, state.status, state.opened.amount) for state in states]
