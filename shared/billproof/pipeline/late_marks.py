"""The marks of late usage of the accounts that are planned: each bucket's are listed once, when one of them is met.

Usage that came under an id of a crosswalk left its mark under that id; and a version of a crosswalk that is published
late is a mark itself, of the months whose usage it gives to another account.
"""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from billproof.masterdata.crosswalk_book import CrosswalkBook
from billproof.ports import Objects
from billproof.usage.buckets import Buckets
from billproof.usage.log import LateMark, late_marks

type _ByAccount = dict[str, list[LateMark]]


class LateMarks:
    """The marks of late usage; accounts that are planned side by side may ask for them."""

    def __init__(self, objects: Objects, buckets: Buckets, crosswalks: CrosswalkBook, now: str) -> None:
        self._objects = objects
        self._buckets = buckets
        self._crosswalks = crosswalks
        self._until = datetime.fromisoformat(now).date()
        self._read: dict[int, _ByAccount] = {}
        self._lock = Lock()

    def of(self, account: str) -> Sequence[LateMark]:
        """Return the marks of an account, in every bucket that it had, and of what crosswalks may have given it."""
        marks = self._of_id(account)
        if self._crosswalks:
            ids = sorted(self._crosswalks.ids_of(account))
            marks += [mark._replace(account=account) for external in ids for mark in self._of_id(external)]
            changed = self._crosswalks.marks_of(account, until=self._until)
            marks += [LateMark(account, mark.month, mark.known_at) for mark in changed]
        return marks

    def _of_id(self, name: str) -> list[LateMark]:
        return [mark for bucket in self._buckets.holding(name) for mark in self._marks(bucket).get(name, ())]

    def _marks(self, bucket: int) -> _ByAccount:
        with self._lock:
            if bucket not in self._read:
                marks: _ByAccount = {}
                for mark in late_marks(self._objects, bucket):
                    marks.setdefault(mark.account, []).append(mark)
                self._read[bucket] = marks
        return self._read[bucket]
