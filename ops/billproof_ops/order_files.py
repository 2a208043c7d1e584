"""Orders in files: of a CRM as its API returns them (JSON), or of ours as YAML, JSON or CSV, one row for each line.

A CSV file has the columns number, customer, status, currency, start, end, line, product, quantity and unit_price, and
may have created, total, frequency, line_start and line_end. Days are YYYY-MM-DD, and each end is the first day outside.
What stands in any other column is a field that no rule reads.
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from billproof.adapters.hubspot.reading import order_of as deal_of
from billproof.adapters.salesforce.reading import order_of
from billproof.crm.orders import CrmOrder
from billproof.errors import BillproofError, Unreadable
from billproof.model import what_is_wrong
from billproof.money import CONTEXT
from billproof_ops.errors import WrongUse
from billproof_ops.master_files import parse
from billproof_ops.printing import read_text

HEADER = ("number", "customer", "status", "currency", "start", "end", "created")
OF_LINE = {
    "line": "number",
    "product": "product",
    "quantity": "quantity",
    "unit_price": "unit_price",
    "total": "total",
    "frequency": "frequency",
    "line_start": "start",
    "line_end": "end",
}
REQUIRED = {"number", "customer", "status", "start", "line", "product", "quantity", "unit_price"}


def read_orders(path: Path, *, system: str) -> list[CrmOrder]:
    """Read the orders of a file; raises WrongUse with every problem."""
    documents = _of_csv(path, system) if path.suffix == ".csv" else _of_documents(path, system)
    orders: list[CrmOrder] = []
    problems: list[str] = []
    for place, document in documents:
        try:
            orders.append(order_of_document(document))
        except ValidationError as error:
            problems.append(f"{place}: {what_is_wrong(error)}")
        except BillproofError as error:
            problems.append(f"{place}: {error}")
    numbers = [order.number for order in orders]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    problems += [f"{path}: order {number} stands there twice" for number in twice]
    if problems:
        raise WrongUse("\n".join(problems))
    return orders


def order_of_document(document: dict[str, Any]) -> CrmOrder:
    """Read an order as the API of a CRM returns it, or as ours; raises Unreadable and pydantic's ValidationError."""
    if {"order", "items", "products"} <= document.keys():
        return order_of(document["order"], document["items"], _by_id(document["products"]))
    if {"deal", "line_items", "companies"} <= document.keys():
        return deal_of(document["deal"], document["line_items"], document["companies"], frozenset())
    return CrmOrder.model_validate(document)


def _by_id(products: Any) -> dict[str, Any]:
    try:
        return {product["Id"]: product for product in products}
    except (KeyError, TypeError):
        message = "products of Salesforce are records with an Id"
        raise Unreadable(message) from None


def _of_documents(path: Path, system: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        documents = parse(path)
    except (yaml.YAMLError, json.JSONDecodeError) as error:
        message = f"{path}: {' '.join(str(error).split())}"
        raise WrongUse(message) from None
    for document in (item for part in documents for item in (part if isinstance(part, list) else [part])):
        if not isinstance(document, dict):
            message = f"{path}: this is not an order"
            raise WrongUse(message)
        is_ours = "number" in document
        yield f"{path}, {document.get('number', 'order')}", _filled(document, system) if is_ours else document


def _of_csv(path: Path, system: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path)), strict=True))
    except csv.Error as error:
        message = f"{path}: {error}"
        raise WrongUse(message) from None
    columns = set(rows[0]) if rows else set()
    if missing := sorted(REQUIRED - columns):
        message = f"{path}: there is no column {', '.join(missing)}"
        raise WrongUse(message)
    by_number: dict[str, list[dict[str, str]]] = {}
    for row_number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            message = f"{path}, row {row_number}: it has other columns than the first row"
            raise WrongUse(message)
        by_number.setdefault(row["number"], []).append(row)
    for number, of_order in by_number.items():
        headers = [{name: row[name] for name in HEADER if row.get(name)} for row in of_order]
        if any(header != headers[0] for header in headers):
            message = f"{path}, {number}: its rows differ in {', '.join(HEADER)}"
            raise WrongUse(message)
        order = {**headers[0], "lines": [_line(row) for row in of_order]}
        yield f"{path}, {number}", _filled(order, system)


def _line(row: dict[str, str]) -> dict[str, Any]:
    line: dict[str, Any] = {field: row[column] for column, field in OF_LINE.items() if row.get(column)}
    known = {*HEADER, *OF_LINE}
    return {**line, "fields": sorted(name for name, value in row.items() if name not in known and value)}


def _filled(order: dict[str, Any], system: str) -> dict[str, Any]:
    """Add what an order of ours need not say: its system and id, the day it was made, and what its lines come to."""
    plain = {
        "kind": "crm_order",
        "system": system,
        "id": order.get("number", ""),
        "created": order.get("start"),
        **order,
    }
    lines = [{**line, "total": line.get("total") or _product(line)} for line in plain.get("lines", [])]
    return {**plain, "lines": lines}


def _product(line: dict[str, Any]) -> str | None:
    """Return the quantity at the price, as text; None where either is no number, which is told elsewhere."""
    try:
        quantity, price = (CONTEXT.create_decimal(line[name]) for name in ("quantity", "unit_price"))
        return f"{CONTEXT.multiply(quantity, price):f}"
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return None
