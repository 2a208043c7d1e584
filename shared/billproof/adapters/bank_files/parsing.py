"""Read a bank's file: which format it is shows its content, but for CSV, whose format is declared."""

from billproof.adapters.bank_files import bai2, camt, csv_statement, mt940
from billproof.adapters.bank_files.values import MOST_BYTES, refuse
from billproof.masterdata.csv_files import CsvStatementFormat
from billproof.payments.statements import BankStatement

_LOOKED_AT = 4096
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def parse_statement(data: bytes, declared: CsvStatementFormat | None = None) -> list[BankStatement]:
    """Read every statement of a file: CSV where a format is declared, else what its content shows.

    Raises InvalidInput with what is wrong and where: nothing of a file is taken of which something is wrong.
    """
    if not data.strip():
        refuse("the file is empty", "the whole file")
    if len(data) > MOST_BYTES:
        refuse(f"the file is larger than {MOST_BYTES} bytes", "the whole file")
    if declared is not None:
        return csv_statement.parse(data, declared)
    start = data[:_LOOKED_AT]
    for mark in _BYTE_ORDER_MARKS:
        start = start.removeprefix(mark)
    start = start.replace(b"\x00", b"").lstrip()  # XML may be UTF-16
    if start.startswith(b"<"):
        return camt.parse(data)
    if start.startswith(b"01,"):
        return bai2.parse(data)
    if not start.startswith((b":20:", b"{1:")) and b"\n:20:" not in start:
        refuse("this is none of CAMT.053, CAMT.054, MT940 and BAI2; CSV needs a declared format", "the whole file")
    return mt940.parse(data)
