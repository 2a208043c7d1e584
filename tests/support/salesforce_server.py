"""As much of Salesforce's REST API as its documentation promises: tokens, records, and queries in pages."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

DATA = "/services/data/v64.0"
PAGE = 2
"""Salesforce's own pages hold 2,000 records: these are small, so that there are many."""
_QUERY = re.compile(r"SELECT ([\w, ]+) FROM (\w+)(?: WHERE (\w+) IN \((.*)\))?(?: ORDER BY Id)?")


@dataclass
class FakeSalesforce:
    """What the server knows; it answers the next calls with the statuses of `troubles`, and with Retry-After."""

    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    troubles: list[tuple[int, str]] = field(default_factory=list)
    tokens: int = 0
    calls: list[str] = field(default_factory=list)
    cursors: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    address: str = ""

    @property
    def secret(self) -> str:
        return json.dumps({"address": self.address, "client_id": "app", "client_secret": "secret"})

    def put(self, document: dict[str, Any]) -> None:
        """Keep an order, its items and its products, in place of what is known of them."""
        order = document["order"]
        self.records.setdefault("Order", {})[order["Id"]] = order
        items = self.records.setdefault("OrderItem", {})
        for name in [name for name, item in items.items() if item["OrderId"] == order["Id"]]:
            del items[name]
        items.update({item["Id"]: {**item, "OrderId": order["Id"]} for item in document["items"]})
        self.records.setdefault("Product2", {}).update({one["Id"]: one for one in document["products"]})

    def answer(self, method: str, target: str, token: str, body: str) -> tuple[int, Any, dict[str, str]]:
        self.calls.append(f"{method} {urlsplit(target).path}")
        if self.troubles:
            status, seconds = self.troubles.pop(0)
            return status, [{"errorCode": "UNABLE_TO_LOCK"}], {"Retry-After": seconds} if seconds else {}
        if (method, target) == ("POST", "/services/oauth2/token"):
            said = dict(parse_qsl(body))
            if said != {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"}:
                return 401, {"error": "invalid_client"}, {}
            self.tokens += 1
            return 200, {"access_token": f"token-{self.tokens}", "instance_url": self.address}, {}
        if token != f"Bearer token-{self.tokens}":
            return 401, [{"errorCode": "INVALID_SESSION_ID"}], {}
        return (*self.read(target), {})

    def read(self, target: str) -> tuple[int, Any]:
        parts = urlsplit(target)
        match parts.path.removeprefix(f"{DATA}/").split("/"):
            case ["sobjects", kind, record]:
                known = self.records.get(kind, {}).get(record)
                return (200, known) if known else (404, [{"errorCode": "NOT_FOUND"}])
            case ["sobjects", "Order", order, "OrderItems"]:
                items = [item for item in self.records["OrderItem"].values() if item["OrderId"] == order]
                return 200, self.page(items)
            case ["query", cursor]:
                return 200, self.page(self.cursors.pop(cursor))
            case ["query"]:
                return 200, self.page(self.query(parse_qs(parts.query)["q"][0]))
        return 404, [{"errorCode": "NOT_FOUND"}]

    def query(self, text: str) -> list[dict[str, Any]]:
        match = _QUERY.fullmatch(text)
        assert match is not None, text
        fields, kind, where, ids = match.groups()
        wanted = set(re.findall(r"'(\w+)'", ids or ""))
        rows = [row for row in self.records.get(kind, {}).values() if where is None or row.get(where) in wanted]
        return [{name.strip(): row.get(name.strip()) for name in fields.split(",")} for row in rows]

    def page(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        left = rows[PAGE:]
        page = {"totalSize": len(rows), "done": not left, "records": rows[:PAGE]}
        if left:
            cursor = f"0r8xx{len(self.calls):06d}-{PAGE}"
            self.cursors[cursor] = left
            page["nextRecordsUrl"] = f"{DATA}/query/{cursor}"
        return page
