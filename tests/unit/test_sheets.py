"""Files that people open in spreadsheets hold nothing that a spreadsheet would calculate."""

import csv
import io
import re

import pytest

from billproof.sheets import Sheet
from billproof_ops.paths import ROOT

WRITERS = {
    "shared/billproof/sheets.py": "the one that protects cells",
    "shared/billproof/invoicing/annex.py": "its bytes are those that a digest is of; it protects its texts by itself",
    "ops/billproof_ops/starter.py": "it writes usage that it made up itself, for our own import",
}
"""Modules that write CSV by another way than a sheet, and why."""


def written(*cells: object) -> list[str]:
    text = io.StringIO()
    Sheet(text).add(cells)
    (row,) = csv.reader(io.StringIO(text.getvalue()))
    return row


@pytest.mark.parametrize("sign", [*"=+-@\t\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_a_text_that_begins_as_a_formula_is_a_text(sign: str) -> None:
    assert written(f"{sign}HYPERLINK(A1)") == [f"'{sign}HYPERLINK(A1)"]


@pytest.mark.parametrize("number", ["-5.00", "+3", "-1,234.50", "0"])
def test_amounts_stay_numbers(number: str) -> None:
    assert written(number, 7, -7) == [number, "7", "-7"]


def test_what_only_looks_like_a_number_is_a_text() -> None:
    assert written("-1+cmd|' /C calc'!A0", "+1 555 0100", "-") == ["'-1+cmd|' /C calc'!A0", "'+1 555 0100", "'-"]


def test_all_csv_is_written_by_a_sheet() -> None:
    sources = [path for part in ("shared", "ops", "functions") for path in (ROOT / part).rglob("*.py")]
    writes = {
        str(path.relative_to(ROOT)) for path in sources if re.search(r"csv\.(Dict)?[wW]riter\(", path.read_text())
    }
    assert writes == set(WRITERS)
