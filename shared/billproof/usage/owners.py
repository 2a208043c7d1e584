"""Whose usage is that came under ids of crosswalks: what a plan freezes of it, and how rows are given to accounts.

    subject of a row     VX                           its account by the owners of the plan: UA from March, else VX
    bucket               that of VX: 0003             the bucket of UA reads it, too, and keeps what is UA's

The log keeps what arrived under the id that it arrived with.
"""

from collections.abc import Iterable, Iterator

from billproof.masterdata.crosswalk_book import CrosswalkBook, OwnedSpan
from billproof.usage.model import AccountWindow, SegmentRow


def owners_in(book: CrosswalkBook, windows: Iterable[AccountWindow]) -> list[OwnedSpan]:
    """Return whose the usage of the ids in crosswalks is.

    The windows of an account whose invoice is released are of what was its own when that was made.
    """
    as_of: dict[str, str] = {}
    for window in windows:
        if window.before:
            as_of[window.account] = max(window.before, as_of.get(window.account, ""))
    return list(book.spans(as_of))


class Owners:
    """Gives the rows of segments to accounts, one by one, as the query of an aggregation does."""

    def __init__(self, owners: Iterable[OwnedSpan]) -> None:
        self._by_name: dict[tuple[str, str], list[OwnedSpan]] = {}
        for one in owners:
            self._by_name.setdefault((one.system, one.external_id), []).append(one)

    def of(self, row: SegmentRow) -> Iterator[tuple[str, str]]:
        """Yield the account of a row and since when that is known: of two, where one has an invoice of before."""
        spans = self._by_name.get((row.source, row.account)) or self._by_name.get(("", row.account))
        if spans is None:
            yield row.account, ""
        else:
            yield from ((one.account, one.since) for one in spans if one.start <= row.time < one.end)
