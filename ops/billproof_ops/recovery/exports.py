"""Tables as DynamoDB exports them to S3, and putting them into the tables of another stack.

    FOLDER/<Name>/*.json.gz     a line for each item: {"Item": {"partition": {"S": "..."}, ...}}

<Name> is the table's name in template.yaml without `Table`: Contracts, Invoices, Ledger, Runs, Exceptions, Decisions,
Payments, Audit. A part of an export of AWS is such a file, wherever below that folder it lies.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from pathlib import Path
from typing import Any

from billproof.adapters.aws.clients import client
from billproof_ops.errors import OpsError, WrongUse
from billproof_ops.target import Target

TABLES = ("Contracts", "Invoices", "Ledger", "Runs", "Exceptions", "Decisions", "Payments", "Audit")
ITEMS_PER_CALL = 25
"""What BatchWriteItem takes."""
WRITES_AT_ONCE = 8
MOST_TRIES = 20
"""How often what a table could not take yet is written again."""

type Item = Mapping[str, Any]
type Place = tuple[str, str]


def write(folder: Path, name: str, items: Iterable[Item]) -> int:
    """Write a table's items as an export; return how many there are."""
    path = folder / name / "items.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    with gzip.open(path, "wt") as lines:
        for item in items:
            lines.write(json.dumps({"Item": item}) + "\n")
            number += 1
    return number


def read(folder: Path, name: str) -> Iterator[Item]:
    """Yield the items of a table's export; raises WrongUse where there is none, or it cannot be read."""
    parts = sorted((folder / name).rglob("*.json.gz"))
    if not parts:
        message = f"{folder / name} holds no export of {name}: files that end with .json.gz"
        raise WrongUse(message)
    for part in parts:
        try:
            with gzip.open(part, "rt") as lines:
                for line in lines:
                    yield json.loads(line)["Item"]
        except (OSError, EOFError, ValueError, KeyError) as error:
            message = f"{part} is not an export of DynamoDB in its JSON: {error}"
            raise WrongUse(message) from None


def load(target: Target, folder: Path, say: Callable[[str, int], None] = lambda _name, _number: None) -> dict[str, int]:
    """Put every item of an export into the tables of a stack; return how many there are in each.

    Items that are there already stay: it may be repeated. Raises OpsError, before it writes anything, where a table
    holds something that the export does not: facts of two stores are never mixed.
    """
    missing = {name: _missing(target, folder, name) for name in TABLES}
    numbers = {}
    for name, (items, number) in missing.items():
        _put(_table(target, name), items)
        numbers[name] = number
        say(name, number)
    return numbers


def _missing(target: Target, folder: Path, name: str) -> tuple[list[Item], int]:
    """Return what a table lacks of its export, and how much that holds."""
    stored = {_place(item): item for item in _scan(_table(target, name))}
    lacking, number = [], 0
    for item in read(folder, name):
        number += 1
        known = stored.pop(_place(item), None)
        if known is None:
            lacking.append(item)
        elif known != item:
            message = f"{name} holds another item than the export at {' '.join(_place(item))}: load into empty tables"
            raise OpsError(message)
    if stored:
        message = f"{name} holds {len(stored):,} items that the export does not: load into empty tables"
        raise OpsError(message)
    return lacking, number


def _put(table: str, items: Iterable[Item]) -> None:
    with ThreadPoolExecutor(WRITES_AT_ONCE) as pool:
        for _ in pool.map(lambda batch: _put_batch(table, batch), batched(items, ITEMS_PER_CALL, strict=False)):
            pass


def _put_batch(table: str, items: tuple[Item, ...]) -> None:
    left: Any = {table: [{"PutRequest": {"Item": item}} for item in items]}
    for _ in range(MOST_TRIES):
        left = client("dynamodb").batch_write_item(RequestItems=left).get("UnprocessedItems")
        if not left:
            return
    message = f"{table} did not take {len(left[table])} items in {MOST_TRIES} tries: load again, it goes on"
    raise OpsError(message)


def _scan(table: str) -> Iterator[Item]:
    for page in client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def _place(item: Item) -> Place:
    return item["partition"]["S"], item["sort"]["S"]


def _table(target: Target, name: str) -> str:
    return target.outputs[f"{name}TableName"]
