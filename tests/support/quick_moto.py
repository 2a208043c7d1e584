"""What moto does in seconds, done in milliseconds, where a test plays a whole month over it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import local
from typing import Any
from unittest.mock import patch

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table


@contextmanager
def quick_moto() -> Iterator[None]:
    """Let moto give the same answers in less time; only one thread may write meanwhile."""
    quicker: list[tuple[type, str, Callable[..., Any]]] = [
        (DynamoDBBackend, "transact_write_items", _of_free_keys),
        (Table, "query", _of_one_partition),
        (Table, "all_items", _items),
        (BaseJSONSerializer, "_serialize_type_structure", _serialize),
    ]
    with ExitStack() as patches:
        for owner, name, quick in quicker:
            patches.enter_context(patch.object(owner, name, _instead(quick, getattr(owner, name))))
        yield


def _instead(quick: Callable[..., Any], whole: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that is told of the one whose place it takes."""

    def method(*args: Any, **terms: Any) -> Any:
        return quick(whole, *args, **terms)

    return method


def _of_free_keys(whole: Any, backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
    """Write transactions of free keys item by item: moto copies whole tables for each, in case one fails."""
    puts = [item["Put"] for item in items]
    places = [(put["TableName"], {name: put["Item"][name] for name in ("partition", "sort")}) for put in puts]
    is_repeated = any(place in places[:number] for number, place in enumerate(places))
    if is_repeated or any(backend.get_item(table, key) is not None for table, key in places):
        whole(backend, items)
        return
    for put in puts:
        backend.put_item(put["TableName"], put["Item"])


_asked = local()


def _of_one_partition(whole: Any, table: Table, hash_key: DynamoType, *args: Any, **terms: Any) -> Any:
    """Query among the items of the partition: moto sorts and compares all that the table holds."""
    _asked.partition = hash_key if table.range_key_attr else None
    try:
        return whole(table, hash_key, *args, **terms)
    finally:
        _asked.partition = None


def _items(whole: Any, table: Table) -> list[Item]:
    partition = getattr(_asked, "partition", None)
    return whole(table) if partition is None else [*table.items.get(partition, {}).values()]


def _serialize(whole: Any, serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write a value of an item as it is: moto looks for each of the ten members that it might have."""
    if shape.name == "AttributeValue":
        serializer._default_serialize(serialized, _plain(value), shape, key)
    else:
        whole(serializer, serialized, value, shape, key)


def _plain(value: DynamoType | dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.to_json().items() if isinstance(value, DynamoType) else value.items()
    if kind == "M":
        return {kind: {name: _plain(item) for name, item in content.items()}}
    return {kind: [_plain(item) for item in content] if kind == "L" else content}
