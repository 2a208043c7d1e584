"""Salesforce's REST API: a token by client credentials, records by id, lists in pages.

POST /services/oauth2/token -> token    401 to a call: the token is old, another one is fetched once
GET  /services/data/v64.0/sobjects/Order/<id>               every field of an order
GET  /services/data/v64.0/sobjects/Order/<id>/OrderItems    its items, in pages by nextRecordsUrl
GET  /services/data/v64.0/query?q=SELECT ...                products, and lists
"""

import json
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from billproof.adapters.crm_calls import MOST_PAGES, SUCCESS, CrmCalls, Document, as_documented
from billproof.adapters.http_calls import HttpSend, Send
from billproof.adapters.salesforce.reading import order_of
from billproof.crm.orders import MOST_LINES, CrmOrder
from billproof.crm.port import ListedOrder
from billproof.errors import ExternalServiceUnavailable, InvalidInput, Unreadable
from billproof.ids import shown
from billproof.model import Model

VERSION = "v64.0"
TOKEN = "/services/oauth2/token"  # noqa: S105 - a path
DATA = f"/services/data/{VERSION}"
MOST_IN_QUERY = 200
_ID = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?")
ORDER, ITEM, CONTRACT = "Order", "OrderItem", "Contract"


class SalesforceAccess(Model):
    """What the secret holds: the address of the organisation, and a connected app that may use client credentials."""

    address: str
    client_id: str
    client_secret: str


class SalesforceCrm:
    """The orders of an organisation."""

    def __init__(self, access: SalesforceAccess, calls: CrmCalls) -> None:
        self._access = access
        self._calls = calls
        self._token = ""

    @as_documented
    def order(self, order: str) -> CrmOrder | None:
        """Return an order with all its items, or None."""
        record = self._get(f"{DATA}/sobjects/{ORDER}/{_checked(order)}")
        if record is None:
            return None
        items = list(self._pages(f"{DATA}/sobjects/{ORDER}/{_checked(order)}/OrderItems"))
        if len(items) > MOST_LINES:
            message = f"order {shown(order)} has more than {MOST_LINES} lines"
            raise Unreadable(message)
        ids = sorted({str(item.get("Product2Id")) for item in items})
        products = {product["Id"]: product for product in self._products(ids)}
        return order_of(record, items, products)

    @as_documented
    def orders_of(self, kind: str, records: tuple[str, ...]) -> tuple[str, ...]:
        """Return the orders of items or contracts; an order is its own, and of other kinds there are none."""
        ids = [_checked(record) for record in records]
        if kind == ORDER:
            return tuple(ids)
        if kind not in {ITEM, CONTRACT}:
            return ()
        field, wanted = ("Id", "OrderId") if kind == ITEM else ("ContractId", "Id")
        query = f"SELECT {wanted} FROM {ITEM if kind == ITEM else ORDER} WHERE {field} IN"  # noqa: S608 - no text of others
        rows = self._in_pieces(query, ids)
        return tuple(sorted({str(row[wanted]) for row in rows}))

    def probe(self) -> None:
        """Ask what Salesforce serves; raises ExternalServiceUnavailable."""
        self._get(f"{DATA}/limits")

    def listed(self) -> Iterator[ListedOrder]:
        """Yield every order, by id."""
        for row in self._query("SELECT Id, OrderNumber FROM Order ORDER BY Id"):
            yield ListedOrder(row["Id"], row["OrderNumber"])

    def _products(self, ids: list[str]) -> Iterator[Document]:
        yield from self._in_pieces("SELECT Id, ProductCode FROM Product2 WHERE Id IN", [_checked(one) for one in ids])

    def _in_pieces(self, query: str, ids: list[str]) -> Iterator[Document]:
        for start in range(0, len(ids), MOST_IN_QUERY):
            names = ", ".join(f"'{name}'" for name in ids[start : start + MOST_IN_QUERY])
            yield from self._query(f"{query} ({names})")

    def _query(self, query: str) -> Iterator[Document]:
        yield from self._pages(f"{DATA}/query?{urlencode({'q': query})}")

    def _pages(self, target: str) -> Iterator[Document]:
        """Yield the records of a list; one that says it goes on and not where is refused, and so is one without end."""
        for _ in range(MOST_PAGES):
            page = self._get(target)
            if page is None:
                return
            yield from page["records"]
            if page["done"]:
                return
            target = quote(page["nextRecordsUrl"], safe="/-_.~%?=&")
            if not target.startswith(f"{DATA}/"):
                break
        message = "Salesforce's list does not end as its documentation says"
        raise ExternalServiceUnavailable(message, service=self._calls.service)

    def _get(self, target: str) -> Any:
        for is_second in (False, True):
            if not self._token:
                self._token = self._fetched_token()
            status, document = self._calls.call("GET", target, headers={"Authorization": f"Bearer {self._token}"})
            if status == HTTPStatus.UNAUTHORIZED and not is_second:
                self._token = ""
                continue
            break
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status not in SUCCESS:
            raise self._calls.refuse(status)
        return document

    def _fetched_token(self) -> str:
        said = {
            "grant_type": "client_credentials",
            "client_id": self._access.client_id,
            "client_secret": self._access.client_secret,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, document = self._calls.call("POST", TOKEN, headers=headers, body=urlencode(said).encode())
        if status not in SUCCESS:
            message = "Salesforce gives no token: check the connected app and its secret"
            raise ExternalServiceUnavailable(message, service=self._calls.service, status=f"{status}")
        return str(document["access_token"])


def _checked(record: str) -> str:
    """Return an id that can stand in a path and in a query; raises Unreadable for anything else."""
    if not _ID.fullmatch(record):
        message = "this is not the id of a record of Salesforce"
        raise Unreadable(message)
    return record


def connected(secret: str, *, send: Callable[[str], Send] | None = None) -> SalesforceCrm:
    """Return the Salesforce of a secret; raises InvalidInput for a secret that says something else."""
    try:
        access = SalesforceAccess.model_validate(json.loads(secret))
    except ValueError:
        message = "the secret of Salesforce must be a JSON document with an address, a client_id and a client_secret"
        raise InvalidInput(message) from None  # the error would show the secret
    sends = send(access.address) if send else HttpSend(access.address, service="Salesforce", seconds=10)
    return SalesforceCrm(access, CrmCalls("Salesforce", sends))
