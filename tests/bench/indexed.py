"""The stores in memory of a large month: what a prefix finds is looked up by order, not by reading every key.

Facts are only added, so nothing is taken out of the order again.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

from billproof.ports import Key, Record
from tests.support.fakes import MemoryObjects, MemoryRecords
from tests.support.world import World


class IndexedRecords(MemoryRecords):
    """Facts whose partitions are kept in order."""

    def __init__(self) -> None:
        super().__init__()
        self._sorts: dict[str, list[str]] = {}

    def _keep(self, records: Sequence[Record]) -> None:
        for record in records:
            if record.key not in self.items:
                insort(self._sorts.setdefault(record.key.partition, []), record.key.sort)
        super()._keep(records)

    def query(
        self, partition: str, *, prefix: str = "", newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Record]:
        sorts = self._sorts.get(partition, [])
        sorts = sorts[bisect_left(sorts, prefix) : bisect_left(sorts, f"{prefix}\U0010ffff")]
        for sort in (sorts[::-1] if newest_first else sorts)[:limit]:
            key = Key(partition, sort)
            yield Record(key, self.items[key])


class IndexedObjects(MemoryObjects):
    """Objects whose keys are kept in order."""

    def __init__(self) -> None:
        super().__init__()
        self._order: list[str] = []

    def put(self, key: str, data: bytes, *, content_type: str = "application/json") -> None:
        if key not in self.items:
            insort(self._order, key)
        super().put(key, data, content_type=content_type)

    def create(self, key: str, data: bytes, *, content_type: str = "application/json") -> bool:
        if key in self.items:
            return False
        self.put(key, data, content_type=content_type)
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        yield from self._order[bisect_left(self._order, prefix) : bisect_left(self._order, f"{prefix}\U0010ffff")]


def index(world: World) -> None:
    """Let a new world keep its stores in order; what it holds already moves over."""
    for records in world.records.values():
        records.memory = records.below = _moved(records.memory)
    world.audit = _moved(world.audit)
    world.objects.memory = world.objects.below = IndexedObjects()


def _moved(records: MemoryRecords) -> IndexedRecords:
    indexed = IndexedRecords()
    indexed._keep([Record(key, document) for key, document in records.items.items()])
    return indexed
