"""The marks of late usage of the accounts that are planned: each bucket's are listed once, when one of them is met."""

from collections.abc import Sequence
from threading import Lock

from billproof.ports import Objects
from billproof.usage.buckets import Buckets
from billproof.usage.log import LateMark, late_marks

type _ByAccount = dict[str, list[LateMark]]


class LateMarks:
    """The marks of late usage; accounts that are planned side by side may ask for them."""

    def __init__(self, objects: Objects, buckets: Buckets) -> None:
        self._objects = objects
        self._buckets = buckets
        self._read: dict[int, _ByAccount] = {}
        self._lock = Lock()

    def of(self, account: str) -> Sequence[LateMark]:
        """Return the marks of an account, in every bucket that it had."""
        return [mark for bucket in self._buckets.holding(account) for mark in self._marks(bucket).get(account, ())]

    def _marks(self, bucket: int) -> _ByAccount:
        with self._lock:
            if bucket not in self._read:
                marks: _ByAccount = {}
                for mark in late_marks(self._objects, bucket):
                    marks.setdefault(mark.account, []).append(mark)
                self._read[bucket] = marks
        return self._read[bucket]
