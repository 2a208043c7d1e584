"""Records in a DynamoDB table with the string keys `partition` and `sort`; the document is a native map."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Self

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from billproof.adapters.aws.faults import outside
from billproof.adapters.aws.transactions import linked, refuse_large, written
from billproof.errors import InvalidInput
from billproof.ports import LINKS_LIMIT, TRANSACTION_LIMIT, Document, Key, Linkage, Record

_SERIALIZE = TypeSerializer().serialize
_DESERIALIZE = TypeDeserializer().deserialize
_ABSENT = "attribute_not_exists(#partition)"
_NAMES = {"#partition": "partition"}


class DynamoRecords:
    """Facts in one table. Reads are consistent; a write is conditional on the key being free."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, key: Key) -> Document | None:
        """Return the fact at the key, or None."""
        with outside("dynamodb"):
            answer = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True)
        return _document(answer["Item"]) if "Item" in answer else None

    def create(self, record: Record) -> bool:
        """Write a fact where none is; raises InvalidInput where it is larger than an item can be."""
        item = item_of(record)
        refuse_large([item])
        return written(lambda: self._client.put_item(**self._put(item)))

    def create_all(self, records: Sequence[Record]) -> bool:
        """Write all facts or none; False where a key is taken.

        A transaction that others interfered with, without taking a key, is tried again. Raises InvalidInput where there
        are too many facts, or one is too large, and Contended where others kept interfering.
        """
        puts = self._puts(records)
        return written(lambda: self._client.transact_write_items(TransactItems=puts))

    def create_beside(self, records: Sequence[Record], chain: Self, links: Sequence[Record]) -> Linkage:
        """Write facts and the links of a chain that is kept in another table, all of them or none.

        Raises as create_all does.
        """
        if len(links) > LINKS_LIMIT:
            message = f"{len(links)} links in one transaction, at most {LINKS_LIMIT} can be"
            raise InvalidInput(message)
        puts = [*self._puts(records), *chain._puts(links)]
        return linked(lambda: self._client.transact_write_items(TransactItems=puts), facts=len(records))

    def _puts(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        if len(records) > TRANSACTION_LIMIT:
            message = f"{len(records)} records in one transaction, at most {TRANSACTION_LIMIT} can be"
            raise InvalidInput(message)
        items = [item_of(record) for record in records]
        refuse_large(items)
        return [{"Put": self._put(item)} for item in items]

    def _put(self, item: dict[str, Any]) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": _ABSENT,
            "ExpressionAttributeNames": _NAMES,
        }

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        """Yield a partition's facts in the order of their sort keys, page by page."""
        condition = "begins_with(#sort, :sort)" if prefix else ""
        return self._pages(partition, condition, prefix, newest_first=newest_first, left=limit)

    def query_after(self, partition: str, sort: str) -> Iterator[Record]:
        """Yield the facts of a partition whose sort keys come after one, page by page."""
        return self._pages(partition, "#sort > :sort" if sort else "", sort)

    def _pages(
        self, partition: str, condition: str, sort: str, *, newest_first: bool = False, left: int | None = None
    ) -> Iterator[Record]:
        arguments: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": " AND ".join(filter(None, ("#partition = :partition", condition))),
            "ExpressionAttributeNames": {**_NAMES, "#sort": "sort"} if condition else dict(_NAMES),
            "ExpressionAttributeValues": {":partition": {"S": partition}, **({":sort": {"S": sort}} if sort else {})},
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
        }
        while True:
            if left is not None:
                arguments["Limit"] = left
            with outside("dynamodb"):
                page = self._client.query(**arguments)
            for item in page["Items"]:
                yield Record(Key(item["partition"]["S"], item["sort"]["S"]), _document(item))
            if left is not None:
                left -= len(page["Items"])
            if "LastEvaluatedKey" not in page or left == 0:
                return
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def all(self) -> Iterator[Record]:
        """Yield every fact, page by page."""
        arguments: dict[str, Any] = {"TableName": self._table, "ConsistentRead": True}
        while True:
            with outside("dynamodb"):
                page = self._client.scan(**arguments)
            for item in page["Items"]:
                yield Record(Key(item["partition"]["S"], item["sort"]["S"]), _document(item))
            if "LastEvaluatedKey" not in page:
                return
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _key(key: Key) -> dict[str, Any]:
    return {"partition": {"S": key.partition}, "sort": {"S": key.sort}}


def item_of(record: Record) -> dict[str, Any]:
    """Return the item that a fact is kept as."""
    return {**_key(record.key), "document": _SERIALIZE(dict(record.document))}


def _document(item: dict[str, Any]) -> Document:
    """Read the document of an item; an item that somebody else put there may have none."""
    document = _integers(_DESERIALIZE(item["document"])) if "document" in item else {}
    return document if isinstance(document, dict) else {}


def _integers(value: Any) -> Any:
    """Turn DynamoDB's numbers back into the integers that we wrote; amounts are text and stay so."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _integers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_integers(item) for item in value]
    return value
