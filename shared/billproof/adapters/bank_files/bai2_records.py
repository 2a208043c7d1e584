"""The records of a BAI2 file: fields between commas, a slash at the end, and more of a record in 88 records."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from billproof.adapters.bank_files.values import refuse

CONTINUES = "88"
_CODES = {"01", "02", "03", "16", "49", "98", "99"}
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
EXTRA_FIELDS = {"": 0, "Z": 0, "0": 0, "1": 0, "2": 0, "V": 2, "S": 3}
"""How many fields follow a funds type; after D comes a count of pairs."""
MOST_PAIRS = 100


@dataclass
class BaiRecord:
    """A record: its code, and the lines that it is written in, without their codes."""

    code: str
    line: int
    parts: list[str] = field(default_factory=list)
    _fields: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Where it stands, for an error."""
        return f"line {self.line}, record {self.code}"

    def next(self) -> str:
        """Take the next field; it is empty where there is none."""
        while not self._fields and self.parts:
            self._fields = self.parts.pop(0).split(",")
        return self._fields.pop(0).strip() if self._fields else ""

    @property
    def has_more(self) -> bool:
        """Whether a field is left."""
        return bool(self._fields or self.parts)

    def rest(self) -> list[str]:
        """Take all that is left as text: commas in it are text, and each line is a part of it."""
        lines = [",".join(self._fields), *self.parts]
        self._fields, self.parts = [], []
        return lines

    def number(self) -> int:
        """Take the next field as an integer."""
        return self._integer(self.next())

    def number_or_zero(self) -> int:
        """Take the next field as an integer; an empty one is nothing."""
        return self._integer(self.next() or "0")

    def _integer(self, written: str) -> int:
        if not _NUMBER.fullmatch(written):
            refuse("this is not an integer", self.place)
        return int(written)

    def funds(self) -> list[str]:
        """Take a funds type and what follows it, and return that: when the money can be used."""
        kind = self.next()
        if kind == "D":
            pairs = self.number()
            if not 0 <= pairs <= MOST_PAIRS:
                refuse("this is no count of days", self.place)
            return [self.next() for _ in range(2 * pairs)]
        if kind not in EXTRA_FIELDS:
            refuse("this is no funds type", self.place)
        return [kind, *(self.next() for _ in range(EXTRA_FIELDS[kind]))]


def records(text: str) -> Iterator[tuple[BaiRecord, int]]:
    """Read every record, and how many lines it is written in."""
    current: BaiRecord | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        written = line.rstrip()
        if not written:
            continue
        code, comma, rest = written[:2], written[2:3], written[3:]
        if comma not in {",", "/", ""} or code not in {*_CODES, CONTINUES}:
            refuse("this is no record of BAI2", f"line {number}")
        part = rest.removesuffix("/")
        if code == CONTINUES:
            if current is None:
                refuse("nothing is continued here", f"line {number}")
            current.parts.append(part)
            continue
        if current is not None:
            yield current, len(current.parts)
        current = BaiRecord(code, number, [part])
    if current is not None:
        yield current, len(current.parts)
