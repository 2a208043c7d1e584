"""The orders of SkyMeter's CRM, made up, and as much of Salesforce's REST API as reading them takes.

    change event --> crm-events queue --> sync_crm --GET--> the records of orders.json --> contracts, and one that waits

developer.salesforce.com has the shapes: records by id, queries in pages, and change events as EventBridge carries them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files as resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

DATA = "/services/data/v64.0"
TOKEN = "/services/oauth2/token"  # noqa: S105 - a path
_QUERY = re.compile(r"SELECT ([\w, ]+) FROM (\w+)(?: WHERE (\w+) IN \((.*)\))?(?: ORDER BY Id)?")

type Json = dict[str, Any]


@dataclass
class SalesforceRecords:
    """Records by their kinds, read by id, or by queries in pages of `page_size`."""

    records: dict[str, dict[str, Json]] = field(default_factory=dict)
    cursors: dict[str, list[Json]] = field(default_factory=dict)
    page_size: int = 2_000

    def put(self, document: Json) -> None:
        """Keep an order, its items and its products, in place of what is known of them."""
        order = document["order"]
        self.records.setdefault("Order", {})[order["Id"]] = order
        items = self.records.setdefault("OrderItem", {})
        for name in [name for name, item in items.items() if item["OrderId"] == order["Id"]]:
            del items[name]
        items.update({item["Id"]: {**item, "OrderId": order["Id"]} for item in document["items"]})
        self.records.setdefault("Product2", {}).update({one["Id"]: one for one in document["products"]})

    def read(self, target: str) -> tuple[int, Any]:
        """Return the status and the answer to a GET."""
        parts = urlsplit(target)
        match parts.path.removeprefix(f"{DATA}/").split("/"):
            case ["limits"]:
                return 200, {}
            case ["sobjects", kind, record]:
                known = self.records.get(kind, {}).get(record)
                return (200, known) if known else (404, [{"errorCode": "NOT_FOUND"}])
            case ["sobjects", "Order", order, "OrderItems"]:
                items = [item for item in self.records["OrderItem"].values() if item["OrderId"] == order]
                return 200, self._page(items)
            case ["query", cursor]:
                return 200, self._page(self.cursors.pop(cursor))
            case ["query"]:
                return 200, self._page(self._query(parse_qs(parts.query)["q"][0]))
        return 404, [{"errorCode": "NOT_FOUND"}]

    def _query(self, text: str) -> list[Json]:
        match = _QUERY.fullmatch(text)
        if match is None:
            return []
        fields, kind, where, ids = match.groups()
        wanted = set(re.findall(r"'(\w+)'", ids or ""))
        rows = [row for row in self.records.get(kind, {}).values() if where is None or row.get(where) in wanted]
        return [{name.strip(): row.get(name.strip()) for name in fields.split(",")} for row in rows]

    def _page(self, rows: list[Json]) -> Json:
        left = rows[self.page_size :]
        page = {"totalSize": len(rows), "done": not left, "records": rows[: self.page_size]}
        if left:
            cursor = f"0r8xx{len(left):06d}-{self.page_size}"
            self.cursors[cursor] = left
            page["nextRecordsUrl"] = f"{DATA}/query/{cursor}"
        return page


class PlayedSalesforce(SalesforceRecords):
    """The orders of the demo's CRM."""

    def __init__(self) -> None:
        super().__init__()
        for document in json.loads(orders_text()):
            self.put(document)

    def answer(self, method: str, target: str) -> tuple[int, Any]:
        """Return the status and the answer of Salesforce's API to a call."""
        if (method, target) == ("POST", TOKEN):
            return 200, {"access_token": "of-the-demo"}
        return self.read(target)

    def events(self) -> Iterator[str]:
        """Yield the change event of each order, as the partner's bus delivers it: a hint, and no more."""
        for number, (order, record) in enumerate(self.records["Order"].items(), start=1):
            header = {
                "entityName": "Order",
                "recordIds": [order],
                "changeType": "CREATE",
                "transactionKey": f"0002demo-{number:04d}",
                "sequenceNumber": 1,
            }
            yield json.dumps(
                {
                    "version": "0",
                    "id": f"demo-{record['OrderNumber']}",
                    "detail-type": "OrderChangeEvent",
                    "source": "aws.partner/salesforce.com/00D000000SKYMETER/0YL000000SKYMETER",
                    "detail": {"payload": {"ChangeEventHeader": header}},
                }
            )


def orders_text() -> str:
    """Return the orders as a JSON document: each with its items and their products."""
    return resources("billproof_ops.demo").joinpath("orders.json").read_text(encoding="utf-8")
