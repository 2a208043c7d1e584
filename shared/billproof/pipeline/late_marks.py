"""The marks of late usage of the accounts that are planned: each bucket's are listed once, when one of them is met."""

from collections.abc import Sequence
from threading import Lock

from billproof.ids import shard_of
from billproof.ports import Objects
from billproof.usage.log import LateMark, late_marks

type _ByAccount = dict[str, list[LateMark]]


class LateMarks:
    """The marks of late usage; accounts that are planned side by side may ask for them."""

    def __init__(self, objects: Objects, buckets: int) -> None:
        self._objects = objects
        self._buckets = buckets
        self._read: dict[int, _ByAccount] = {}
        self._lock = Lock()

    def of(self, account: str) -> Sequence[LateMark]:
        """Return the marks of an account."""
        bucket = shard_of(account, self._buckets)
        with self._lock:
            if bucket not in self._read:
                self._read[bucket] = self._marks(bucket)
        return self._read[bucket].get(account, ())

    def _marks(self, bucket: int) -> _ByAccount:
        marks: _ByAccount = {}
        for mark in late_marks(self._objects, bucket):
            marks.setdefault(mark.account, []).append(mark)
        return marks
