"""What moto does in seconds, done in milliseconds, where a test plays a whole month over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend


@contextmanager
def quick_transactions() -> Iterator[None]:
    """Write transactions of free keys item by item: moto copies whole tables for each, in case one fails.

    One thread alone may write meanwhile.
    """
    whole = DynamoDBBackend.transact_write_items

    def quick(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        puts = [item["Put"] for item in items]
        places = [(put["TableName"], {name: put["Item"][name] for name in ("partition", "sort")}) for put in puts]
        is_repeated = any(place in places[:number] for number, place in enumerate(places))
        if is_repeated or any(backend.get_item(table, key) is not None for table, key in places):
            whole(backend, items)
            return
        for put in puts:
            backend.put_item(put["TableName"], put["Item"])

    with patch.object(DynamoDBBackend, "transact_write_items", quick):
        yield
