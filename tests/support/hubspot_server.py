"""As much of HubSpot's API as its documentation promises: properties, batches, associations and lists in pages."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "Bearer pat-1"  # noqa: S105 - that of the test server
PAGE = 2
"""HubSpot's own pages hold 100 or 500 objects: these are small, so that there are many."""
OWN = {"deals": ["ramp_up"], "line_items": ["minimum_fee"]}


@dataclass
class FakeHubspot:
    """What the server knows; it answers the next calls with the statuses of `troubles`, and with Retry-After."""

    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    associations: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    troubles: list[tuple[int, str]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def secret(self) -> str:
        return json.dumps({"token": "pat-1", "client_secret": "client", "address": self.address})

    def put(self, document: dict[str, Any]) -> None:
        """Keep a deal, its line items and its companies, in place of what is known of them."""
        deal, items = document["deal"], document["line_items"]
        self.objects.setdefault("deals", {})[deal["id"]] = deal
        self.objects.setdefault("line_items", {}).update({item["id"]: item for item in items})
        self.associations["deals", deal["id"], "line_items"] = [{"toObjectId": int(item["id"])} for item in items]
        self.associations["deals", deal["id"], "companies"] = document["companies"]
        for item in items:
            self.associations["line_items", item["id"], "deals"] = [{"toObjectId": int(deal["id"])}]

    def answer(self, method: str, target: str, token: str, body: str) -> tuple[int, Any, dict[str, str]]:
        parts = urlsplit(target)
        self.calls.append(f"{method} {parts.path}")
        if self.troubles:
            status, seconds = self.troubles.pop(0)
            return status, {"status": "error"}, {"Retry-After": seconds} if seconds else {}
        if token != TOKEN:
            return 401, {"category": "INVALID_AUTHENTICATION"}, {}
        return (*self.read(parts.path, int(parse_qs(parts.query).get("after", ["0"])[0]), body), {})

    def read(self, path: str, after: int, body: str) -> tuple[int, Any]:
        match path.removeprefix("/crm/").split("/"):
            case ["v3", "properties", kind]:
                names = [*OWN[kind], "amount"]
                return 200, {"results": [{"name": name, "hubspotDefined": name == "amount"} for name in names]}
            case ["v3", "objects", kind, "batch", "read"]:
                asked = json.loads(body)
                assert len(asked["inputs"]) <= 100
                known = self.objects.get(kind, {})
                rows = [known[one["id"]] for one in asked["inputs"] if one["id"] in known]
                return (200 if len(rows) == len(asked["inputs"]) else 207), {"results": _only(rows, asked)}
            case ["v3", "objects", kind]:
                return 200, page([*self.objects.get(kind, {}).values()], after)
            case ["v4", "objects", kind, record, "associations", to]:
                rows = self.associations.get((kind, record, to), [])
                return (200, page(rows, after)) if record in self.objects.get(kind, {}) else (404, {})
        return 404, {}


def _only(rows: list[dict[str, Any]], asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Return objects with the properties that were asked for, as HubSpot does."""
    names = set(asked["properties"])
    return [
        {**row, "properties": {name: value for name, value in row["properties"].items() if name in names}}
        for row in rows
    ]


def page(rows: list[dict[str, Any]], after: int) -> dict[str, Any]:
    left = rows[after + PAGE :]
    paging = {"paging": {"next": {"after": str(after + PAGE), "link": "?"}}} if left else {}
    return {"results": rows[after : after + PAGE], **paging}
