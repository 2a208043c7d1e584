"""From which day on the numbers of each series are dated: no earlier than those before, and in no month that is closed.

    ... 0041 of 28 January | closed: from 1 February on | 0042 of 3 February ...
                             ^ a block without numbers, in the place of the next one

A release takes the place of the next block. So of a release and a close at once one finds the place taken, and looks
again: a document whose day has passed is issued later, as after any number of a later day.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from billproof.errors import Contended
from billproof.invoicing.facts import InvoiceFacts
from billproof.invoicing.series import Block, Series, SeriesKind, block_key, next_block_key
from billproof.periods import Period
from billproof.ports import Key, Record, Records
from billproof.retrying import attempts

MAX_ATTEMPTS = 50


class SeriesDates:
    """The days of the numbers of each series, over the records of the register."""

    def __init__(self, records: Records, facts: Callable[[str], InvoiceFacts | None]) -> None:
        self._records = records
        self._facts = facts

    def last(self, series: Series) -> tuple[Key, Block] | None:
        """Return the last block of a series and where it is, or None."""
        for record in self._records.query(series.partition, newest_first=True, limit=1):
            return record.key, Block.model_validate(record.document)
        return None

    def issued_on(self, block: Block) -> date:
        """Return the day of a block; one of before says it with its releases only."""
        if block.issue_date is not None:
            return block.issue_date
        facts = self._facts(block.invoices[-1]) if block.invoices else None
        return facts.released.issue_date if facts is not None and facts.released else date.min

    def close(self, entity: str, month: Period) -> None:
        """Let no number of a legal entity be dated in a month, or before it; again changes nothing.

        Raises Contended where others keep taking the next numbers.
        """
        for series in _series_of(entity, month):
            self._follow(series, lambda last: month.end if last is None or last < month.end else None)

    def reopen(self, entity: str, month: Period) -> None:
        """Let the next numbers be dated in a month again, and in none before it, where none of a later day was given.

        Raises Contended where others keep taking the next numbers.
        """
        for series in _series_of(entity, month):
            given = max(self._last_given(series), month.start)
            self._follow(series, lambda last, given=given: given if last is not None and given < last else None)  # type: ignore[misc]

    def _last_given(self, series: Series) -> date:
        """Return the day of the last number that was given, here or by another system; the first one without any."""
        blocks = [Block.model_validate(record.document) for record in self._records.query(series.partition)]
        days = [self.issued_on(block) for block in blocks if block.invoices or block.given_before]
        return days[-1] if days else series.issue_date.replace(month=1, day=1)

    def _follow(self, series: Series, day_after: Callable[[date | None], date | None]) -> None:
        """Write a block without numbers under the day that is to follow the last one, if any is."""
        for _ in attempts(MAX_ATTEMPTS):
            last = self.last(series)
            day = day_after(self.issued_on(last[1]) if last else None)
            if day is None:
                return
            block = Block(first=last[1].next if last else 1, invoices=(), issue_date=day)
            if self._records.create(self.record(series, block, last)):
                return
        message = f"others took the next numbers of {series.name} {MAX_ATTEMPTS} times in a row"
        raise Contended(message)

    @staticmethod
    def record(series: Series, block: Block, last: tuple[Key, Block] | None) -> Record:
        """Return the record of the block that follows the last one."""
        key = next_block_key(series, last[1], last[0]) if last else block_key(series, block.first)
        return Record(key, block.model_dump(mode="json"), last[0] if last else None)


def _series_of(entity: str, month: Period) -> Iterator[Series]:
    """Yield the series in which a document that is dated in a month has its number; their prefix names none."""
    day = month.end - timedelta(days=1)
    for kind in SeriesKind:
        yield replace(Series(entity=entity, prefix=entity, issue_date=day), kind=kind)
