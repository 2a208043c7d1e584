"""Series of numbers: of invoices, and of credit notes and write-offs, by legal entity and year.

numbers#<entity>#<year>[#CN|#Z]
<first number of a block>       the numbers of the block, whose they are, and when they were issued
<first number of a block>#<n>   the same, where blocks without numbers have that place (dates.py)

Numbers are in the order of the days on which they were issued. A series that another system began has a first block
without documents: the numbers that were given before (invoicing/openings.py).
"""

import operator
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field

from billproof.errors import NotFound
from billproof.model import Model
from billproof.ports import Key
from billproof.store_keys import FactKey, ordinal_text, partition_name

NUMBER_DIGITS = 6


class SeriesKind(StrEnum):
    """What a series numbers; the value is part of its numbers and of its key."""

    INVOICES = ""
    CREDIT_NOTES = "CN"
    """Credit notes and write-offs."""
    ZERO_INVOICES = "Z"
    """Invoices that come to nothing, where a legal entity leaves them out of the series of its invoices."""

    def prefix(self, prefix: str) -> str:
        """Return what the numbers of a legal entity with this prefix begin with."""
        return f"{prefix}-{self.value}" if self.value else prefix


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A number such as SKY-US-CN-2013-000001; `prefix` is that of the legal entity with the kind of its series."""

    prefix: str
    year: int
    ordinal: int

    def __str__(self) -> str:
        """Print it."""
        return f"{self.prefix}-{self.year:04d}-{self.ordinal:0{NUMBER_DIGITS}d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number; raises NotFound for anything else."""
        match = re.fullmatch(r"(.+)-([0-9]{4})-([0-9]{1,12})", text, re.DOTALL)
        parsed = cls(match[1], int(match[2]), int(match[3])) if match else None
        if parsed is None:
            message = "this is not a document's number, such as SKY-US-2013-000001"
            raise NotFound(message)
        return parsed


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of a legal entity in the year of an issue date."""

    entity: str
    prefix: str
    issue_date: date
    kind: SeriesKind = SeriesKind.INVOICES

    @property
    def name(self) -> str:
        """What every number of the series begins with."""
        return f"{self.kind.prefix(self.prefix)}-{self.issue_date.year}"

    @property
    def partition(self) -> str:
        """Where its blocks are."""
        return series_partition(self.entity, self.issue_date.year, self.kind)

    def number(self, ordinal: int) -> str:
        """Write a number of the series."""
        return str(DocumentNumber(self.kind.prefix(self.prefix), self.issue_date.year, ordinal))


class Block(Model):
    """Consecutive numbers of a series and the documents that took them, or how many another system gave before.

    One without any says only from which day on the next number is dated: months before are signed off, or reopened.
    """

    first: int
    invoices: tuple[str, ...]
    given_before: int = Field(default=0, exclude_if=operator.not_)
    issue_date: date | None = Field(default=None, exclude_if=operator.not_)
    """The day on which they were issued; unknown of blocks of before, whose releases say it."""

    @property
    def next(self) -> int:
        """The number after it."""
        return self.first + self.given_before + len(self.invoices)


BLOCK_LIMIT = 100
"""More numbers than any block has ever held."""


def block_key(series: Series, first: int) -> Key:
    """Return where the block from a number on is."""
    return Key(series.partition, _block_sort(first))


def next_block_key(series: Series, block: Block, key: Key) -> Key:
    """Return where the block is that follows a block and its key: in the same place where that gave no number."""
    following = block_key(series, block.next)
    place = FactKey.parse(key.sort)
    if place.subject != following.sort:
        return following
    return Key(series.partition, str(FactKey(place.subject, ordinal_text(int(place.fact or 0) + 1))))


def block_prefixes(number: int) -> list[str]:
    """Return what the sort keys of the blocks begin with that may hold a number: those of its hundred, or before."""
    hundred = number // BLOCK_LIMIT
    return [_block_sort(start * BLOCK_LIMIT)[:-2] for start in (hundred, hundred - 1) if start >= 0]


def _block_sort(first: int) -> str:
    return f"{first:012d}"


def series_partition(entity: str, year: int, kind: SeriesKind) -> str:
    """Return where the blocks of a series are."""
    return partition_name("numbers", entity, str(year), *filter(None, [kind.value]))
