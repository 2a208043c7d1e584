"""CSV that people open in spreadsheets: what came from outside is a text there, and never a formula."""

import csv
import re
from collections.abc import Iterable
from typing import Any, Protocol

_FORMULA = re.compile("[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""Signs that begin a formula in some spreadsheet, those of full width too (OWASP, CSV injection)."""
_NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?", re.ASCII)


class Writable(Protocol):
    """A file of text, or what takes its lines."""

    def write(self, text: str, /) -> object:
        """Take a text."""


class Sheet:
    """Writes rows as CSV (RFC 4180); a quote stands before a text that a spreadsheet would calculate."""

    def __init__(self, file: Writable, *, lineterminator: str = "\r\n") -> None:
        self._rows = csv.writer(file, lineterminator=lineterminator)

    def add(self, cells: Iterable[Any]) -> None:
        """Write a row."""
        self._rows.writerow([_cell(cell) for cell in cells])

    def add_all(self, rows: Iterable[Iterable[Any]]) -> None:
        """Write rows."""
        for cells in rows:
            self.add(cells)


def _cell(value: Any) -> Any:
    is_formula = isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
