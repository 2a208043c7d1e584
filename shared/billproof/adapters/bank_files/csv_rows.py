"""The rows of a CSV file of a declared shape: cells by their column, amounts and days as the shape writes them."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from billproof.adapters.bank_files.values import MOST_BYTES, day, decoded, money, refuse
from billproof.masterdata.csv_files import CsvShape
from billproof.money import Money

MOST_ROWS = 100_000
_WITH_BYTE_ORDER_MARK = {"utf-8": "utf-8-sig"}


class CsvRow:
    """A line of a table. An empty cell is None."""

    def __init__(self, shape: CsvShape, cells: dict[str, str], line: int) -> None:
        self._shape = shape
        self._cells = cells
        self._line = line

    @property
    def place(self) -> str:
        """Where it stands, for an error."""
        return f"line {self._line}"

    def text(self, column: str | None) -> str | None:
        """Return a cell without blanks around it."""
        return (column and self._cells[column].strip()) or None

    def raw(self, column: str) -> str:
        """Return a cell as it is."""
        return self._cells[column]

    def amount(self, column: str | None, currency: str) -> Money | None:
        """Return a cell as an amount with its sign, before or after its digits."""
        written = self.text(column)
        if written is None:
            return None
        unsigned = written.removesuffix("-").strip()
        below_zero = unsigned != written
        if not below_zero and unsigned[0] in "+-":
            below_zero, unsigned = unsigned[0] == "-", unsigned[1:].strip()
        amount = money(self._plain(unsigned), currency, self._cell(column))
        return -amount if below_zero else amount

    def day(self, column: str | None) -> date | None:
        """Return a cell as a day."""
        written = self.text(column)
        if written is None:
            return None
        pattern = _day_pattern(self._shape.day_format)
        parts = re.fullmatch(pattern, written, re.ASCII)
        if parts is None:
            refuse(f"this is not a day written {self._shape.day_format.value}", self._cell(column))
        year = parts["Y"] if len(parts["Y"]) > len("YY") else f"20{parts['Y']}"
        return day(f"{year}-{parts['M']}-{parts['D']}", self._cell(column))

    def _plain(self, written: str) -> str:
        """Write an amount with a point and without thousands; nothing where it has other signs than the shape's."""
        whole, sign, decimals = written.partition(self._shape.decimal_sign)
        thousands = self._shape.thousands_sign
        if thousands is not None and re.fullmatch(rf"[0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+", whole, re.ASCII):
            whole = whole.replace(thousands, "")
        if not whole.isdigit():
            return ""
        return whole + sign.replace(self._shape.decimal_sign, ".") + decimals

    def _cell(self, column: str | None) -> str:
        return f"{self.place}, column {column}"


def _day_pattern(written: str) -> str:
    """Return the pattern of a day that is written so: YYYY-MM-DD becomes three groups of digits."""
    pattern = re.escape(written)
    for letter in "YMD":
        pattern = re.sub(f"{letter}+", lambda digits: rf"(?P<{digits[0][0]}>[0-9]{{{len(digits[0])}}})", pattern)
    return pattern


def rows(data: bytes, shape: CsvShape, columns: tuple[str, ...]) -> Iterator[CsvRow]:
    """Read the rows of a table that has these columns; raises InvalidInput with what is wrong, and in which line."""
    if len(data) > MOST_BYTES:
        refuse(f"the file is larger than {MOST_BYTES} bytes", "the whole file")
    text = io.StringIO(decoded(data, _WITH_BYTE_ORDER_MARK.get(shape.encoding, shape.encoding)), newline="")
    skipped = sum(1 for _ in islice(text, shape.skipped_lines))
    reader = csv.reader(text, delimiter=shape.delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        for column in columns:
            if header.count(column) != 1:
                refuse(f"there is not exactly one column {column}", f"line {skipped + 1}")
        for number, cells in enumerate(reader):
            line = skipped + reader.line_num
            if number >= MOST_ROWS:
                refuse(f"there are more than {MOST_ROWS} rows", f"line {line}")
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                refuse(f"there are {len(cells)} cells, and {len(header)} columns", f"line {line}")
            yield CsvRow(shape, dict(zip(header, cells, strict=True)), line)
    except csv.Error:
        refuse("this is not sound CSV, or it is cut off", f"line {skipped + reader.line_num}")
