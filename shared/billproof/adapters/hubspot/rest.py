"""HubSpot's API: objects read in batches, associations and lists in pages by `paging.next.after`.

GET  /crm/v3/properties/deals                                which properties are an account's own
POST /crm/v3/objects/deals/batch/read                        a deal with all of those
GET  /crm/v4/objects/deals/<id>/associations/line_items      its line items, then its companies
GET  /crm/v3/objects/deals?limit=100                         every deal
"""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import Field

from billproof.adapters.crm_calls import MOST_PAGES, SUCCESS, CrmCalls, Document, as_documented
from billproof.adapters.http_calls import HttpSend
from billproof.adapters.hubspot.reading import DEAL_FIELDS, LINE_FIELDS, order_of
from billproof.crm.orders import MOST_LINES, CrmOrder
from billproof.crm.port import ListedOrder
from billproof.errors import ExternalServiceUnavailable, InvalidInput, Unreadable
from billproof.ids import shown
from billproof.model import Model

API = "https://api.hubapi.com"
DEALS, LINE_ITEMS, COMPANIES = "deals", "line_items", "companies"
ORDER, ITEM = "Order", "OrderItem"
MOST_IN_BATCH = 100
MOST_DIGITS = 20


class HubspotAccess(Model):
    """What the secret holds: the token of a private app, and the client secret that its webhooks are signed with."""

    token: Annotated[str, Field(min_length=1)]
    client_secret: Annotated[str, Field(min_length=1)]
    address: str = API


class HubspotCrm:
    """The deals of an account of HubSpot."""

    def __init__(self, access: HubspotAccess, calls: CrmCalls) -> None:
        self._access = access
        self._calls = calls
        self._own: dict[str, frozenset[str]] = {}

    @property
    def client_secret(self) -> str:
        """What HubSpot signs its webhooks with."""
        return self._access.client_secret

    @as_documented
    def order(self, order: str) -> CrmOrder | None:
        """Return a deal with all its line items, or None."""
        deals = self._batch(DEALS, [_checked(order)], DEAL_FIELDS)
        if not deals:
            return None
        items = [str(row["toObjectId"]) for row in self._associated(DEALS, order, LINE_ITEMS)]
        if len(items) > MOST_LINES:
            message = f"deal {shown(order)} has more than {MOST_LINES} lines"
            raise Unreadable(message)
        companies = list(self._associated(DEALS, order, COMPANIES))
        own = self._own_fields(DEALS) | self._own_fields(LINE_ITEMS)
        return order_of(deals[0], self._batch(LINE_ITEMS, items, LINE_FIELDS), companies, own)

    @as_documented
    def orders_of(self, kind: str, records: tuple[str, ...]) -> tuple[str, ...]:
        """Return the deals of line items; a deal is its own, and of other kinds there are none."""
        ids = [_checked(record) for record in records]
        if kind == ORDER:
            return tuple(ids)
        if kind != ITEM:
            return ()
        rows = (row for record in ids for row in self._associated(LINE_ITEMS, record, DEALS))
        return tuple(sorted({str(row["toObjectId"]) for row in rows}))

    def probe(self) -> None:
        """Ask which properties deals have; raises ExternalServiceUnavailable."""
        self._call("GET", f"/crm/v3/properties/{DEALS}")

    def listed(self) -> Iterator[ListedOrder]:
        """Yield every deal."""
        for deal in self._pages(f"/crm/v3/objects/{DEALS}", limit=100):
            yield ListedOrder(str(deal["id"]), str(deal["id"]))

    def _own_fields(self, kind: str) -> frozenset[str]:
        if kind not in self._own:
            document = self._call("GET", f"/crm/v3/properties/{kind}")
            names = (str(one["name"]) for one in document["results"] if not one.get("hubspotDefined"))
            self._own[kind] = frozenset(names)
        return self._own[kind]

    def _batch(self, kind: str, ids: list[str], fields: tuple[str, ...]) -> list[Document]:
        """Read objects by id; those that are not there are left out."""
        objects: list[Document] = []
        for start in range(0, len(ids), MOST_IN_BATCH):
            inputs = [{"id": one} for one in ids[start : start + MOST_IN_BATCH]]
            request = {"properties": [*fields, *sorted(self._own_fields(kind))], "inputs": inputs}
            objects += self._call("POST", f"/crm/v3/objects/{kind}/batch/read", request)["results"]
        return objects

    def _associated(self, kind: str, record: str, to: str) -> Iterator[Document]:
        yield from self._pages(f"/crm/v4/objects/{kind}/{record}/associations/{to}", limit=500, may_be_gone=True)

    def _pages(self, path: str, *, limit: int, may_be_gone: bool = False) -> Iterator[Document]:
        after = ""
        for _ in range(MOST_PAGES):
            query = {"limit": limit} | ({"after": after} if after else {})
            page = self._call("GET", f"{path}?{urlencode(query)}", may_be_gone=may_be_gone)
            yield from page["results"]
            after = str(page.get("paging", {}).get("next", {}).get("after") or "")
            if not after:
                return
        message = "HubSpot's list does not end"
        raise ExternalServiceUnavailable(message, service=self._calls.service)

    def _call(self, method: str, path: str, body: Document | None = None, *, may_be_gone: bool = False) -> Any:
        headers = {"Authorization": f"Bearer {self._access.token}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        status, document = self._calls.call(method, path, headers=headers, body=sent)
        if may_be_gone and status == HTTPStatus.NOT_FOUND:
            return {"results": []}
        if status not in SUCCESS:
            raise self._calls.refuse(status)
        return document


def _checked(record: str) -> str:
    if not (record.isascii() and record.isdigit() and len(record) <= MOST_DIGITS):
        message = "this is not the id of an object of HubSpot"
        raise Unreadable(message)
    return record


def read_access(secret: str) -> HubspotAccess:
    """Read the secret; raises InvalidInput for one that says something else."""
    try:
        return HubspotAccess.model_validate(json.loads(secret))
    except ValueError:
        message = "the secret of HubSpot must be a JSON document with a token and a client_secret"
        raise InvalidInput(message) from None  # the error would show the secret


def connected(secret: str) -> HubspotCrm:
    """Return the HubSpot of a secret; raises InvalidInput for one that says something else."""
    access = read_access(secret)
    return HubspotCrm(access, CrmCalls("HubSpot", HttpSend(access.address, service="HubSpot", seconds=10)))
